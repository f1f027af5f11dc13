// Every question of the differential test: all names of the lab's zones × AAAA, A, PTR, ANY × DO and CD, and some more.
import { entriesOf } from '../tables.js';
import { unsignedZones, zonesToSign } from '../zones.js';
import type { Question } from './types.js';

/** Bits of a query: DO (DNSSEC records wanted), CD (no validation wanted). */
const BITS = [
  { dnssecOk: false, checkingDisabled: false },
  { dnssecOk: true, checkingDisabled: false },
  { dnssecOk: false, checkingDisabled: true },
  { dnssecOk: true, checkingDisabled: true },
] as const;

/** Below odd.example.org (odd-dns.ts); the last of them keep their asker waiting. */
// Not `slow`: whether a resolver waits that long depends on what it has learned of the server's time-outs so far.
const ODD = ['a', 'formerr', 'servfail', 'nxdomain', 'notimp', 'refused', 'nosoa', 'wrongtype'];
const SLOW = ['silent', 'truncated', 'garbage', 'otherid', 'othername', 'dead'];

const EXTRA = [
  'nothere.example.org',
  'x.wild.example.org',
  'empty.example.org',
  'v4.tree.example.org',
  'v6.tree.example.org',
  'dual.tree.example.org',
  'nothere.tree.example.org',
  'v4.tree-out.example.org',
  'x.ipv4only.arpa',
];

const nibbles = (hex: string): string => `${[...hex].reverse().join('.')}.ip6.arpa`;
const embedded = (ipv4: string): string =>
  nibbles(
    `0064ff9b0000000000000000${ipv4
      .split('.')
      .map((octet) => Number(octet).toString(16).padStart(2, '0'))
      .join('')}`,
  );
const REVERSE = [
  embedded('1.2.3.4'),
  embedded('1.2.3.77'),
  embedded('10.9.9.10'),
  embedded('192.0.0.170'),
  nibbles('20010db8000600000000000000000010'),
  '4.3.2.1.in-addr.arpa',
  '77.3.2.1.in-addr.arpa',
  '170.0.0.192.in-addr.arpa',
];

/** Owner names in the text of a zone. */
function namesIn(origin: string, text: string): string[] {
  const owners = text.split('\n').flatMap((line) => /^([\w@][\w.-]*)\s+(?:\d+\s+)?IN\s/.exec(line)?.[1] ?? []);
  return [...new Set(owners)].map((owner) => (owner === '@' ? origin : `${owner}.${origin}`));
}

function zoneNames(): string[] {
  const zones = { ...unsignedZones(), ...zonesToSign() };
  const names = entriesOf(zones)
    .filter(([origin]) => !['.', 'in-addr.arpa', 'ip6.arpa'].includes(origin))
    .flatMap(([origin, text]) => namesIn(origin, text));
  // A server that does not exist: both others take half a minute over it.
  return names.filter((name) => !name.includes('lame.'));
}

const ask = (name: string, type: string, bits: (typeof BITS)[number] = BITS[0]): Question => ({ name, type, ...bits });

/** The questions, those that take long apart. */
export function questions(): { quick: Question[]; slow: Question[] } {
  const all = [...new Set([...zoneNames(), ...EXTRA, ...ODD.map((label) => `${label}.odd.example.org`)])];
  const main = all.flatMap((name) => BITS.flatMap((bits) => ['AAAA', 'A', 'ANY'].map((type) => ask(name, type, bits))));
  const ptr = [...REVERSE, 'v4.example.org', 'nodata.example.org', 'ipv4only.arpa'].flatMap((name) =>
    BITS.map((bits) => ask(name, 'PTR', bits)),
  );
  const others = [
    ...['MX', 'SRV', 'TXT', 'HTTPS', 'SOA', 'NS'].flatMap((type) =>
      ['mx', 'srv', 'text', 'svc', 'v4'].map((label) => ask(`${label}.example.org`, type)),
    ),
    ask(embedded('1.2.3.4'), 'TXT'),
    ask(embedded('1.2.3.4'), 'ANY'),
    ask('ipv4only.arpa', 'TXT'),
    ask('ipv4only.arpa', 'DS'),
    { ...ask('v4.example.org', 'AAAA'), class: 'CH' },
  ];
  const slow = SLOW.flatMap((label) => ['AAAA', 'A'].map((type) => ask(`${label}.odd.example.org`, type)));
  return { quick: [...main, ...ptr, ...others], slow };
}

/** `v4.example.org AAAA +do +cd` */
export function nameOf({ name, type, dnssecOk, checkingDisabled, class: klass }: Question): string {
  return `${name} ${klass ? `${klass} ` : ''}${type}${dnssecOk ? ' +do' : ''}${checkingDisabled ? ' +cd' : ''}`;
}
