// Runs on a host of the lab: asks each question of each server and prints what they say as JSON.
// Standard input: {servers: {name: address}, questions, timeoutMs, concurrency}.
import { text } from 'node:stream/consumers';
import { DnsClient } from '../../../build/resolver/client.js';

const { servers, questions, timeoutMs, concurrency } = JSON.parse(await text(process.stdin));

/** What is compared of an answer. Owner names and data without regard to case, records as a set: they rotate. */
function essence(message) {
  const line = ({ name, type, data, raw }) => {
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

async function ask(server, question) {
  const client = new DnsClient({ servers: () => [server], timeoutMs, attempts: 1, mixedCase: false });
  try {
    return essence(await client.query({ class: 'IN', ...question }));
  } catch (error) {
    return { failure: error.code ?? String(error) };
  }
}

const results = new Array(questions.length);
let next = 0;
async function work() {
  while (next < questions.length) {
    const index = next++;
    const answers = {};
    for (const [name, address] of Object.entries(servers)) answers[name] = ask(address, questions[index]);
    for (const name of Object.keys(answers)) answers[name] = await answers[name];
    results[index] = answers;
  }
}
await Promise.all(Array.from({ length: concurrency }, work));
process.stdout.write(JSON.stringify(results));
