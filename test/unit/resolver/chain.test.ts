import test from 'ava';
import { Pref64 } from '../../../src/address/pref64.js';
import { followChain, MAX_CHAIN, withMadeAliases } from '../../../src/resolver/chain.js';
import { answer } from '../../../src/resolver/dns64.js';
import { dns64Config } from '../../../src/resolver/dns64-config.js';
import type { ResourceRecord } from '../../../src/resolver/types.js';
import { answers, ask, lines, message, record, soa, upstream } from './_upstream.js';

const config = dns64Config({ prefixes: [Pref64.parse('2001:db8:64::/96')] });
const dname = record('tree.example.org', 'DNAME', 'oak.example.net', 3600);
const show = ({ name, type, data, ttl }: ResourceRecord) => `${name} ${type} ${data} ${ttl}`;
const complete = (name: string, records: ResourceRecord[]) =>
  withMadeAliases(records, followChain(name, records)).map(show);

test('RFC 6672 §3.1: a DNAME makes a CNAME of its own TTL, in the letters of the question', (t) => {
  t.deepEqual(complete('A.b.Tree.Example.ORG', [dname]), [
    'tree.example.org DNAME oak.example.net 3600',
    'A.b.Tree.Example.ORG CNAME A.b.oak.example.net 3600',
  ]);
});

test('RFC 6672 §3.1: not where the CNAME is there', (t) => {
  const given = [dname, record('a.tree.example.org', 'CNAME', 'a.oak.example.net', 0)];
  t.deepEqual(complete('A.Tree.example.org', given), given.map(show));
});

test('RFC 6672 §2.3: the DNAME does not stand for its owner itself, nor for names beside it', (t) => {
  for (const name of ['tree.example.org', 'xtree.example.org', 'a\\.tree.example.org', 'example.org']) {
    t.deepEqual(complete(name, [dname]), [show(dname)]);
    t.is(followChain(name, [dname]).target, name);
  }
});

test('RFC 6672 §2.2: DNAMEs of and to the root, one after the other, of several the nearest', (t) => {
  const up = record('deep.example.net', 'DNAME', '.', 2);
  const far = record('example.org', 'DNAME', 'far.example.net', 3);
  // Whatever it leads to is below the root, too.
  t.true(followChain('a.b', [record('.', 'DNAME', 'example.net', 1)]).endless);
  t.is(followChain('a.tree.example.org.', [dname]).endless, false);
  t.is(followChain('a.deep.example.net', [up]).target, 'a');
  t.is(followChain('a.tree.example.org', [far, dname]).target, 'a.oak.example.net');
  const second = record('oak.example.net', 'DNAME', 'elm.example.net', 4);
  t.deepEqual(complete('a.tree.example.org', [dname, second]), [
    'tree.example.org DNAME oak.example.net 3600',
    'a.tree.example.org CNAME a.oak.example.net 3600',
    'oak.example.net DNAME elm.example.net 4',
    'a.oak.example.net CNAME a.elm.example.net 4',
  ]);
});

test('RFC 6672 §2.2: a name that gets longer than 255 octets is an end: YXDOMAIN', async (t) => {
  const long = record('example.org', 'DNAME', `${`${'a'.repeat(60)}.`.repeat(3)}example.net`);
  const name = `${'b'.repeat(63)}.example.org`;
  t.true(followChain(name, [long]).tooLong);
  for (const type of ['A', 'AAAA', 'TXT']) {
    const up = upstream(Object.fromEntries(['A', 'AAAA', 'TXT'].map((t) => [`${name} ${t}`, answers(long)])));
    const reply = await answer(ask(name, type), up, config);
    t.deepEqual([reply.rcode, reply.answers.map((r) => r.type)], [6, ['DNAME']]);
  }
});

test('aliases in a circle, or too many of them, are endless; the longest chain is not', (t) => {
  const cname = (i: number) => record(`n${i}.example.org`, 'CNAME', `n${i + 1}.example.org`);
  const chain = (length: number) => Array.from({ length }, (_, i) => cname(i));
  t.true(followChain('n0.example.org', [cname(0), record('N1.example.org', 'CNAME', 'N0.Example.org')]).endless);
  t.true(followChain('a.x', [record('x', 'DNAME', 'y'), record('y', 'DNAME', 'x')]).endless);
  t.true(followChain('n0.example.org', chain(MAX_CHAIN + 1)).endless);
  const whole = followChain('n0.example.org', chain(MAX_CHAIN));
  t.deepEqual([whole.endless, whole.target, whole.aliases.length], [false, `n${MAX_CHAIN}.example.org`, MAX_CHAIN]);
});

for (const type of ['A', 'TXT', 'CNAME']) {
  test(`RFC 6672 §3.1: an answer for ${type} that passes through carries the CNAME of its DNAME`, async (t) => {
    const target = type === 'A' ? [record('dn.oak.example.net', 'A', '203.0.113.9')] : [];
    const up = upstream({ [`dn.tree.example.org ${type}`]: message({ answers: [dname, ...target] }) });
    const reply = await answer(ask('dn.tree.example.org', type), up, config);
    t.deepEqual(lines(reply).slice(0, 2), [
      'tree.example.org DNAME oak.example.net',
      'dn.tree.example.org CNAME dn.oak.example.net',
    ]);
    t.is(reply.answers.length, 2 + target.length);
  });
}

test('RFC 6147 §5.1.5: a synthesized answer behind a DNAME has the whole chain, and a negative one too', async (t) => {
  const up = upstream({
    'dn.tree.example.org AAAA': message({ answers: [dname], authorities: [soa()] }),
    'dn.tree.example.org A': answers(dname, record('dn.oak.example.net', 'A', '203.0.113.9')),
    'no.tree.example.org AAAA': message({ answers: [dname], authorities: [soa()] }),
    'no.tree.example.org A': message({ answers: [dname], authorities: [soa()] }),
  });
  t.deepEqual(lines(await answer(ask('dn.tree.example.org', 'AAAA'), up, config)), [
    'tree.example.org DNAME oak.example.net',
    'dn.tree.example.org CNAME dn.oak.example.net',
    'dn.oak.example.net AAAA 2001:db8:64::cb00:7109',
  ]);
  t.is(lines(await answer(ask('no.tree.example.org', 'AAAA'), up, config)).length, 2);
});

for (const [type, asked] of [
  ['AAAA', 'LoWeR.Example.ORG'],
  ['A', 'LOWER.example.org'],
]) {
  test(`RFC 4343 §4.1: the owner in the answer for ${type} is spelled as in the question, not as the upstream has it`, async (t) => {
    const up = upstream({
      'lower.example.org A': answers(
        record('lower.example.org', 'A', '203.0.113.5'),
        record('Other.example.org', 'A', '192.0.2.1'),
      ),
    });
    const reply = await answer(ask(asked, type), up, config);
    t.deepEqual([reply.question?.name, reply.answers[0].name], [asked, asked]);
    // What is another name keeps its letters.
    if (type === 'A') t.is(reply.answers[1].name, 'Other.example.org');
  });
}
