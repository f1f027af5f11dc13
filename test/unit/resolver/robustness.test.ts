// Random and mutated messages into everything that reads messages. V6ONLY_FUZZ sets how many (CI: 200000). An endless loop
// would show as the time-out of the test; what a message costs is counted in steps.

import test, { type ExecutionContext } from 'ava';
import packet from 'dns-packet';
import { Pref64 } from '../../../src/address/pref64.js';
import { findPrefixes } from '../../../src/prefix/find-prefixes.js';
import { isDnsError } from '../../../src/resolver/dns-error.js';
import { answer } from '../../../src/resolver/dns64.js';
import { dns64Config } from '../../../src/resolver/dns64-config.js';
import { decodeMessage, encodeMessage, queryMessage } from '../../../src/resolver/message.js';
import { encodeName } from '../../../src/resolver/name.js';
import { readReply } from '../../../src/resolver/reply.js';
import { Responder } from '../../../src/resolver/responder.js';
import { StepCounter } from '../../../src/resolver/step-counter.js';
import type { Query } from '../../../src/resolver/types.js';
import { HOSTILE } from '../../security/_hostile-messages.js';
import { codeOf } from '../../support/errors.js';
import { ask, message, record, soa, upstream } from './_upstream.js';

const MESSAGES = Number(process.env.V6ONLY_FUZZ ?? 20_000);
const SEED = Number(process.env.V6ONLY_FUZZ_SEED ?? 1);

/** A whole number from 0, below the limit. */
type Random = (limit: number) => number;

