import packet, { type Answer, type Decoded } from 'dns-packet';

/** Addresses of the host itself: 203.0.113.7 beyond the NAT64, and its own IPv6 address. See host.sh. */
export const HOST4 = '203.0.113.7';
export const HOST6 = '2001:db8:1::2';

type Records = Partial<Record<'A' | 'AAAA' | 'CNAME' | 'PTR', readonly string[]>>;

/** The names of example.org, by what they have. */
export const ZONE: Readonly<Record<string, Records>> = {
  'v4only.example.org': { A: [HOST4] },
  'v6only.example.org': { AAAA: [HOST6] },
  'dual.example.org': { A: [HOST4], AAAA: [HOST6] },
  // The IPv6 address of this one answers nobody: 100::/64 is for discarding (RFC 6666).
  'broken6.example.org': { A: [HOST4], AAAA: ['100::1'] },
  'silent6.example.org': { A: [HOST4], AAAA: ['2001:db8:5::5'] },
  'alias.example.org': { CNAME: ['v4only.example.org'] },
  'private.example.org': { A: ['10.0.0.1'] },
  'empty.example.org': {},
  // 2001:db8:2::9 of host.sh: an IPv6-only host that is not the one that asks.
  'peer6.example.org': { AAAA: ['2001:db8:2::9'] },
  // The two addresses are different hosts, so to speak: what answers tells which was asked.
  'both6.example.org': { A: [HOST4], AAAA: ['2001:db8:2::9'] },
  // The second host, as the IPv4 Internet and as the IPv6 Internet: see beyond.ts.
  'outside4.example.org': { A: ['192.0.2.80'] },
  'outside6.example.org': { AAAA: ['2001:db8:9::9'] },
  'outside.example.org': { A: ['192.0.2.80'], AAAA: ['2001:db8:9::9'] },
  // The IPv6 address of these is down: 2001:db8:4::/48 leads to nobody, and a rule may prefer it.
  'outside-down.example.org': { A: ['192.0.2.80'], AAAA: ['2001:db8:4::5'] },
  'outside-later.example.org': { A: ['192.0.2.80'], AAAA: ['2001:db8:5::5'] },
  'inside-down.example.org': { A: ['127.0.0.1', '192.0.2.80'], AAAA: ['fd12:5555::7'] },
  // Hosts inside, reached from outside by a name of a stranger: with an IPv6 address alone, or beside a public IPv4 address.
  'ula.example.org': { AAAA: ['fd12:3456::7'] },
  // 6to4 (RFC 3056): anybody's.
  'six-to-four.example.org': { AAAA: ['2002:c000:250::9'] },
  'site.example.org': { AAAA: ['fec0::1'] },
  'local-nat64.example.org': { AAAA: ['64:ff9b:1::a00:1'] },
  'metadata.example.org': { AAAA: ['fd00:ec2::254'] },
  'link-local.example.org': { AAAA: ['fe80::1234'] },
  'loopback6.example.org': { AAAA: ['::1'] },
  'any6.example.org': { AAAA: ['::'] },
  'embedded-loopback.example.org': { AAAA: ['64:ff9b::7f00:1'] },
  'embedded-metadata.example.org': { AAAA: ['64:ff9b::a9fe:a9fe'] },
  'embedded-private.example.org': { AAAA: ['64:ff9b::a00:1'] },
  // Under the prefix of another NAT64 than that of most tests.
  'other-private.example.org': { AAAA: ['2001:db8:64::a00:1'] },
  'mapped.example.org': { AAAA: ['::ffff:10.0.0.1'] },
  'compatible.example.org': { AAAA: ['::7f00:1'] },
  'mixed.example.org': { A: ['192.0.2.80'], AAAA: ['fd12:3456::7'] },
  '9.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.2.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa': { PTR: ['peer6.example.org'] },
};

const PREFIX = '64:ff9b::';

/**
 * The answer to a DNS query of ZONE, or undefined to something that is not a query. `dns64` synthesizes AAAA records;
 * `says:ADDRESS,ADDRESS` answers a question for the AAAA records of ipv4only.arpa with these addresses (RFC 7050).
 */
