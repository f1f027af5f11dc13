import test from 'ava';
import fc from 'fast-check';
import type { Destination } from '../../../src/address/destination.js';
import { ipv4ToInteger } from '../../../src/address/ipv4.js';
import { compilePolicy } from '../../../src/policy/compile.js';
import type { PolicyInput, PolicyRule } from '../../../src/policy/input.generated.js';
import { PolicyError } from '../../../src/policy/problems.js';
import { judgeRules } from '../../../src/policy/rule.js';
import type { Policy } from '../../../src/policy/types.js';

/** The name of the rule that decides. */
const ask = (input: PolicyInput, { ipv4, ...destination }: Omit<Destination, 'ipv4'> & { ipv4?: string }) => {
  const found = compilePolicy(input).matchRule?.({ ...destination, ...(ipv4 && { ipv4: ipv4ToInteger(ipv4) }) });
  return found?.name;
};

test('a policy without rules asks nothing', (t) => {
  t.is(compilePolicy().matchRule, undefined);
  t.is(compilePolicy({ mode: 'always' }).matchRule, undefined);
});

test('the first rule that matches decides, whatever is more specific', (t) => {
  const rules = [
    { match: '192.0.2.7', to: 'refuse' },
    { match: '192.0.2.0/24', to: 'direct' },
    { match: '192.0.0.0/16', to: 'nat64' },
  ];
  t.is(ask({ rules }, { ipv4: '192.0.2.7' }), 'rules[0] (192.0.2.7)');
  t.is(ask({ rules }, { ipv4: '192.0.2.8' }), 'rules[1] (192.0.2.0/24)');
  t.is(ask({ rules }, { ipv4: '192.0.3.0' }), 'rules[2] (192.0.0.0/16)');
  t.is(ask({ rules }, { ipv4: '192.1.0.0' }), undefined);
  t.is(ask({ rules }, { ipv4: '191.255.255.255' }), undefined);
});

test('the whole of IPv4 can be matched', (t) => {
  const rules = [{ match: '0.0.0.0/0', to: 'refuse' }];
  for (const ipv4 of ['0.0.0.0', '127.0.0.1', '255.255.255.255'])
    t.is(ask({ rules }, { ipv4 }), 'rules[0] (0.0.0.0/0)');
});

test('a range has both its ends', (t) => {
  const rules = [{ match: '192.0.2.5 - 192.0.2.9', to: 'refuse' }];
  const found = ['192.0.2.4', '192.0.2.5', '192.0.2.9', '192.0.2.10'].map(
    (ipv4) => ask({ rules }, { ipv4 }) !== undefined,
  );
  t.deepEqual(found, [false, true, true, false]);
});

test('port and protocol narrow a rule; where they are not known such a rule does not match', (t) => {
  const rules: PolicyRule[] = [
    { match: '192.0.2.0/24', port: [80, '8000-8999'], protocol: 'tcp', to: 'refuse' },
    { match: '192.0.2.0/24', protocol: 'udp', to: 'direct' },
    { match: '192.0.2.0/24', to: 'nat64' },
  ];
  const to = (destination: Destination) =>
    compilePolicy({ rules }).matchRule?.({ ipv4: ipv4ToInteger('192.0.2.1'), ...destination })?.target.kind;
  t.is(to({ port: 80, protocol: 'tcp' }), 'refuse');
  t.is(to({ port: 8500, protocol: 'tcp' }), 'refuse');
  t.is(to({ port: 9000, protocol: 'tcp' }), 'nat64');
  t.is(to({ port: 80, protocol: 'udp' }), 'direct');
  t.is(to({ port: 80 }), 'nat64');
  t.is(to({}), 'nat64');
});

test('host names match without regard to case, the final dot, or how an international name is written', (t) => {
  const rules = [
    { match: 'DB.Example.org', to: 'refuse' },
    { match: 'bücher.example', to: 'direct' },
  ];
  t.is(ask({ rules }, { host: 'db.example.ORG.' }), 'rules[0] (DB.Example.org)');
  t.is(ask({ rules }, { host: 'xn--bcher-kva.example' }), 'rules[1] (bücher.example)');
  t.is(ask({ rules }, { host: 'BÜCHER.example' }), 'rules[1] (bücher.example)');
  t.is(ask({ rules }, { host: 'adb.example.org' }), undefined);
});

