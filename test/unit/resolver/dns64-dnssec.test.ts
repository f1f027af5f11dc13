import test from 'ava';
import { Pref64 } from '../../../src/address/pref64.js';
import { answer } from '../../../src/resolver/dns64.js';
import { dns64Config } from '../../../src/resolver/dns64-config.js';
import type { Query } from '../../../src/resolver/types.js';
import { answers, ask, data, failure, message, noData, type Reply, record, soa, upstream } from './_upstream.js';

const config = dns64Config({ prefixes: [Pref64.parse('2001:db8:64::/96')] });
const signed = message({
  authenticData: true,
  answers: [record('v4.example.org', 'A', '203.0.113.5'), record('v4.example.org', 'RRSIG', { typeCovered: 'A' })],
});
const signedDenial = message({ authenticData: true, authorities: [soa()] });
const run = (replies: Record<string, Reply>, bits: Partial<Query> = {}) => {
  const up = upstream(replies);
  return answer(ask('v4.example.org', 'AAAA', bits), up, config).then((reply) => ({ reply, asked: up.asked }));
};

test('RFC 6147 §5.5 (1): DO and CD unset: synthesized, and AD is not set', async (t) => {
  const { reply } = await run({ 'v4.example.org AAAA': signedDenial, 'v4.example.org A': signed });
  t.deepEqual(data(reply, 'AAAA'), ['2001:db8:64::cb00:7105']);
  t.false(reply.authenticData);
});

test('RFC 6147 §5.5 (2): DO set, CD unset: the upstream validates both, the answer has neither AD nor the signature over A', async (t) => {
  const { reply, asked } = await run(
    { 'v4.example.org AAAA': signedDenial, 'v4.example.org A': signed },
    { dnssecOk: true },
  );
  t.deepEqual(asked, ['v4.example.org AAAA do', 'v4.example.org A do']);
  t.deepEqual(
    reply.answers.map((r) => r.type),
    ['AAAA'],
  );
  t.false(reply.authenticData);
});

test('RFC 6147 §5.5 (2): a negative AAAA answer that does not validate is SERVFAIL, not synthesized', async (t) => {
  const replies = {
    'v4.example.org AAAA': failure(2),
    'v4.example.org AAAA cd': noData(soa()),
    'v4.example.org A': signed,
  };
  for (const dnssecOk of [true, false]) {
    const { reply } = await run(replies, { dnssecOk });
    t.deepEqual([reply.rcode, reply.answers], [2, []]);
  }
});

test('RFC 8914 §4.7: an upstream that says "DNSSEC bogus" is believed at once', async (t) => {
  const edns = { udpPayloadSize: 1232, version: 0, dnssecOk: true, options: [{ code: 15, data: Buffer.from([0, 6]) }] };
  const { reply, asked } = await run(
    { 'v4.example.org AAAA': failure(2, { edns }), 'v4.example.org A': signed },
    { dnssecOk: true },
  );
  t.is(reply.rcode, 2);
  t.false(asked.some((question) => question.includes(' cd')));
});

test('RFC 6147 §5.1.2: SERVFAIL that is not about validation still counts as empty', async (t) => {
  const { reply } = await run({ 'v4.example.org AAAA': failure(2), 'v4.example.org A': signed }, { dnssecOk: true });
  t.deepEqual(data(reply, 'AAAA'), ['2001:db8:64::cb00:7105']);
});

test('RFC 6147 §5.5 (3): DO and CD set: never synthesized, the upstream answer as it is', async (t) => {
  const { reply, asked } = await run(
    { 'v4.example.org AAAA': signedDenial, 'v4.example.org A': signed },
    { dnssecOk: true, checkingDisabled: true },
  );
  t.deepEqual(asked, ['v4.example.org AAAA cd do']);
  t.deepEqual(reply.answers, []);
  t.true(reply.authenticData);
});

test('RFC 6147 §5.5: CD alone does not forbid synthesis', async (t) => {
  const { reply } = await run(
    { 'v4.example.org A': answers(record('v4.example.org', 'A', '203.0.113.5')) },
    { checkingDisabled: true },
  );
  t.deepEqual(data(reply, 'AAAA'), ['2001:db8:64::cb00:7105']);
});
