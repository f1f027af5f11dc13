// Claim 12: an answer is cached for its question only. The server's caches, the resolver's and the queries under way.
import dgram from 'node:dgram';
import test, { type ExecutionContext } from 'ava';
import { Pref64 } from '../../src/address/pref64.js';
import type { ServerAddress } from '../../src/address/server-address.js';
import { CachingUpstream } from '../../src/resolver/cache.js';
import { DnsClient } from '../../src/resolver/client.js';
import { dns64Config } from '../../src/resolver/dns64-config.js';
import { RESOLV_CONF_DEFAULTS } from '../../src/resolver/resolv-conf.js';
import { Resolver } from '../../src/resolver/resolver.js';
import { Dns64Server } from '../../src/resolver/server.js';
import { nameServer, type Respond } from '../unit/resolver/_server.js';
import { ask } from '../unit/resolver/_upstream.js';

/** The octets between the header and the end of the question. */
const questionOf = (bytes: Buffer) => {
  let at = 12;
  while (bytes[at] !== 0) at += 1 + bytes[at];
  return bytes.subarray(12, at + 5);
};
const lowerCase = (question: Buffer) => {
  const copy = Buffer.from(question);
  for (let i = 0; i < copy.length - 4; i++) if (copy[i] >= 65 && copy[i] <= 90) copy[i] += 32;
  return copy;
};

/** Answers every question with a record whose data is the question itself, with the flags that count in front. */
const echo: Respond = (_query, { bytes, tcp }) => {
  const message = tcp ? bytes.subarray(2) : bytes;
  const question = questionOf(message);
  const { flags, dnssecOk } = bitsOf(message);
  const data = Buffer.concat([Buffer.from([flags & 0x10, dnssecOk]), lowerCase(question)]);
  const header = Buffer.from([message[0], message[1], 0x80 | (message[2] & 1), 0x80, 0, 1, 0, 1, 0, 0, 0, 0]);
  const fixed = Buffer.concat([question.subarray(-4), Buffer.from([0, 0, 1, 0, data.length >> 8, data.length & 255])]);
  return Buffer.concat([header, question, Buffer.from([0xc0, 12]), fixed, data]);
};
const bitsOf = (message: Buffer) => {
  const end = 12 + questionOf(message).length;
  return { flags: message[3], dnssecOk: message.length > end + 7 ? message[end + 7] & 0x80 : 0 };
};

interface Parts {
  name?: Buffer[];
  type?: number;
  klass?: number;
}

function question({ name = [Buffer.from('victim'), Buffer.from('example')], type = 65, klass = 1 }: Parts = {}) {
  const labels = name.flatMap((label) => [Buffer.from([label.length]), Buffer.from(label)]);
  return Buffer.concat([...labels, Buffer.from([0, type >> 8, type & 255, klass >> 8, klass & 255])]);
}
interface Form {
  flags?: number;
  edns?: { dnssecOk: boolean };
  id?: number;
}

function query(asked: Buffer, { flags = 0x100, edns, id = 7 }: Form = {}) {
  const header = Buffer.from([id >> 8, id & 255, flags >> 8, flags & 255, 0, 1, 0, 0, 0, 0, 0, edns ? 1 : 0]);
  const opt = edns ? Buffer.from([0, 0, 41, 4, 208, 0, 0, edns.dnssecOk ? 0x80 : 0, 0, 0, 0]) : Buffer.alloc(0);
  return Buffer.concat([header, asked, opt]);
}

async function serve(t: ExecutionContext) {
  const upstream = await nameServer(t, echo);
  const client = new DnsClient({ servers: () => [upstream.at], mixedCase: false });
  const config = dns64Config({ prefixes: [Pref64.parse('2001:db8:64::/96')] });
  const listen: ServerAddress[] = [{ address: '::1', family: 6, port: 0 }];
  const server = new Dns64Server({ upstream: new CachingUpstream(client), config, listen });
  const [at] = await server.start();
  const socket = dgram.createSocket('udp6');
  t.teardown(async () => {
    socket.close();
    await server.stop();
  });
  const port = Number(at.split(':').at(-1));
  const ask = (bytes: Buffer) =>
    new Promise<Buffer>((resolve) => {
      socket.once('message', resolve);
      socket.send(bytes, port, '::1');
    });
  return { ask, upstream, server };
}

/** The data of the answer's one record: the question that the upstream answered. */
function answered(reply: Buffer, asked: Buffer) {
  const start = 12 + asked.length + 12;
  return reply.subarray(start, start + reply.readUInt16BE(start - 2));
}

const LETTERS = Array.from({ length: 26 }, (_, i) => i);

