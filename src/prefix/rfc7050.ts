import { isOutOfResources } from '../report/out-of-resources';
import { followChain, negativeTtl, recordsAt } from '../resolver/chain';
import type { DnsClient } from '../resolver/client';
import { codeOfRcode, DnsError, isDnsError } from '../resolver/dns-error';
import { IPV4ONLY } from '../resolver/ipv4only';
import { isVerdict, queryFor } from '../resolver/types';

/** The network's answer about ipv4only.arpa. Without an address there is no DNS64. */
export interface DiscoveryAnswer {
  readonly addresses: readonly string[];
  /** Seconds for which the answer is valid, positive or negative. Undefined if the answer does not say. */
  readonly ttlSeconds: number | undefined;
}

/**
 * Asks for the AAAA records of ipv4only.arpa. CD is not set, because a DNS64 would then not synthesize (RFC 7050 §3).
 * @throws if no server gives a positive or negative answer
 */
export async function queryByDns(client: Pick<DnsClient, 'query'>, signal?: AbortSignal): Promise<DiscoveryAnswer> {
  const message = await client.query(queryFor(IPV4ONLY, 'AAAA'), signal);
  if (!isVerdict(message.rcode)) throw new DnsError(codeOfRcode(message.rcode), 'AAAA', IPV4ONLY);
  const { target, aliases } = followChain(IPV4ONLY, message.answers);
  const aaaa = recordsAt(target, 'AAAA', message.answers);
  const ttlSeconds = Math.min(...aliases.map((r) => r.ttl), ...aaaa.map((r) => r.ttl));
  if (aaaa.length === 0) return { addresses: [], ttlSeconds: negativeTtl(message) };
  return { addresses: aaaa.map((r) => r.data as string), ttlSeconds };
}

/** The part of `dns.promises.lookup` with `all` that is needed here. */
export type LookupAll = (name: string, options: { family: 6; all: true }) => Promise<readonly { address: string }[]>;

/**
 * Asks the operating system's resolver, which reports no TTL. For hosts whose name servers only the system knows.
 * @param lookup Node's own function, not a patched one
 */
export async function queryByLookup(lookup: LookupAll): Promise<DiscoveryAnswer> {
  try {
    const found = await lookup(IPV4ONLY, { family: 6, all: true });
    // If the system sets hints by itself, IPv4 addresses may come as ::ffff:192.0.0.170. They reveal no prefix.
    return { addresses: found.map(({ address }) => address), ttlSeconds: undefined };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTFOUND') return { addresses: [], ttlSeconds: undefined };
    throw error;
  }
}

/** Milliseconds after which all servers are asked again. At most four seconds apart, to find a server that recovers. */
const ROUNDS_MS = [0, 1_000, 3_000, 7_000, 11_000, 15_000];
/** Each attempt waits this long: a slow answer is as good as a quick one. */
export const PATIENCE_MS = 19_000;
/** The next server of a round is not asked if the one before answers within this time. */
const STAGGER_MS = 300;

/** Asks one server once, and waits at most PATIENCE_MS. */
export type AskServer = (server: string, signal: AbortSignal) => Promise<DiscoveryAnswer>;

/**
 * Asks every server repeatedly, while still waiting for the answers to earlier queries. The first answer counts.
 * Rejects as soon as every attempt has failed. A server that refuses fails at once, one that is silent does not.
 * @throws the error of the last attempt, or of one for which there were no resources
 */
export function askPatiently(
  servers: readonly string[],
  ask: AskServer,
  signal: AbortSignal,
  after: (callback: () => void, delayMs: number) => void = afterUnref,
): Promise<DiscoveryAnswer> {
  const all = new AbortController();
  const onAbort = () => all.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  return new Promise<DiscoveryAnswer>((resolve, reject) => {
    let pending = 0;
    let lastError: unknown = new Error('there is no name server to ask');
    const attempt = (server: string) => {
      if (all.signal.aborted) return;
      ask(server, all.signal).then(resolve, (error: unknown) => {
        // An attempt that could not be made leaves open what it would have shown.
        if (!isOutOfResources(lastError)) lastError = error;
        if (--pending === 0) reject(lastError);
      });
    };
    const round = (nth: number) => {
      if (all.signal.aborted || (nth > 0 && pending === 0)) return;
      for (const [i, server] of servers.entries()) {
        pending++;
        if (i === 0) attempt(server);
        else after(() => attempt(server), i * STAGGER_MS);
      }
      const next = ROUNDS_MS[nth + 1];
      if (next !== undefined) after(() => round(nth + 1), next - (ROUNDS_MS[nth] as number));
    };
    all.signal.addEventListener('abort', () => reject(all.signal.reason as Error), { once: true });
    round(0);
    if (pending === 0) reject(lastError);
  }).finally(() => {
    signal.removeEventListener('abort', onAbort);
    all.abort();
  });
}

function afterUnref(callback: () => void, delayMs: number): void {
  setTimeout(callback, delayMs).unref();
}

/**
 * Whether no server answered in time. The operating system's resolver asks the same servers, so it would wait as long.
 */
export function isSilence(error: unknown): boolean {
  return isDnsError(error) && (error.code === 'ETIMEOUT' || error.code === 'ECANCELLED');
}
