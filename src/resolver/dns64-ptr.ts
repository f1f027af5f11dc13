import { embeddedUnder } from '../address/pref64';
import { followChain, recordsAt } from './chain';
import { isDnsError } from './dns-error';
import { allPrefixes, type Dns64Config } from './dns64-config';
import { shouldAnswerLocally } from './ipv4only';
import { octetsOfReverseName, reverseName } from './reverse-name';
import { type Message, type Query, RCODE } from './types';

/** Seconds. The longest TTL of the synthesized CNAME, because it depends on the configuration of this program. */
const CNAME_TTL_SECONDS = 600;

/**
 * The answer to a PTR query under one of the prefixes (RFC 6147 §5.3.1): a CNAME to the name under in-addr.arpa, and
 * its records. Undefined if the name is not under a prefix, or has no records: the query is then passed through.
 * @param ask asks this DNS64 itself, because the name may belong to a well-known address (RFC 8880 §7.2)
 */
export async function answerPtr(
  query: Query,
  ask: (query: Query) => Promise<Message>,
  config: Dns64Config,
): Promise<Message | undefined> {
  const octets = octetsOfReverseName(query.name);
  const ipv4 = octets && embeddedUnder(octets, allPrefixes(config));
  if (ipv4 === undefined) return undefined;
  const target = reverseName(ipv4);
  const found = await ask({ ...query, name: target }).catch((error: unknown) => {
    if (isDnsError(error) && error.code !== 'ECANCELLED') return undefined;
    throw error;
  });
  if (found?.rcode !== RCODE.NOERROR) return undefined;
  const chain = followChain(target, found.answers);
  const ptr = recordsAt(chain.target, 'PTR', found.answers);
  if (ptr.length === 0) return undefined;
  const ttl = Math.min(CNAME_TTL_SECONDS, ...found.answers.map((record) => record.ttl));
  const base = { ...found, authenticData: false };
  // A CNAME SHOULD NOT point to another CNAME (§5.3.1), as it would with classless delegations (RFC 2317), so the
  // answer is direct. It is direct for the well-known addresses too, whose reverse names are answered here (RFC 8880
  // §7.2).
  if (chain.aliases.length > 0 || shouldAnswerLocally({ ...query, name: target }))
    return { ...base, answers: ptr.map((record) => ({ ...record, name: query.name, ttl })) };
  const cname = { name: query.name, type: 'CNAME', class: 'IN', ttl, data: target };
  return { ...base, answers: [cname, ...found.answers] };
}