export function answerTo(query: Buffer, mode: string): Buffer | undefined {
  let decoded: Decoded;
  try {
    decoded = packet.decode(query);
  } catch {
    return undefined;
  }
  const [question] = decoded.questions;
  if (decoded.type !== 'query' || question === undefined) return undefined;
  const name = question.name.toLowerCase();
  const { answers, exists } = recordsOf(name, question.type, mode);
  const [SERVFAIL, NXDOMAIN] = [2, 3];
  const rcode = name === 'failing.example.org' ? SERVFAIL : exists ? 0 : NXDOMAIN;
  return packet.encode({
    type: 'response',
    id: decoded.id,
    flags: packet.RECURSION_DESIRED | packet.RECURSION_AVAILABLE | rcode,
    questions: decoded.questions,
    answers: answers.map((answer) => ({ ...answer, name: answer.name ?? question.name })),
    authorities: answers.length > 0 ? [] : [soa],
  });
}

const soa = {
  name: 'example.org',
  type: 'SOA',
  ttl: 60,
  data: {
    mname: 'ns.example.org',
    rname: 'root.example.org',
    serial: 1,
    refresh: 60,
    retry: 60,
    expire: 60,
    minimum: 60,
  },
};

/** Seconds: 68 years, the longest TTL (RFC 2181 §8). */
const TOO_LONG = 2 ** 31 - 1;

/** A record of the name that was asked for, where it has no other. */
type NamelessAnswer = Omit<Answer, 'name'> & { name?: string };

function recordsOf(name: string, type: string, mode: string): { exists: boolean; answers: NamelessAnswer[] } {
  if (name === 'ipv4only.arpa') {
    const wellKnown = ['192.0.0.170', '192.0.0.171'];
    if (type === 'A') return { exists: true, answers: wellKnown.map((data) => ({ type, ttl: 60, data })) };
    const made =
      mode === 'dns64' ? wellKnown.map((data) => PREFIX + data) : mode.split(':').slice(1).join(':').split(',');
    return { exists: true, answers: type === 'AAAA' && made[0] ? made.map((data) => ({ type, ttl: 60, data })) : [] };
  }
  if (name === '_mongodb._tcp.cluster.example.org') {
    const data = (port: number) => ({ target: 'v4only.example.org', port, priority: 0, weight: 0 });
    return { exists: true, answers: type === 'SRV' ? [1, 2].map((port) => ({ type, ttl: 60, data: data(port) })) : [] };
  }
  // many-1.example.org and so on: more addresses than one answer may use up of the pool.
  const many = /^many-(\d+)\.example\.org$/.exec(name);
  if (many && type === 'AAAA') {
    const data = (n: number) => `fd12:3456:${many[1]}::${n + 1}`;
    return { exists: true, answers: Array.from({ length: 40 }, (_, n) => ({ type, ttl: TOO_LONG, data: data(n) })) };
  }
  if (many) return { exists: true, answers: [] };
  // six-1.example.org, inside-1.example.org and so on: as many IPv6-only names as are wanted, public and private ones.
  const numbered = /^(six|inside)-(\d+)\.example\.org$/.exec(name);
  const network = numbered?.[1] === 'six' ? '2001:db8:6::' : 'fd12:3456::1:';
  const records = numbered ? { AAAA: [network + numbered[2]] } : ZONE[name];
  if (records === undefined) return { exists: false, answers: [] };
  if (records.CNAME) {
    const [target = ''] = records.CNAME;
    const { answers } = recordsOf(target, type, mode);
    const chain = answers.map((answer) => ({ ...answer, name: target }));
    return { exists: true, answers: [{ type: 'CNAME', ttl: 60, data: target }, ...chain] };
  }
  const own = (records[type as keyof Records] ?? []).map((data) => ({ type, ttl: 60, data }));
  if (type === 'AAAA' && own.length === 0 && mode === 'dns64') {
    return { exists: true, answers: (records.A ?? []).map((data) => ({ type, ttl: 60, data: PREFIX + data })) };
  }
  return { exists: true, answers: own };
}
