import { type Dns64Config, prefixesFor } from './dns64-config';
import { isSameName, isSubdomain } from './name';
import type { Message, ResourceRecord, SoaData } from './types';

/** Seconds, the most that a synthesized record may live where the negative AAAA answer came without SOA (RFC 6147 §5.1.7). */
const TTL_WITHOUT_SOA_SECONDS = 600;

/** How many aliases one answer may lead through. */
export const MAX_CHAIN = 16;

/** The records of an answer in the order in which they lead from `name` to what was asked. */
export interface Chain {
  /** CNAME and DNAME records, with their signatures. */
  readonly aliases: readonly ResourceRecord[];
  /** The name at the end of the aliases. */
  readonly target: string;
  /** The aliases lead in a circle, or through more than `MAX_CHAIN` names. */
  readonly endless: boolean;
}

/** Follows CNAME and DNAME records in `records` from `name` (RFC 6147 §5.1.5). */
export function followChain(name: string, records: readonly ResourceRecord[]): Chain {
  const aliases: ResourceRecord[] = [];
  const seen: string[] = [];
  let target = name;
  while (seen.length <= MAX_CHAIN) {
    const at = target;
    if (seen.some((other) => isSameName(other, at))) return { aliases, target, endless: true };
    seen.push(at);
    const dname = records.find((r) => r.type === 'DNAME' && isSubdomain(at, r.name));
    if (dname !== undefined && !aliases.includes(dname)) aliases.push(dname);
    const cname = records.find((r) => r.type === 'CNAME' && isSameName(r.name, at));
    if (cname !== undefined) {
      aliases.push(cname);
      target = cname.data as string;
    } else if (dname !== undefined) {
      // A DNAME without its synthesized CNAME (RFC 6672 §3.4 lets very old servers do so): the CNAME is made here.
      target = at.slice(0, at.length - dname.name.length) + (dname.data as string);
      aliases.push({ name: at, type: 'CNAME', class: dname.class, ttl: dname.ttl, data: target });
    } else return { aliases, target, endless: false };
  }
  return { aliases, target, endless: true };
}

/** The records of `type` at the end of the chain. */
export function recordsAt(target: string, type: string, records: readonly ResourceRecord[]): ResourceRecord[] {
  return records.filter((r) => r.type === type && r.class === 'IN' && isSameName(r.name, target));
}

/** Seconds that a negative answer holds: the SOA's TTL, at most its MINIMUM (RFC 2308 §5); undefined without an SOA. */
export function negativeTtl(message: Message): number | undefined {
  const soa = message.authorities.find((r) => r.type === 'SOA');
  return soa === undefined ? undefined : Math.min(soa.ttl, (soa.data as SoaData).minimum);
}

/**
 * The AAAA records for every A record and every prefix that is right for it, in the order of the A records. Pure: the same
 * input gives the same output, from the IPv4 address and the prefix alone (RFC 6147 §5.2).
 * @param negativeTtlSeconds of the empty AAAA answer
 */
export function synthesizeRecords(
  a: readonly ResourceRecord[],
  negativeTtlSeconds: number | undefined,
  config: Dns64Config,
): ResourceRecord[] {
  const limit = negativeTtlSeconds ?? TTL_WITHOUT_SOA_SECONDS;
  return a.flatMap((record) =>
    prefixesFor(record.data as string, config).map((prefix) => ({
      // RFC 6147 §5.1.7: owner and class of the A record, the smaller TTL.
      name: record.name,
      type: 'AAAA',
      class: record.class,
      ttl: Math.min(record.ttl, limit),
      data: prefix.embed(record.data as string),
    })),
  );
}