const GLOBS: [glob: string, host: string, matches: boolean][] = [
  ['*.example.org', 'a.example.org', true],
  ['*.example.org', 'a.b.example.org', true],
  ['*.example.org', 'example.org', false],
  ['*.example.org', '.example.org', false],
  ['*.example.org', 'example.org.evil.test', false],
  ['*', 'anything', true],
  ['db-?.example.org', 'db-1.example.org', true],
  ['db-?.example.org', 'db-12.example.org', false],
  ['db-[0-4].example.org', 'db-3.example.org', true],
  ['db-[0-4].example.org', 'db-5.example.org', false],
  ['{a,b}.example.org', 'b.example.org', true],
  ['{a,b}.example.org', 'c.example.org', false],
  ['api.*.example.org', 'api.eu.example.org', true],
];
for (const [match, host, expected] of GLOBS) {
  test(`the glob ${match} ${expected ? 'matches' : 'does not match'} ${host}`, (t) => {
    t.is(ask({ rules: [{ match, to: 'refuse' }] }, { host }) !== undefined, expected);
  });
}

test('between a rule for the name and one for the address, the order of the file decides', (t) => {
  const destination = { ipv4: '192.0.2.1', host: 'a.example.org' };
  const name = { match: '*.example.org', to: 'refuse' };
  const address = { match: '192.0.2.0/24', to: 'direct' };
  t.is(ask({ rules: [name, address] }, destination), 'rules[0] (*.example.org)');
  t.is(ask({ rules: [address, name] }, destination), 'rules[0] (192.0.2.0/24)');
});

test('what rules send addresses to can be read back', (t) => {
  const { twins, rulePrefixes } = compilePolicy({
    rules: [
      { match: '192.0.2.1', to: '2001:DB8:0::1' },
      { match: ['192.0.2.2', '192.0.2.3'], to: '2001:db8::2' },
      { match: '255.255.255.255', to: '2001:db8::3' },
      { match: '169.254.7.7', to: '2001:db8::4' },
      { match: '192.0.2.5', port: 5432, to: '2001:db8::5' },
      { match: '192.0.2.6', protocol: 'udp', to: '2001:db8::6' },
      { match: '192.0.2.7', port: 5432, to: '2001:db8::7' },
      { match: '192.0.2.7', to: '2001:db8::7' },
      { match: '192.0.2.8', to: '2001:db8::8' },
      { match: '192.0.2.9', port: 5432, to: '2001:db8::8' },
      { match: '198.51.100.7', port: 80, to: 'direct' },
      { match: '198.51.100.8', to: 'direct' },
      { match: '198.51.100.0/24', to: '2001:db8:64::/96' },
      { match: '203.0.113.0/24', port: 5432, to: '2001:db8:64::/96' },
      { match: 'example.org', to: '2001:db8:65::/96' },
    ],
  });
  t.deepEqual(
    [...twins],
    [
      ['2001:db8::1', '192.0.2.1'],
      ['2001:db8::4', '169.254.7.7'],
      ['2001:db8::7', '192.0.2.7'],
    ],
  );
  const carried = (index: number) =>
    ['198.51.100.7', '198.51.100.8', '203.0.113.1'].filter((ip) => rulePrefixes[index].carries(ipv4ToInteger(ip)));
  t.deepEqual(
    rulePrefixes.map(({ prefix }) => `${prefix}`),
    ['2001:db8:64::/96', '2001:db8:65::/96'],
  );
  t.deepEqual(carried(0), ['198.51.100.7'], 'not what an earlier rule takes, and not what no rule matches');
  t.deepEqual(carried(1), ['203.0.113.1'], 'a name may have any address that no earlier rule takes');
});

// The compiled table against the plain meaning of an ordered list.
const octet = fc.integer({ min: 0, max: 3 });
const network = fc.tuple(octet, fc.constantFrom(30, 31, 32)).map(([n, bits]) => {
  const size = 2 ** (32 - bits);
  return { text: `192.0.2.${n * 4}/${bits}`, first: n * 4, last: n * 4 + size - 1 };
});
const portRange = fc.option(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 3 })), {
  nil: undefined,
});
const ruleArbitrary = fc.record({
  network,
  ports: portRange,
  protocol: fc.constantFrom(undefined, 'tcp', 'udp'),
});

