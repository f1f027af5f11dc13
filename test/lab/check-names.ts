// The part of `lab check` that asks the name servers, with dig.
import { embed } from './embed.js';
import type { Expect } from './expect.js';
import { AUTHORITY4, type Lab, ODD_AUTHORITY4, RESOLVERS, type ResolverName, WKP } from './settings.js';
import { onHost, tryRun } from './sh.js';
import { TTL } from './zones.js';

/** What dig says. */
interface Answer {
  /** `NOERROR` and the like, or `timed out`. */
  readonly status: string;
  readonly flags: readonly string[];
  /** Of the records of the answer: their data, and the TTL of the first. */
  readonly data: string[];
  readonly ttl: number | undefined;
  /** The types of all records. */
  readonly types: readonly string[];
  /** `NOERROR 2`: with two records in the answer. */
  readonly summary: string;
}

/** Asks one of our name servers, or one at `@ADDRESS`. */
type Dig = (server: ResolverName | `@${string}`, ...question: readonly string[]) => Answer;

export function checkNames(lab: Lab, expect: Expect, nsp: string): void {
  const dig = digOf(lab);
  const synthesized = embed(WKP, '1.2.3.4');
  checkAuthority(expect, dig);
  checkOddAuthority(expect, dig);

  for (const resolver of ['unbound64', 'bind64', 'bind64break'] as const) {
    expect(`${resolver}: A-only`, () => dig(resolver, 'v4.example.org').data, [synthesized]);
    expect(`${resolver}: CNAME chain`, () => dig(resolver, 'alias2.example.org').data.at(-1), synthesized);
    expect(`${resolver}: DNAME chain`, () => dig(resolver, 'v4.tree-out.example.org').data.at(-1), synthesized);
    expect(`${resolver}: dual-stack name`, () => dig(resolver, 'dual.example.org').data, ['2001:db8:6::10']);
    expect(`${resolver}: no data`, () => dig(resolver, 'nodata.example.org').summary, 'NOERROR 0');
    expect(`${resolver}: no such name`, () => dig(resolver, 'nothere.example.org').summary, 'NXDOMAIN 0');
    expect(`${resolver}: 100 records by TCP`, () => dig(resolver, 'big.example.org').data.length, 100);
    expect(`${resolver}: ipv4only.arpa`, () => dig(resolver, 'ipv4only.arpa').data.sort(), [
      embed(WKP, '192.0.0.170'),
      embed(WKP, '192.0.0.171'),
    ]);
    expect(`${resolver}: PTR under the prefix`, () => dig(resolver, '-x', synthesized).data.at(-1), 'v4.example.org.');
    expect(`${resolver}: bogus`, () => dig(resolver, 'v4.bogus.example.org').status, 'SERVFAIL');
  }
  expect('unbound64: AAAA of an error for AAAA', () => dig('unbound64', 'servfail.odd.example.org').data, [
    synthesized,
  ]);
  expect('nsp64: A-only', () => dig('nsp64', 'v4.example.org').data, [embed(nsp, '1.2.3.4')]);
  expect('nsp64: private', () => dig('nsp64', 'private10.example.org').data, [embed(nsp, '10.9.9.10')]);
  expect(
    'nsp64: ipv4only.arpa',
    () => dig('nsp64', 'ipv4only.arpa').data.sort(),
    [embed(nsp, '192.0.0.170'), embed(nsp, '192.0.0.171')].sort(),
  );
  expect('bind64: TTL of RFC 6147 5.1.7', () => Number(dig('bind64', 'v4.example.net').ttl) <= TTL.shortNegative, true);

  for (const at of ['plain', `@${RESOLVERS.plain.v4}`] as const) {
    expect(`${at}: no synthesis`, () => dig(at, 'v4.example.org').summary, 'NOERROR 0');
    expect(`${at}: A`, () => dig(at, 'v4.example.org', 'A').data, ['1.2.3.4']);
  }
  expect('plain: ipv4only.arpa has no AAAA', () => dig('plain', 'ipv4only.arpa').summary, 'NOERROR 0');
  expect('plain: signed is authentic', () => dig('plain', 'v4.signed.example.org', 'A').flags.includes('ad'), true);
  expect('plain: bogus is refused', () => dig('plain', 'v4.bogus.example.org', 'A').status, 'SERVFAIL');
  expect('plain: bogus with CD', () => dig('plain', '+cd', 'v4.bogus.example.org', 'A').data, ['1.2.3.4']);
  expect('plain: unsigned is not authentic', () => dig('plain', 'v4.example.org', 'A').flags.includes('ad'), false);
  expect('plain: a chain that loops', () => dig('plain', 'loop.example.org').status, /SERVFAIL|NOERROR/);
  expect('plain: a lame delegation', () => dig('plain', '+time=4', 'x.lame.example.org').status, /SERVFAIL|timed out/);
}

