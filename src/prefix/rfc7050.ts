import { followChain, negativeTtl, recordsAt } from '../resolver/chain';
import { codeOfRcode, DnsError, isDnsError } from '../resolver/dns-error';
import { IPV4ONLY } from '../resolver/ipv4only';
import { queryFor, RCODE, type Upstream } from '../resolver/types';

/** What the network says about ipv4only.arpa. No address: it has no DNS64. */
export interface DiscoveryAnswer {
  readonly addresses: readonly string[];
  /** Seconds that the answer holds, positive or negative; undefined where it does not say. */
  readonly ttlSeconds: number | undefined;
}

/**
 * Asks for the AAAA records of ipv4only.arpa: CD is not set, or a DNS64 would not synthesize (RFC 7050 §3).
 * @throws when there is no answer that says yes or no
 */
export async function queryByDns(upstream: Upstream, signal?: AbortSignal): Promise<DiscoveryAnswer> {
  const message = await upstream.query(queryFor(IPV4ONLY, 'AAAA'), signal);
  if (message.rcode !== RCODE.NOERROR && message.rcode !== RCODE.NXDOMAIN) {
    throw new DnsError(codeOfRcode(message.rcode), 'AAAA', IPV4ONLY);
  }
  const { target, aliases } = followChain(IPV4ONLY, message.answers);
  const aaaa = recordsAt(target, 'AAAA', message.answers);
  const ttlSeconds = Math.min(...aliases.map((r) => r.ttl), ...aaaa.map((r) => r.ttl));
  if (aaaa.length === 0) return { addresses: [], ttlSeconds: negativeTtl(message) };
  return { addresses: aaaa.map((r) => r.data as string), ttlSeconds };
}

/** `dns.promises.lookup` with `all`, as far as it is needed here. */
export type LookupAll = (name: string, options: { family: 6; all: true }) => Promise<readonly { address: string }[]>;

/**
 * Asks the operating system's resolver, which says nothing of TTLs. For hosts whose name servers are known to it alone.
 * @param lookup Node's own, not a patched one
 */
export async function queryByLookup(lookup: LookupAll): Promise<DiscoveryAnswer> {
  try {
    const found = await lookup(IPV4ONLY, { family: 6, all: true });
    // With hints that the system sets for itself, IPv4 addresses may come as ::ffff:192.0.0.170: no prefix either.
    return { addresses: found.map(({ address }) => address), ttlSeconds: undefined };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTFOUND') return { addresses: [], ttlSeconds: undefined };
    throw error;
  }
}

/** Milliseconds after which all servers are asked once more. Never more than four seconds apart, for one that comes back. */
const ROUNDS_MS = [0, 1_000, 3_000, 7_000, 11_000, 15_000];
/** An attempt is listened for to the end: a slow server's answer is as good as a quick one's. */
export const PATIENCE_MS = 19_000;
/** The next server of a round is not asked where the one before answers within this time. */
const STAGGER_MS = 300;

/** Asks one server once; listens for at most PATIENCE_MS. */
export type AskServer = (server: string, signal: AbortSignal) => Promise<DiscoveryAnswer>;

/**
 * Asks every server again and again, without ever ceasing to listen for the answer to an earlier question. The first answer
 * counts. Ends as soon as every attempt has failed: what refuses is not asked again, what is silent is.
 * @throws the error of the last attempt
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
        lastError = error;
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

/** Whether nobody answered in time. Then the operating system's resolver, which asks the same servers, would hang as long. */
export function isSilence(error: unknown): boolean {
  return isDnsError(error) && (error.code === 'ETIMEOUT' || error.code === 'ECANCELLED');
}

/** Whether this host lacked something for the moment, so that nothing was asked: descriptors or memory. */
export function isWant(error: unknown): boolean {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: unknown };
  if (code === 'EMFILE' || code === 'ENFILE' || code === 'ENOMEM' || code === 'ENOBUFS') return true;
  return cause !== undefined && isWant(cause);
}
