import { isIPv4, isIPv6 } from 'node:net';
import { mappedIPv4 } from '../../address/mapped';
import { MAX_PER_ANSWER, MAX_TTL_SECONDS } from '../../address/pool';
import { noSyntheticAddress } from '../../address/refusals';
import type { HookContext } from '../context';
import { explainRequest } from '../handle/network-errors';
import { patch, patchMethods } from '../patch';
import { ipv6Behind } from './lookup-service';
import { AddressAnswers, type RawAnswer } from './resolve-answers';
import { CaresChannels, type Channel, type Query, type QueryRequest } from './resolve-channels';
import { whenPrefixKnown } from './when-prefix-known';

/** Queries that only need translated servers. */
const QUERIES = [
  'queryAny',
  'queryCaa',
  'queryCname',
  'queryMx',
  'queryNs',
  'queryTxt',
  'queryTlsa',
  'querySrv',
  'queryPtr',
  'queryNaptr',
  'querySoa',
] as const;

/**
 * Patches the handle of every DNS resolver, which all functions of `dns` except `lookup` use. IPv4 name servers are
 * reached like any other IPv4 destination. Without a general IPv4 route, A and AAAA answers are completed as a DNS64
 * would.
 */
export function patchCares(context: HookContext): void {
  const prototype = context.classes.dnsChannel as Channel;
  const channels = new CaresChannels(context, prototype);
  const queries = prototype as unknown as Record<string, Query>;
  channels.patch(prototype);
  for (const name of QUERIES) {
    if (typeof queries[name] !== 'function') continue; // queryTlsa is new in Node 22.15
    patch(
      queries,
      name,
      (real) =>
        function (this: Channel, req: QueryRequest, host: string): number {
          return channels.ask(this, real as Query, req, host);
        },
    );
  }
  const { queryA, queryAaaa, getHostByAddr } = prototype;
  const a = new AddressAnswers(channels, queryA);
  const aaaa = new AddressAnswers(channels, queryAaaa);

  /** Without a general IPv4 route, an empty answer is completed from the answer of the other family. */
  const completing =
    (
      own: AddressAnswers,
      other: AddressAnswers,
      shown: (answer: RawAnswer) => RawAnswer,
      complete: (req: QueryRequest, answer: RawAnswer) => RawAnswer | undefined,
    ) =>
    (channel: Channel, req: QueryRequest, name: string): number =>
      own.ask(channel, req, name, (given, give) => {
        if (context.translator.hasGeneralRoute()) return give(given);
        const answer = shown(given);
        // RFC 6147 §5.1.2: NXDOMAIN is final.
        if (answer.error !== 'ENODATA') return give(answer);
        const last = mappedAlone(given) ?? answer;
        return other.find(channel, req, name, (second) => {
          if (second.error === 'ECANCELLED') give(second);
          else if (second.error !== null) give(last);
          else whenPrefixKnown(context, () => give(complete(req, second) ?? last));
        });
      });

  /** RFC 6147 §5.1.4: addresses in an excluded network count as absent. */
  const withoutExcluded = (answer: RawAnswer): RawAnswer => {
    if (answer.error !== null) return answer;
    const left = context.names.answerAaaa({ aaaa: answer.records });
    if (left.kind !== 'native') return { error: 'ENODATA', records: [] };
    return left.addresses.length === answer.records.length ? answer : { error: null, records: left.addresses };
  };
  /** An AAAA-only name gets addresses of the synthetic pool (RFC 6535 §2.3). */
  const inPool = (req: QueryRequest, answer: RawAnswer): RawAnswer | undefined => {
    const native = withoutExcluded(answer);
    const all = (native.error === null ? native : mappedAlone(answer))?.records ?? [];
    const records = all.slice(0, MAX_PER_ANSWER).flatMap(({ address: ipv6, ttl: own }) => {
      const ttl = Math.min(own, MAX_TTL_SECONDS);
      const address = context.translator.answerIPv4(ipv6, ttl);
      return address === undefined ? [] : [{ address, ttl }];
    });
    if (records.length > 0) return { error: null, records };
    const [first] = all;
    if (first !== undefined) explainRequest(req, noSyntheticAddress(first.address, context.pool.networks));
    return undefined;
  };
  /** An A-only name is synthesized (RFC 6147 §5.1.6). c-ares does not reveal the SOA of an empty answer. */
  const synthesized = (_req: QueryRequest, { records }: RawAnswer): RawAnswer | undefined => {
    const made = context.names.answerAaaa({ aaaa: [], a: records });
    return made.kind === 'synthesized' ? { error: null, records: made.addresses } : undefined;
  };
  const asA = completing(a, aaaa, (answer) => answer, inPool);
  const asAaaa = completing(aaaa, a, withoutExcluded, synthesized);
  patchMethods(prototype, {
    queryA(req, name) {
      return asA(this, req, name);
    },
    queryAaaa(req, name) {
      return asAaaa(this, req, name);
    },
    getHostByAddr(req, address) {
      return channels.ask(this, getHostByAddr, req, reverseAddress(context, address));
    },
  });
}

/** What a name has whose only addresses are IPv4-mapped AAAA records: IPv4 addresses by another name. */
function mappedAlone({ records }: RawAnswer): RawAnswer | undefined {
  const mapped = records.filter(({ address }) => mappedIPv4(address) !== undefined);
  return mapped.length > 0 ? { error: null, records: mapped } : undefined;
}

/**
 * The name of a synthetic address is that of the IPv6 address for which it stands. The name of an IPv4-embedded IPv6
 * address is that of the IPv4 address (RFC 6147 §5.3.1, RFC 6535 §2.3.3).
 */
function reverseAddress(context: HookContext, address: string): string {
  const { translator } = context;
  if (isIPv4(address)) return ipv6Behind(context, address) ?? address;
  if (!isIPv6(address) || translator.hasGeneralRoute()) return address;
  // c-ares asks ip6.arpa about an IPv4-mapped address, as natively.
  return (mappedIPv4(address) === undefined ? translator.embedded(address) : undefined) ?? address;
}
