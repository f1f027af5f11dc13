// Runs on a host of the lab: asks each question of each server and prints what they say as JSON. See types.ts.
import { text } from 'node:stream/consumers';
import { DnsClient } from '../../../src/resolver/client.js';
import { DnsError } from '../../../src/resolver/dns-error.js';
import type { Message, ResourceRecord } from '../../../src/resolver/types.js';
import type { Answer, Answered, Answers, Order, Question } from './types.js';

const { servers, questions, timeoutMs, concurrency } = JSON.parse(await text(process.stdin)) as Order;

/** Owner names and data without regard to case, records as a set: they rotate. */
function essence(message: Message): Answered {
  const line = ({ name, type, data, raw }: ResourceRecord): string => {
    const shown = typeof data === 'string' ? data : (raw?.toString('hex') ?? JSON.stringify(data));
    return `${name} ${type} ${shown}`.toLowerCase();
  };
  return {
    rcode: message.rcode,
    ad: message.authenticData,
    // Which records of a signed answer come along is each server's own business.
    answers: message.answers
      .filter(({ type }) => type !== 'RRSIG')
      .map(line)
      .sort(),
    soa: message.authorities.some(({ type }) => type === 'SOA'),
    ttls: Object.fromEntries(message.answers.map((record) => [record.type, record.ttl])),
  };
}

async function ask(server: string, question: Question): Promise<Answer> {
  const client = new DnsClient({ servers: () => [server], timeoutMs, attempts: 1, mixedCase: false });
  try {
    return essence(await client.query({ class: 'IN', ...question }));
  } catch (error) {
    return { failure: error instanceof DnsError ? error.code : String(error) };
  }
}

async function askAll(question: Question): Promise<Answers> {
  const [v6only, unbound, bind, plain] = await Promise.all([
    ask(servers.v6only, question),
    ask(servers.unbound, question),
    ask(servers.bind, question),
    ask(servers.plain, question),
  ]);
  return { v6only, unbound, bind, plain };
}

const results: Answers[] = [];
const waiting = questions.entries();
async function work(): Promise<void> {
  for (const [index, question] of waiting) results[index] = await askAll(question);
}
await Promise.all(Array.from({ length: concurrency }, work));
process.stdout.write(JSON.stringify(results));