const AUTHORITY: readonly [name: string, type: string, data: readonly string[]][] = [
  ['dual', 'A', ['1.2.3.4']],
  ['dual', 'AAAA', ['2001:db8:6::10']],
  ['v6', 'A', []],
  ['v4-two', 'A', ['1.2.3.4', '1.2.3.5']],
  ['alias2', 'A', ['1.2.3.4', 'alias.example.org.', 'v4.example.org.']],
  ['v4.tree', 'A', ['1.2.3.4', 'branch.example.org.', 'v4.branch.example.org.']],
  ['any.wild', 'A', ['1.2.3.4']],
  ['empty', 'A', []],
  ['nodata', 'AAAA', []],
  ['mapped', 'AAAA', ['::ffff:1.2.3.4']],
  ['private10', 'A', ['10.9.9.10']],
  ['loopback', 'A', ['127.0.0.1']],
  ['svc', 'HTTPS', ['1 . alpn="h2" ipv4hint=1.2.3.4']],
];

function checkAuthority(expect: Expect, dig: Dig): void {
  const at = (name: string, type: string) => dig(`@${AUTHORITY4}`, `${name}.example.org`, type);
  for (const [name, type, wanted] of AUTHORITY) {
    expect(`authority: ${name} ${type}`, () => at(name, type).data.sort(), wanted);
  }
  expect('authority: no such name', () => at('nothere', 'A').status, 'NXDOMAIN');
  for (const ttl of [0, 5, 60, 86400]) expect(`authority: TTL ${ttl}`, () => at(`ttl${ttl}`, 'A').ttl, ttl);
  expect(
    'authority: big is truncated',
    () => dig(`@${AUTHORITY4}`, '+ignore', 'big.example.org', 'A').flags.includes('tc'),
    true,
  );
  expect('authority: big by TCP', () => at('big', 'A').data.length, 100);
  expect('authority: reverse IPv4', () => dig(`@${AUTHORITY4}`, '-x', '203.0.113.10').data, ['testnet3.example.org.']);
  expect('authority: reverse IPv6', () => dig(`@${AUTHORITY4}`, '-x', '2001:db8:6::10').data, ['v6.example.org.']);
  expect('authority: signed', () => dig(`@${AUTHORITY4}`, '+dnssec', 'v4.signed.example.org', 'A').types, [
    'A',
    'RRSIG',
    'NS',
    'RRSIG',
  ]);
}

function checkOddAuthority(expect: Expect, dig: Dig): void {
  const at = (name: string, type: string) => dig(`@${ODD_AUTHORITY4}`, '+noedns', `${name}.odd.example.org`, type);
  for (const name of ['servfail', 'silent', 'nosoa', 'plain'])
    expect(`odd: ${name} A`, () => at(name, 'A').data, ['1.2.3.4']);
  for (const rcode of ['formerr', 'servfail', 'nxdomain', 'notimp', 'refused']) {
    expect(`odd: ${rcode} AAAA`, () => at(rcode, 'AAAA').status, rcode.toUpperCase());
  }
  expect('odd: silent AAAA', () => at('silent', 'AAAA').status, 'timed out');
  expect('odd: dead A', () => at('dead', 'A').status, 'timed out');
  expect('odd: nosoa AAAA', () => at('nosoa', 'AAAA').types, []);
  expect('odd: wrongtype AAAA', () => at('wrongtype', 'AAAA').types, ['A']);
  expect('odd: an A-only name has its SOA', () => at('plain', 'AAAA').types, ['SOA']);
}

/** dig, from app, or from inet4 for the authorities there; what has an IPv4 address alone is asked from dual. */
function digOf(lab: Lab): Dig {
  return (server, ...question) => {
    const address = isAddress(server) ? server.slice(1) : RESOLVERS[server].v6;
    const host = address.startsWith('192.0.2.') ? 'inet4' : address.includes(':') ? 'app' : 'dual';
    const type = question.length === 1 ? ['AAAA'] : [];
    const options = ['+noall', '+comments', '+answer', '+authority', '+time=4', '+tries=1'];
    const { stdout } = tryRun(onHost(lab, host, ['dig', ...options, `@${address}`, ...question, ...type]));
    const status = /status: (\w+)/.exec(stdout)?.[1] ?? 'timed out';
    const answer = recordsIn(stdout.split(';; ANSWER SECTION:\n')[1]?.split('\n\n')[0] ?? '');
    const data = answer.map((fields) => fields.slice(4).join(' '));
    const flags = /flags: ([a-z ]*);/.exec(stdout)?.[1]?.split(' ') ?? [];
    const types = recordsIn(stdout).map((fields) => fields[3] ?? '');
    const ttl = answer[0]?.[1];
    return {
      status,
      flags,
      data,
      types,
      ttl: ttl === undefined ? undefined : Number(ttl),
      summary: `${status} ${data.length}`,
    };
  };
}

const isAddress = (server: ResolverName | `@${string}`): server is `@${string}` => server.startsWith('@');

/** The fields of each record: owner, TTL, class, type, data. */
const recordsIn = (text: string): string[][] =>
  text
    .split('\n')
    .filter((line) => /^[^;\s]/.test(line))
    .map((line) => line.split(/\s+/));
