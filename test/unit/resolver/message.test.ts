import test from 'ava';
import packet from 'dns-packet';
import fc from 'fast-check';
import { decodeMessage, encodeMessage, queryMessage } from '../../../src/resolver/message.js';
import { canonicalName, encodeName, isSubdomain } from '../../../src/resolver/name.js';
import { NameReader } from '../../../src/resolver/name-reader.js';
import { typeCode, typeName } from '../../../src/resolver/packet.js';
import type { ResourceRecord } from '../../../src/resolver/types.js';
import { ask, message, record, soa } from './_upstream.js';

const readName = (wire: Buffer, offset: number) => new NameReader(wire).read(offset);
const MALFORMED = { code: 'V6ONLY_MALFORMED_MESSAGE' };
const question = { name: 'v4.example.org', type: 'A', class: 'IN' };
const response = (...answers: ResourceRecord[]) => encodeMessage(message({ question, answers }));

test('RFC 1035 §4.1.3: an A record that is cut off, or of another length, is malformed', (t) => {
  const whole = response(record('v4.example.org', 'A', '192.0.2.1'));
  t.throws(() => decodeMessage(whole.subarray(0, -2)), MALFORMED);
  const wrong = Buffer.from(whole);
  wrong[whole.length - 5] = 3;
  t.throws(() => decodeMessage(wrong), MALFORMED);
  t.throws(() => decodeMessage(wrong.subarray(0, -1)), MALFORMED);
});

test('RFC 1035 §4.1.1: the RCODE is in the header, with its upper bits in OPT (RFC 6891 §6.1.3)', (t) => {
  const edns = { udpPayloadSize: 1232, version: 0, dnssecOk: false, options: [] };
  for (const rcode of [0, 2, 3, 5]) t.is(decodeMessage(encodeMessage(message({ rcode }))).rcode, rcode);
  t.is(decodeMessage(encodeMessage(message({ rcode: 16, edns }))).rcode, 16);
});

test('RFC 1035 §4.1.4: compression pointers that loop or lead forwards are malformed', (t) => {
  const head = Buffer.from([0, 1, 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0]);
  for (const name of [
    [0xc0, 12],
    [0xc0, 14],
    [0xff, 0xff],
    [1, 97, 0xc0, 12],
    [0x80, 1],
  ]) {
    t.throws(() => decodeMessage(Buffer.concat([head, Buffer.from([...name, 0, 1, 0, 1, 0, 0])])), MALFORMED);
  }
});

test('RFC 1035 §2.3.4: names of more than 255 octets are malformed, as are labels of more than 63', (t) => {
  t.throws(() => encodeName(`${'a'.repeat(63)}.`.repeat(4)), MALFORMED);
  t.throws(() => encodeName('a'.repeat(64)), MALFORMED);
  t.throws(() => encodeName('a..b'), MALFORMED);
  t.is(encodeName(`${'a'.repeat(63)}.`.repeat(3) + 'a'.repeat(61)).length, 255);
  const long = Buffer.concat([
    ...Array.from({ length: 5 }, () => Buffer.from(`\x3f${'a'.repeat(63)}`)),
    Buffer.from([0]),
  ]);
  t.throws(() => readName(long, 0), MALFORMED);
});

test('RFC 4343 §2.1: dots and odd octets within a label are escaped, and survive', (t) => {
  const wire = Buffer.from([3, 0x61, 0x2e, 0x62, 2, 0xc3, 0xbc, 3, 0x6f, 0x72, 0x67, 0]);
  const { name, end } = readName(wire, 0);
  t.deepEqual([name, end], ['a\\.b.\\195\\188.org', wire.length]);
  t.deepEqual(encodeName(name), wire);
  t.false(isSubdomain('a\\.example.org', 'example.org'));
  t.true(isSubdomain('a.example.org', 'Example.ORG.'));
  t.throws(() => encodeName('münchen.example'), MALFORMED);
  t.is(canonicalName('Example.ORG.'), 'example.org');
});

test('RFC 9619: more than one question is malformed', (t) => {
  const two = packet.encode({ type: 'query', id: 1, questions: [question, question] });
  t.throws(() => decodeMessage(two), MALFORMED);
});

test('RFC 9460: HTTPS and SVCB have their numbers, not 0', (t) => {
  t.deepEqual([typeCode('HTTPS'), typeCode('SVCB'), typeCode('TYPE65280')], [65, 64, 65280]);
  t.deepEqual([typeName(65), typeName(65280)], ['HTTPS', 'TYPE65280']);
  t.is(typeCode('NONSENSE'), undefined);
  t.throws(() => encodeMessage(queryMessage(1, ask('example.org', 'NONSENSE'), 'example.org')), MALFORMED);
});

test('RFC 2181 §9: a message that does not fit is cut to its question, with TC', (t) => {
  const answers = Array.from({ length: 60 }, (_, i) => record('v4.example.org', 'A', `192.0.2.${i}`));
  const cut = decodeMessage(encodeMessage(message({ question, answers }), 512));
  t.deepEqual([cut.truncated, cut.answers.length, cut.question?.name], [true, 0, 'v4.example.org']);
  t.is(decodeMessage(encodeMessage(message({ question, answers }), 1232)).answers.length, 60);
});

test('RFC 2181 §8: a TTL with the highest bit set counts as zero', (t) => {
  const wire = response(record('v4.example.org', 'A', '192.0.2.1'));
  wire.writeUInt32BE(0x80000001, wire.length - 10);
  t.is(decodeMessage(wire).answers[0].ttl, 0);
});

