import { isIPv4 } from 'node:net';
import { mappedIPv4 } from '../../address/mapped';
import { MAX_PER_ANSWER, MAX_TTL_SECONDS } from '../../address/pool';
import { noSyntheticAddress } from '../../address/refusals';
import type { V6OnlyError } from '../../report/errors';
import type { HookContext } from '../context';
import { patch, type Undo } from '../patch';
import { setMethod } from '../set-method';
import { AddressAnswers, type RawAnswer } from './resolve-answers';
import { CaresChannels, type Channel, type Query, type QueryRequest } from './resolve-channels';

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
export function patchCares(context: HookContext): Undo[] {
  const prototype = context.classes.dnsChannel as Channel;
  const channels = new CaresChannels(context, prototype);
  const queries = prototype as unknown as Record<string, Query>;
  const undo = channels.patches(prototype);
  for (const name of QUERIES) {
    if (typeof queries[name] !== 'function') continue; // queryTlsa is new in Node 22.15
    undo.push(
      patch(
        queries,
        name,
        (real) =>
          function (this: Channel, req: QueryRequest, host: string): number {
            return channels.ask(this, real as Query, req, host);
          },
      ),
    );
  }
  const { queryA, queryAaaa, getHostByAddr } = prototype;
  const a = new AddressAnswers(channels, queryA);
  const aaaa = new AddressAnswers(channels, queryAaaa);

  const whenKnown = (act: () => void) => {
    if (context.prefixes.all === undefined) context.prefixes.whenReady(act);
    else act();
  };

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
        return other.find(channel, req, name, (second) => {
          if (second.error === 'ECANCELLED') give(second);
          else if (second.error !== null) give(answer);
          // The prefix decides which IPv4 address an address embeds, and how to embed one.
          else whenKnown(() => give(complete(req, second) ?? answer));
        });
      });

  /** RFC 6147 §5.1.4: addresses in an excluded network count as absent. */
  const withoutExcluded = (answer: RawAnswer): RawAnswer => {
    if (answer.error !== null) return answer;
    const left = context.names.answerAaaa({ aaaa: timed(answer) });
    if (left.kind !== 'native') return { error: 'ENODATA', addresses: [], ttls: [] };
    return left.addresses.length === answer.addresses.length ? answer : rawAnswerOf(left.addresses);
  };
  /** An AAAA-only name gets addresses of the synthetic pool (RFC 6535 §2.3). */
  const inPool = (req: QueryRequest, answer: RawAnswer): RawAnswer | undefined => {
    const native = withoutExcluded(answer);
    const isMapped = ({ address }: { address: string }) => mappedIPv4(address) !== undefined;
    const { addresses, ttls } = native.error === null ? native : rawAnswerOf(timed(answer).filter(isMapped));
    const capped = ttls.map((ttl) => Math.min(ttl, MAX_TTL_SECONDS));
    const some = addresses.slice(0, MAX_PER_ANSWER);
    const found = pairs(some, capped, (ipv6, ttl) => context.translator.answerIPv4(ipv6, ttl));
    const [first] = addresses;
    if (found === undefined && first !== undefined) explainQuery(req, noSyntheticAddress(first, context.pool.networks));
    return found;
  };
  /** An A-only name is synthesized (RFC 6147 §5.1.6). c-ares does not reveal the SOA of an empty answer. */
  const synthesized = (_req: QueryRequest, answer: RawAnswer): RawAnswer | undefined => {
    const made = context.names.answerAaaa({ aaaa: [], a: timed(answer) });
    return made.kind === 'synthesized' ? rawAnswerOf(made.addresses) : undefined;
  };
  const asA = completing(a, aaaa, (answer) => answer, inPool);
  const asAaaa = completing(aaaa, a, withoutExcluded, synthesized);
  undo.push(
    patch(
      prototype,
      'queryA',
      () =>
        function (this: Channel, req: QueryRequest, name: string): number {
          return asA(this, req, name);
        },
    ),
    patch(
      prototype,
      'queryAaaa',
      () =>
        function (this: Channel, req: QueryRequest, name: string): number {
          return asAaaa(this, req, name);
        },
    ),
    patch(
      prototype,
      'getHostByAddr',
      () =>
        function (this: Channel, req: QueryRequest, address: string): number {
          return channels.ask(this, getHostByAddr, req, reverseAddress(context, address));
        },
    ),
  );
  return undo;
}

const timed = ({ addresses, ttls }: RawAnswer) => addresses.map((address, i) => ({ address, ttl: ttls[i] ?? 0 }));

const rawAnswerOf = (list: readonly { readonly address: string; readonly ttl: number }[]): RawAnswer => ({
  error: null,
  addresses: list.map(({ address }) => address),
  ttls: list.map(({ ttl }) => ttl),
});

/** Each address as `map` translates it, with its TTL. Undefined if no address can be translated. */
function pairs(
  addresses: readonly string[],
  ttls: readonly number[],
  map: (address: string, ttl: number) => string | undefined,
): RawAnswer | undefined {
  const found = addresses.flatMap((address, i) => {
    const ttl = ttls[i] ?? 0;
    const shown = map(address, ttl);
    return shown === undefined ? [] : [[shown, ttl] as const];
  });
  if (found.length === 0) return undefined;
  return { error: null, addresses: found.map(([address]) => address), ttls: found.map(([, ttl]) => ttl) };
}

/** Sets `cause` on the error that lib/internal/dns creates from an error code. */
function explainQuery(req: QueryRequest, cause: V6OnlyError): void {
  const { callback, reject } = req;
  if (callback) {
    setMethod(req, 'callback', (error, ...rest) => {
      if (error) error.cause ??= cause;
      callback.call(req, error, ...rest);
    });
  }
  if (reject) {
    setMethod(req, 'reject', (error) => {
      error.cause ??= cause;
      reject(error);
    });
  }
}

/**
 * The name of a synthetic address is that of the IPv6 address for which it stands. The name of an IPv4-embedded IPv6
 * address is that of the IPv4 address (RFC 6147 §5.3.1, RFC 6535 §2.3.3).
 */
function reverseAddress(context: HookContext, address: string): string {
  const { translator, pool } = context;
  if (isIPv4(address)) return pool.toIPv6(address) ?? translator.hosts.toIPv6(address) ?? address;
  const isNative = !address.includes(':') || translator.hasGeneralRoute();
  return isNative ? address : (safeEmbedded(context, address) ?? address);
}

function safeEmbedded(context: HookContext, address: string): string | undefined {
  try {
    // c-ares asks ip6.arpa about an IPv4-mapped address, as natively.
    return mappedIPv4(address) === undefined ? context.translator.embedded(address) : undefined;
  } catch {
    return undefined; // not an address: c-ares refuses it
  }
}
