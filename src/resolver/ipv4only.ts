import type { Dns64Config } from './dns64-config';
import { emptyResponse } from './message';
import { isSameName, isSubdomain } from './name';
import { reverseName } from './reverse-name';
import { type Message, type Query, RCODE, type ResourceRecord } from './types';

/** A name with IPv4 addresses only, so its AAAA records reveal the NAT64 prefix (RFC 7050 §8). */
export const IPV4ONLY = 'ipv4only.arpa';
export const WELL_KNOWN_IPV4 = ['192.0.0.170', '192.0.0.171'] as const;
/** IPV4ONLY, and the names under in-addr.arpa of its addresses. */
const ZONES: readonly string[] = [IPV4ONLY, ...WELL_KNOWN_IPV4.map(reverseName)];

/** Seconds. The TTL of the zone as IANA serves it. */
const TTL_SECONDS = 3600;

/**
 * Whether a DNS64 answers this query by itself (RFC 8880 §7.1, §7.2). A query for DS goes to the upstream, because DS
 * belongs to the parent zone.
 */
export function shouldAnswerLocally(query: Query): boolean {
  const zone = zoneOf(query.name);
  return zone !== undefined && !(isSameName(query.name, zone) && query.type.toUpperCase() === 'DS');
}

function zoneOf(name: string): string | undefined {
  return ZONES.find((zone) => isSameName(name, zone) || isSubdomain(name, zone));
}

/** The answer of RFC 8880 §7.1: positive for A, AAAA and PTR, empty for other types, NXDOMAIN for names below. */
export function answerLocally(query: Query, config: Dns64Config): Message {
  const zone = zoneOf(query.name) ?? IPV4ONLY;
  const exists = isSameName(query.name, zone);
  const answers = exists ? localRecords(query, zone, config) : [];
  const response = emptyResponse(query, exists ? RCODE.NOERROR : RCODE.NXDOMAIN);
  return { ...response, answers, authorities: answers.length === 0 ? [soa(zone)] : [] };
}

function localRecords(query: Query, zone: string, config: Dns64Config): ResourceRecord[] {
  const record = (type: string, data: string): ResourceRecord => ({
    name: query.name,
    type,
    class: 'IN',
    ttl: TTL_SECONDS,
    data,
  });
  const type = query.type.toUpperCase();
  const wants = (other: string) => type === other || type === 'ANY';
  if (zone !== IPV4ONLY) return wants('PTR') ? [record('PTR', IPV4ONLY)] : [];
  return [
    ...(wants('A') ? WELL_KNOWN_IPV4.map((address) => record('A', address)) : []),
    // Every prefix, the well-known one included: for these two addresses RFC 7050 §2.2 lifts the rule of RFC 6052 §3.1.
    ...(wants('AAAA')
      ? config.prefixes.flatMap((prefix) => WELL_KNOWN_IPV4.map((address) => record('AAAA', prefix.embed(address))))
      : []),
  ];
}

/** Lets resolvers cache negative answers (RFC 2308 §3). Only this program serves the zone. */
function soa(zone: string): ResourceRecord {
  const data = {
    mname: zone,
    rname: `nobody.invalid`,
    serial: 1,
    refresh: TTL_SECONDS,
    retry: TTL_SECONDS,
    expire: TTL_SECONDS,
    minimum: TTL_SECONDS,
  };
  return { name: zone, type: 'SOA', class: 'IN', ttl: TTL_SECONDS, data };
}