test('property: compiled rules answer as trying them one after the other does, and only rules that never match are called shadowed', (t) => {
  fc.assert(
    fc.property(fc.array(ruleArbitrary, { minLength: 1, maxLength: 12 }), (list) => {
      const rules = list.map(({ network: { text }, ports, protocol }) => ({
        match: text,
        to: 'refuse',
        ...(ports && { port: `${ports[0]}-${ports[0] + ports[1]}` }),
        ...(protocol && { protocol }),
      }));
      const first = new Set<number>();
      const answers: [destination: Destination, index: number][] = [];
      for (let last = 0; last < 16; last++) {
        for (const port of [undefined, 1, 2, 3, 4, 5, 6, 7, 8]) {
          for (const protocol of [undefined, 'tcp', 'udp'] as const) {
            const index = list.findIndex(
              (rule) =>
                last >= rule.network.first &&
                last <= rule.network.last &&
                (rule.protocol === undefined || rule.protocol === protocol) &&
                (rule.ports === undefined ||
                  (port !== undefined && port >= rule.ports[0] && port <= rule.ports[0] + rule.ports[1])),
            );
            first.add(index);
            answers.push([{ ipv4: 0xc0000200 + last, port, protocol }, index]);
          }
        }
      }
      const shadowed = list.map((_, index) => index).filter((index) => !first.has(index));
      let policy: Policy;
      try {
        policy = compilePolicy({ rules });
      } catch (error) {
        if (!(error instanceof PolicyError)) throw error;
        const told = error.problems.map(({ path }) => Number(/\d+/.exec(path)?.[0]));
        t.deepEqual(
          told.toSorted((a, b) => a - b),
          shadowed,
        );
        return;
      }
      t.deepEqual(shadowed, []);
      for (const [destination, index] of answers) {
        const name = policy.matchRule?.(destination)?.name;
        t.is(name, index < 0 ? undefined : `rules[${index}] (${rules[index].match})`);
      }
    }),
    { numRuns: 150 },
  );
});

test('many rules for one address are found by port', (t) => {
  const rules = Array.from({ length: 2000 }, (_, i) => ({ match: '192.0.2.1', port: i + 1, to: 'refuse' }));
  t.is(ask({ rules }, { ipv4: '192.0.2.1', port: 1500 }), 'rules[1499] (192.0.2.1)');
  t.is(ask({ rules }, { ipv4: '192.0.2.1', port: 2001 }), undefined);
});

test('a glob that could cost seconds on a long name is not taken', (t) => {
  t.throws(() => compilePolicy({ rules: [{ match: '*a*a*a*a*b', to: 'refuse' }] }), { code: 'V6ONLY_INVALID_POLICY' });
  const braces = `${'{a,aa}'.repeat(4)}z`;
  t.throws(() => compilePolicy({ rules: [{ match: braces, to: 'refuse' }] }), { code: 'V6ONLY_INVALID_POLICY' });
  t.notThrows(() => compilePolicy({ rules: [{ match: '*a*a*b', to: 'refuse' }] }));
  t.notThrows(() => compilePolicy({ rules: [{ match: '{a,b}.{c,d}.example.{com,org}', to: 'refuse' }] }));
});

for (const match of ['*', '*.example.org', 'a*.example.org', '*a*a*.example.org']) {
  test(`no name of more than 253 octets matches ${match}`, (t) => {
    const name = (length: number) => `${'a'.repeat(length - '.example.org'.length)}.example.org`;
    const rules = [{ match, to: 'refuse' }];
    t.is(ask({ rules }, { host: name(253) }), `rules[0] (${match})`);
    t.is(ask({ rules }, { host: `${name(253)}.` }), `rules[0] (${match})`);
    t.is(ask({ rules }, { host: name(254) }), undefined);
    t.is(ask({ rules }, { host: `${name(254)}.` }), undefined);
    // What an international name leaves out does not count: the resolver leaves it out as well.
    t.is(ask({ rules }, { host: `\u00ad${name(253)}` }), `rules[0] (${match})`);
    const { rules: compiled } = compilePolicy({ rules });
    t.false(judgeRules(compiled, { host: name(254) })[0].matches);
  });
}
