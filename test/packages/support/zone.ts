// The names of the test hosts: an authoritative answer for example.org and, where the network has a NAT64, for ipv4only.arpa.
import type { Answer } from 'dns-packet';

/** Type of record → the data of each. */
type Records = Readonly<Record<string, readonly unknown[]>>;

const TTL = 60;
const START_OF_AUTHORITY = {
  mname: 'ns.example.org',
  rname: 'root.example.org',
  serial: 1,
  refresh: 60,
  retry: 60,
  expire: 60,
  minimum: 60,
};
const RECORDS: Readonly<Record<string, Records>> = {
  'v4only.example.org': { A: ['203.0.113.7'] },
  'v6only.example.org': { AAAA: ['2001:db8:1::2'] },
  'dual.example.org': { A: ['203.0.113.7'], AAAA: ['2001:db8:1::2'] },
  'alias.example.org': { CNAME: ['v4only.example.org'] },
  'loopback.example.org': { A: ['127.0.0.1'] },
  'many.example.org': { A: ['203.0.113.7', '203.0.113.8'] },
  'example.org': {
    MX: [{ preference: 10, exchange: 'v4only.example.org' }],
    TXT: ['v=spf1 ip4:203.0.113.0/24 -all'],
    SOA: [START_OF_AUTHORITY],
  },
  '_imap._tcp.example.org': { SRV: [{ priority: 0, weight: 0, port: 1143, target: 'v4only.example.org' }] },
  '7.113.0.203.in-addr.arpa': { PTR: ['v4only.example.org'] },
};
// RFC 7050 §3: the network's DNS64 embeds the two well-known addresses in its prefix.
const NAT64: Readonly<Record<string, Records>> = {
  'ipv4only.arpa': { A: ['192.0.0.170', '192.0.0.171'], AAAA: ['64:ff9b::c000:aa', '64:ff9b::c000:ab'] },
};

/** The records that answer a question, a CNAME's target included; undefined if there is no such name. */
export function answer(name: string, type: string, { nat64 }: { nat64: boolean }): Answer[] | undefined {
  const zone = nat64 ? { ...RECORDS, ...NAT64 } : RECORDS;
  const entry = zone[name.toLowerCase()];
  if (!entry) return undefined;
  const records = (entry[type] ?? []).map((data) => ({ name, type, ttl: TTL, data: type === 'TXT' ? [data] : data }));
  const alias = entry.CNAME?.[0];
  if (records.length === 0 && typeof alias === 'string') {
    const cname = { name, type: 'CNAME', ttl: TTL, data: alias };
    return [cname, ...(answer(alias, type, { nat64 }) ?? [])];
  }
  return records;
}

export const soa: Answer = { name: 'example.org', type: 'SOA', ttl: TTL, data: START_OF_AUTHORITY };