const QUESTIONS: [what: string, questions: Parts[]][] = [
  [
    'types whose numbers look like letters of either case',
    LETTERS.flatMap((i) => [{ type: 65 + i }, { type: 97 + i }]),
  ],
  [
    'types whose numbers have such an upper octet',
    LETTERS.flatMap((i) => [{ type: (65 + i) << 8 }, { type: (97 + i) << 8 }]),
  ],
  ['classes whose numbers look like letters', LETTERS.flatMap((i) => [{ klass: 65 + i }, { klass: 97 + i }])],
  [
    'names that differ in octets which are letters in Latin-1 only',
    [0xc0, 0xe0, 0xdf, 0xff, 0xd7, 0xf7].map((octet) => ({ name: [Buffer.from([octet]), Buffer.from('example')] })),
  ],
  [
    'names that are written alike',
    [
      [Buffer.from('a.b')],
      [Buffer.from('a'), Buffer.from('b')],
      [Buffer.from('a\\.b')],
      [Buffer.from('a\\'), Buffer.from('b')],
      [Buffer.from('a|b')],
    ].map((name) => ({ name })),
  ],
  [
    'names that end alike',
    [['x', 'victim'], ['xvictim'], ['victim'], ['victim', 'x']].map((name) => ({
      name: name.map((l) => Buffer.from(l)),
    })),
  ],
];

for (const [what, questions] of QUESTIONS) {
  test(`claim 12: ${what} have an answer each`, async (t) => {
    const { ask, upstream } = await serve(t);
    // Each is asked before any is asked again: a wrong answer can come from any of them.
    for (let round = 0; round < 2; round++) {
      for (const one of questions) {
        const asked = question(one);
        t.deepEqual(answered(await ask(query(asked)), asked).subarray(2), lowerCase(asked));
      }
    }
    // Control: the second round came from the caches.
    t.is(upstream.seen.length, questions.length);
  });
}

test('claim 12: queries that differ in CD or DO have an answer each', async (t) => {
  const { ask } = await serve(t);
  const asked = question();
  const forms: [form: Form, bits: number[]][] = [
    [{}, [0, 0]],
    [{ flags: 0x110 }, [0x10, 0]],
    [{ edns: { dnssecOk: true } }, [0, 0x80]],
    [{ edns: { dnssecOk: false } }, [0, 0]],
    [{ flags: 0x110, edns: { dnssecOk: true } }, [0x10, 0x80]],
  ];
  for (let round = 0; round < 2; round++) {
    for (const [form, bits] of forms) {
      t.deepEqual([...answered(await ask(query(asked, form)), asked).subarray(0, 2)], bits);
    }
  }
});

test('claim 12, control: the letters of the name are no other question, and the answer is in the asker’s', async (t) => {
  const { ask, upstream, server } = await serve(t);
  for (const name of ['victim', 'VICTIM', 'Victim']) {
    const asked = question({ name: [Buffer.from(name), Buffer.from('example')] });
    const reply = await ask(query(asked));
    t.deepEqual(reply.subarray(12, 12 + asked.length), asked);
    t.deepEqual(answered(reply, asked).subarray(2), lowerCase(asked));
  }
  t.is(upstream.seen.length, 1);
  t.is(server.statistics().cacheHits, 2);
});

test('claim 12: queries under way at once share an answer only where they are the same question', async (t) => {
  const upstream = await nameServer(t, echo);
  const client = new DnsClient({ servers: () => [upstream.at], mixedCase: false });
  const queries = [
    ask('victim.example', 'HTTPS'),
    ask('victim.example', 'TYPE97'),
    ask('victim.example', 'TYPE97', { class: 'CLASS97' }),
    ask('victim.example', 'TYPE97', { checkingDisabled: true }),
    ask('victim.example', 'TYPE97', { dnssecOk: true }),
    ask('a\\.b.example', 'TYPE97'),
    ask('a.b.example', 'TYPE97'),
  ];
  const replies = await Promise.all(queries.map((one) => client.query(one)));
  const got = replies.map(({ answers: [record] }) => (record.data as Buffer).toString('hex'));
  t.is(new Set(got).size, queries.length);
  t.is(upstream.seen.length, queries.length);
  // Control: these are the same question.
  await Promise.all([ask('Victim.Example', 'TYPE65'), ask('victim.example.', 'HTTPS')].map((one) => client.query(one)));
  t.is(upstream.seen.length, queries.length + 1);
});

test('claim 12: the resolver keeps addresses by name and family', async (t) => {
  const upstream = await nameServer(t, (asked, { bytes }) => {
    const address = { A: [1, 4, 192, 0, 2, 1], AAAA: [28, 16, 0x20, 1, 0xd, 0xb8, ...Array(11).fill(0), 1] };
    const [type, length, ...data] = address[asked.question.type as keyof typeof address];
    const text = questionOf(bytes);
    const header = Buffer.from([bytes[0], bytes[1], 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]);
    return Buffer.concat([header, text, Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 1, 0, 0, length, ...data])]);
  });
  const resolver = new Resolver({ servers: () => [upstream.at], mixedCase: false }, RESOLV_CONF_DEFAULTS);
  const addresses = async (name: string, family: 0 | 4 | 6) =>
    (await resolver.resolveAddresses(name, family)).map((a) => a.address);
  for (let round = 0; round < 2; round++) {
    t.deepEqual(await addresses('victim.example', 4), ['192.0.2.1']);
    t.deepEqual(await addresses('victim.example', 6), ['2001:db8::1']);
    t.deepEqual(await addresses('victim.example', 0), ['2001:db8::1', '192.0.2.1']);
  }
  t.is(resolver.cachedAddresses('other.example', 4), undefined);
  t.is(upstream.seen.length, 2);
});