/** mulberry32: the same messages for the same seed. */
function random(seed: number): Random {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return Math.floor((((x ^ (x >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}

const question = { name: 'v4.example.org', type: 'AAAA', class: 'IN' };
const edns = { udpPayloadSize: 1232, version: 0, dnssecOk: true, options: [{ code: 15, data: Buffer.from([0, 6]) }] };
const SEEDS = [
  encodeMessage(queryMessage(7, ask('v4.example.org', 'AAAA'), 'v4.example.org')),
  encodeMessage(queryMessage(7, ask('5.113.0.203.in-addr.arpa', 'PTR'), '5.113.0.203.in-addr.arpa', false)),
  encodeMessage(message({ id: 7, question, answers: [record('v4.example.org', 'AAAA', '2001:db8::1')], edns })),
  encodeMessage(message({ id: 7, question, rcode: 3, authorities: [soa()] })),
  encodeMessage(
    message({
      id: 7,
      question,
      answers: [
        record('v4.example.org', 'CNAME', 'a.example.org'),
        record('example.org', 'DNAME', 'example.net'),
        record('a.example.org', 'A', '203.0.113.5'),
      ],
      additionals: [record('ns.example.org', 'TXT', [Buffer.from('x')])],
      edns,
    }),
  ),
  // With dns-packet's other types, and names that it compresses nowhere.
  packet.encode({
    type: 'response',
    id: 7,
    questions: [question],
    answers: [
      { name: 'example.org', type: 'MX', data: { preference: 1, exchange: 'mail.example.org' } },
      { name: 'example.org', type: 'SRV', data: { port: 1, target: 'srv.example.org' } },
      {
        name: 'example.org',
        type: 'NAPTR',
        data: { order: 1, preference: 1, flags: 'u', services: 's', regexp: '', replacement: 'a.b' },
      },
      {
        name: 'example.org',
        type: 'NSEC',
        data: { nextDomain: 'a.example.org', rrtypes: ['A', 'AAAA', 'TYPE1234'.slice(0, 1)] },
      },
      { name: 'example.org', type: 'CAA', data: { flags: 0, tag: 'issue', value: 'ca' } },
      { name: 'example.org', type: 'RP', data: { mbox: 'a.b', txt: 'c.d' } },
    ],
  }),
  // Costly ones, as short as a datagram.
  ...Object.values(HOSTILE).map((make) => make(500)),
];

/** A seed with some octets changed, pieces cut out, doubled or swapped, pointers set; sometimes plain noise. */
function mutate(next: Random) {
  if (next(20) === 0) return Buffer.from(Array.from({ length: next(80) }, () => next(256)));
  let bytes = Buffer.from(SEEDS[next(SEEDS.length)]);
  for (let i = next(6); i >= 0 && bytes.length > 0; i--) {
    const at = next(bytes.length);
    switch (next(7)) {
      case 0:
        bytes[at] = next(256);
        break;
      case 1:
        bytes[at] ^= 1 << next(8);
        break;
      case 2:
        bytes = bytes.subarray(0, at);
        break;
      case 3:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(next(bytes.length))]);
        break;
      case 4:
        if (at + 1 < bytes.length) bytes.writeUInt16BE(0xc000 | next(bytes.length), at);
        break;
      case 5:
        bytes[4 + next(8)] = next(4);
        break;
      default:
        if (at + 1 < bytes.length) bytes.writeUInt16BE([0, 1, 0xff, 0xffff, 41, 28, 5][next(7)], at);
    }
  }
  return bytes;
}

async function eachMessage(t: ExecutionContext, check: (bytes: Buffer, i: number) => unknown) {
  const next = random(SEED);
  for (let i = 0; i < MESSAGES; i++) {
    const bytes = mutate(next);
    try {
      await check(bytes, i);
    } catch (error) {
      t.fail(`message ${i} (${bytes.toString('hex')}): ${(error as Error).stack}`);
      return;
    }
  }
  t.pass();
}

const tryDecode = (bytes: Buffer, steps = new StepCounter(bytes.length)) => {
  try {
    return decodeMessage(bytes, steps);
  } catch (error) {
    if (codeOf(error) !== 'V6ONLY_MALFORMED_MESSAGE') throw error;
    return undefined;
  }
};

test(`${MESSAGES} messages into the decoder: a message or V6ONLY_MALFORMED_MESSAGE, and what was read can be written`, async (t) => {
  let read = 0;
  let costliest = { spent: 0, octets: 0, limit: 0 };
  await eachMessage(t, (bytes: Buffer) => {
    const steps = new StepCounter(bytes.length);
    const got = tryDecode(bytes, steps);
    if (steps.spent > costliest.spent) costliest = { spent: steps.spent, octets: bytes.length, limit: steps.limit };
    if (got === undefined) return;
    read++;
    for (const r of [...got.answers, ...got.authorities, ...got.additionals]) {
      if (r.type === 'A') t.regex(String(r.data), /^\d+\.\d+\.\d+\.\d+$/);
    }
    // What was behind the last record is gone, and with it the steps that it allowed.
    const again = decodeMessage(encodeMessage(got), new StepCounter(0, Number.POSITIVE_INFINITY));
    if (JSON.stringify(again.question) !== JSON.stringify(got.question)) throw new Error('the question has changed');
    if (again.answers.length !== got.answers.length) throw new Error('records were lost');
  });
  t.true(read > MESSAGES / 10, `${read} were whole enough to be read`);
  const { spent, octets, limit } = costliest;
  t.log(`${read} of ${MESSAGES} were read; the costliest, of ${octets} octets, took ${spent} steps of ${limit}`);
  t.true(spent > 0 && spent <= limit + octets);
});

test(`${MESSAGES} messages as answers to the client: none is taken that does not match its question`, async (t) => {
  let taken = 0;
  const name = encodeName('v4.example.org');
  const asked = {
    id: 7,
    query: ask('v4.example.org', 'AAAA'),
    name,
    sentName: name,
    mixedCase: true,
    withEdns: true,
    overTcp: false,
  };
  await eachMessage(t, (bytes: Buffer) => {
    try {
      const reply = readReply(bytes, asked);
      if (reply?.kind !== 'answer') return;
      taken++;
      const { id, response, question: q, rcode } = reply.message;
      if (id !== 7 || !response) throw new Error('not the answer');
      if (
        q === undefined
          ? rcode === 0 || rcode === 3
          : q.name !== 'v4.example.org' || q.type !== 'AAAA' || q.class !== 'IN'
      ) {
        throw new Error('another question');
      }
    } catch (error) {
      if (codeOf(error) !== 'V6ONLY_MALFORMED_MESSAGE') throw error;
    }
  });
  t.true(taken > 0);
});

test(`${MESSAGES} messages as upstream answers to the core: an answer to the question or a DnsError, within bounds`, async (t) => {
  const config = dns64Config({ prefixes: [Pref64.parse('2001:db8:64::/96')] });
  const next = random(SEED + 1);
  await eachMessage(t, async (bytes: Buffer) => {
    const got = tryDecode(bytes);
    if (got === undefined) return;
    let queries = 0;
    const lying = {
      async query(query: Query) {
        if (++queries > 100) throw new Error('asks for ever');
        return { ...(next(2) ? got : (tryDecode(mutate(next)) ?? got)), question: query };
      },
    };
    try {
      const reply = await answer(ask('v4.example.org', next(3) ? 'AAAA' : 'PTR'), lying, config);
      findPrefixes(reply.answers.filter((r) => r.type === 'AAAA').map((r) => String(r.data)));
    } catch (error) {
      if (!isDnsError(error)) throw error;
    }
  });
});

test(`${MESSAGES} messages into the server: silence, or an answer with the id of the query`, async (t) => {
  const config = dns64Config({ prefixes: [Pref64.parse('2001:db8:64::/96')] });
  const responder = new Responder({ upstream: upstream({}), config, cacheEntries: 500 });
  await eachMessage(t, async (bytes: Buffer, i: number) => {
    const given = Buffer.from(bytes);
    const reply = await responder.respond(bytes, i % 2 === 0);
    if (reply === undefined) return;
    const got = decodeMessage(reply);
    if (got.id !== given.readUInt16BE(0) || !got.response) throw new Error('not an answer to the query');
    if (reply.length > 512 && i % 2 === 1 && got.edns === undefined) throw new Error('too long');
  });
  t.is(responder.counters.pending, 0);
});
