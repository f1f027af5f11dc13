import { canonicalName, encodeName, isSameName, parentOf } from './name';
import type { Message, ResourceRecord, SoaData } from './types';

/** The maximum number of aliases in one answer. */
export const MAX_CHAIN = 16;

/** The aliases of an answer, in order, from the queried name to the target. */
export interface Chain {
  /** CNAME and DNAME records. */
  readonly aliases: readonly ResourceRecord[];
  /** The CNAME that each DNAME produces (RFC 6672 §3.1), if the answer lacks it. */
  readonly made: ReadonlyMap<ResourceRecord, ResourceRecord>;
  /** The name at the end of the aliases. */
  readonly target: string;
  /** The aliases form a loop, or there are more than `MAX_CHAIN` of them. */
  readonly endless: boolean;
  /** A DNAME produces a name longer than 255 octets (RFC 6672 §2.2). */
  readonly tooLong: boolean;
}

const NONE: Pick<Chain, 'aliases' | 'made' | 'endless' | 'tooLong'> = {
  aliases: [],
  made: new Map(),
  endless: false,
  tooLong: false,
};

/** Follows CNAME and DNAME records in `records` from `name` (RFC 6147 §5.1.5). */
export function followChain(name: string, records: readonly ResourceRecord[]): Chain {
  const cnames = byOwner(records, 'CNAME');
  const dnames = byOwner(records, 'DNAME');
  if (cnames.size === 0 && dnames.size === 0) return { ...NONE, target: name };
  const aliases = new Set<ResourceRecord>();
  const made = new Map<ResourceRecord, ResourceRecord>();
  const seen = new Set<string>();
  let target = name;
  const end = (how: Partial<Chain> = {}): Chain => ({ ...NONE, aliases: [...aliases], made, target, ...how });
  for (let at = canonicalName(target); seen.size <= MAX_CHAIN; at = canonicalName(target)) {
    if (seen.has(at)) return end({ endless: true });
    seen.add(at);
    const above = ancestorIn(dnames, target);
    if (above !== undefined) aliases.add(above.record);
    const cname = cnames.get(at);
    if (cname !== undefined) {
      aliases.add(cname);
      target = cname.data as string;
    } else if (above !== undefined) {
      const { record, owner } = above;
      const next = replaceEnd(target, owner, record.data as string);
      if (next === undefined) return end({ tooLong: true });
      const { class: klass, ttl } = record;
      const alias = { name: target, type: 'CNAME', class: klass, ttl, data: next };
      aliases.add(alias);
      made.set(record, alias);
      target = next;
    } else return end();
  }
  return end({ endless: true });
}

/** The records of one type by owner. If an owner has several, the first. */
function byOwner(records: readonly ResourceRecord[], type: string): Map<string, ResourceRecord> {
  const found = new Map<string, ResourceRecord>();
  for (const record of records) {
    if (record.type !== type) continue;
    const owner = canonicalName(record.name);
    if (!found.has(owner)) found.set(owner, record);
  }
  return found;
}

/** The record of the nearest ancestor of `name`, and the ancestor's name as spelled in `name`. */
function ancestorIn(records: ReadonlyMap<string, ResourceRecord>, name: string) {
  if (records.size === 0) return undefined;
  for (let owner = parentOf(name); owner !== undefined; owner = parentOf(owner)) {
    const record = records.get(canonicalName(owner));
    if (record !== undefined) return { record, owner };
  }
  return undefined;
}

/** `name` with its ending `owner` replaced by `target` (RFC 6672 §2.2). Undefined if the result is not a valid name. */
function replaceEnd(name: string, owner: string, target: string): string | undefined {
  const labels = owner === '.' ? name.replace(/\.$/, '') : name.slice(0, -owner.length - 1);
  const next = target === '.' ? labels : `${labels}.${target}`;
  try {
    encodeName(next);
    return next;
  } catch {
    return undefined;
  }
}

/** The answers, with the CNAME added after each DNAME that lacks it. Old servers leave this step to the client. */
export function withMadeAliases(answers: readonly ResourceRecord[], { made }: Chain): readonly ResourceRecord[] {
  if (made.size === 0) return answers;
  return answers.flatMap((record) => {
    const alias = made.get(record);
    return alias === undefined ? [record] : [record, alias];
  });
}

/** The records of `type` at the end of the chain. */
export function recordsAt(target: string, type: string, records: readonly ResourceRecord[]): ResourceRecord[] {
  return records.filter((r) => r.type === type && r.class === 'IN' && isSameName(r.name, target));
}

/**
 * Seconds for which a negative answer is valid: the SOA's TTL, at most its MINIMUM (RFC 2308 §5). Undefined without an
 * SOA.
 */
export function negativeTtl(message: Message): number | undefined {
  const soa = message.authorities.find((r) => r.type === 'SOA');
  return soa === undefined ? undefined : Math.min(soa.ttl, (soa.data as SoaData).minimum);
}