test('RFC 6891 §6.1.1: two OPT records are malformed, as are options that are cut off', (t) => {
  const opt = { name: '.', type: 'OPT', udpPayloadSize: 1232, options: [] };
  t.throws(() => decodeMessage(packet.encode({ type: 'query', questions: [], additionals: [opt, opt] })), MALFORMED);
  const bad = packet.encode({
    type: 'query',
    additionals: [{ ...opt, options: [{ code: 10, data: Buffer.alloc(8) }] }],
  });
  bad.writeUInt16BE(9, bad.length - 10);
  t.throws(() => decodeMessage(bad), MALFORMED);
});

test('what a record says outlives decoding and encoding, whatever its type', (t) => {
  const rsa = Buffer.alloc(64, 7);
  const records = [
    record('example.org', 'A', '192.0.2.1'),
    record('example.org', 'AAAA', '2001:db8::1'),
    record('example.org', 'MX', { preference: 10, exchange: 'mail.example.org' }),
    record('example.org', 'TXT', [Buffer.from('v=spf1'), Buffer.from('')]),
    record('example.org', 'SRV', { priority: 1, weight: 2, port: 3, target: 'srv.example.org' }),
    record('example.org', 'CAA', { flags: 0, tag: 'issue', value: 'example.org' }),
    record('example.org', 'DS', { keyTag: 1, algorithm: 8, digestType: 2, digest: Buffer.alloc(32) }),
    record('example.org', 'DNSKEY', { flags: 257, algorithm: 8, key: rsa }),
    record('example.org', 'HTTPS', Buffer.from([0, 1, 0, 0, 1, 0, 3, 2, 0x68, 0x32])),
    record('example.org', 'NS', 'ns.example.org'),
    soa(),
  ];
  const once = decodeMessage(encodeMessage(message({ question, answers: records })));
  t.is(once.answers.length, records.length);
  const twice = decodeMessage(encodeMessage(once));
  t.deepEqual(
    twice.answers.map(({ raw, ...r }) => r),
    once.answers.map(({ raw, ...r }) => r),
  );
});

test('data that dns-packet cannot read keeps its octets, and its neighbours their place', (t) => {
  const bad = {
    ...record('example.org', 'DNSKEY', Buffer.from([1, 0, 9, 8, 1, 1])),
    raw: Buffer.from([1, 0, 9, 8, 1, 1]),
  };
  const got = decodeMessage(encodeMessage(message({ answers: [bad, record('example.org', 'A', '192.0.2.1')] })));
  t.deepEqual(got.answers[0].data, bad.raw);
  t.is(got.answers[1].data, '192.0.2.1');
});

const label = fc.stringMatching(/^[a-z0-9_]([a-z0-9-]{0,8}[a-z0-9])?$/);
const name = fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join('.'));
const ttl = fc.integer({ min: 0, max: 0x7fffffff });
const a = fc.tuple(name, fc.ipV4(), ttl).map(([n, ip, s]) => record(n, 'A', ip, s));
const cname = fc.tuple(name, name, ttl).map(([n, target, s]) => record(n, 'CNAME', target, s));
const txt = fc
  .tuple(name, fc.array(fc.uint8Array({ maxLength: 60 }), { minLength: 1, maxLength: 3 }), ttl)
  .map(([n, strings, s]) => record(n, 'TXT', strings.map(Buffer.from), s));
const records = fc.array(fc.oneof(a, cname, txt), { maxLength: 8 });

test('property: what is encoded is decoded as it was, here and by dns-packet', (t) => {
  fc.assert(
    fc.property(name, records, records, fc.integer({ min: 0, max: 15 }), (qname, answers, additionals, rcode) => {
      const wire = encodeMessage(
        message({ question: { name: qname, type: 'A', class: 'IN' }, answers, additionals, rcode, id: 7 }),
      );
      const ours = decodeMessage(wire);
      const theirs = packet.decode(wire);
      t.is(ours.rcode, rcode);
      t.deepEqual(
        ours.answers.map((r) => [r.name, r.type, r.ttl, r.data]),
        answers.map((r) => [r.name, r.type, r.ttl, r.data]),
      );
      t.deepEqual(
        theirs.additionals.map((r) => [r.name, r.type, r.ttl, r.data]),
        additionals.map((r) => [r.name, r.type, r.ttl, r.data]),
      );
    }),
    { numRuns: 200 },
  );
});

test('property: what dns-packet encodes is read the same', (t) => {
  fc.assert(
    fc.property(name, records, (qname, answers) => {
      const wire = packet.encode({ type: 'response', id: 1, questions: [{ name: qname, type: 'A' }], answers });
      const ours = decodeMessage(wire);
      t.is(ours.question?.name, qname);
      t.deepEqual(
        ours.answers.map((r) => [r.name, r.data]),
        packet.decode(wire).answers.map((r) => [r.name, r.data]),
      );
    }),
    { numRuns: 200 },
  );
});

test('property: names of any octets survive', (t) => {
  const octets = fc.array(fc.uint8Array({ minLength: 1, maxLength: 20 }), { maxLength: 6 });
  fc.assert(
    fc.property(octets, (labels) => {
      const wire = Buffer.concat([...labels.map((l) => Buffer.from([l.length, ...l])), Buffer.from([0])]);
      t.deepEqual(encodeName(readName(wire, 0).name), wire);
    }),
  );
});
