import { isIPv4 } from 'node:net';
import { ipv4ToInteger } from '../../address/ipv4';
import { ipv4ScopeOf } from '../../address/special-purpose';
import { type HookContext, type Lookup, RECORDS_ONLY } from '../context';
import { FailedLately } from './failed-lately';
import type { Way } from './way';

/** Whether a rule sends the name to its native addresses. */
export function isNative({ policy }: Pick<HookContext, 'policy'>, host: string): boolean {
  return policy.matchRule?.({ host })?.target.kind === 'native';
}

/** A way to one of a name's IPv4 addresses. */
export interface NamedWay {
  readonly way: Way;
  readonly ipv4: string;
}

/**
 * The alternatives to the native IPv6 addresses of a name that a rule calls `native`: the ways to its IPv4 addresses.
 */
export class NativeNames {
  readonly #context: HookContext;
  /** Names whose IPv4 addresses are tried first, because they were reached when the native ones were not. */
  readonly dead = new FailedLately();

  constructor(context: HookContext) {
    this.#context = context;
  }

  /**
   * The addresses of a name's A records, from the function that the program's own connect asks. It may be the program's,
   * which may leave out addresses, so it is asked for each connect. Empty if it has none, or fails.
   */
  addresses(host: string, lookup: Lookup): Promise<readonly string[]> {
    return new Promise((resolve) => {
      const done = (error: unknown, found: unknown) => resolve(error ? [] : textsOf(found));
      try {
        lookup(host, { family: 4, hints: 0, all: true, [RECORDS_ONLY]: true }, done);
      } catch {
        resolve([]);
      }
    });
  }

  /**
   * The ways to these addresses, each as if it were the destination itself: over its IPv4 route, otherwise through the
   * NAT64, never both. An address of another scope than that of `shown` is skipped, because the program checked only
   * `shown`.
   */
  ways(host: string, shown: string, port: number, addresses: readonly string[]): readonly NamedWay[] {
    const { translator } = this.#context;
    const scope = ipv4ScopeOf(ipv4ToInteger(shown));
    return addresses
      .filter((ipv4) => ipv4ScopeOf(ipv4ToInteger(ipv4)) === scope)
      .flatMap((ipv4) => {
        const decision = translator.destination(ipv4, { port, host, protocol: 'tcp' });
        // A synthetic address is no A record's: it stands for the native address, or for that of another name.
        if (decision.kind === 'refuse' || decision.kind === 'wait' || decision.step === 'pool') return [];
        const ways: readonly Way[] = decision.step === 'nat64' ? translator.nat64Ways(ipv4) : [decision];
        return ways.map((way) => ({ way, ipv4 }));
      });
  }
}

/** What a look-up returned: one address, or a list of objects. A function of the program may return anything. */
function textsOf(found: unknown): string[] {
  const texts = Array.isArray(found) ? found.map((entry) => (entry as { address?: unknown } | null)?.address) : [found];
  return texts.filter((text): text is string => typeof text === 'string' && isIPv4(text));
}
