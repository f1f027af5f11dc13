import dns from 'node:dns';
import { ipv4ToInteger } from '../../address/ipv4';
import { monotonicMs } from '../../address/monotonic-clock';
import { specialPurposeOf } from '../../address/special-purpose';
import type { HookContext } from '../context';
import type { Way } from './ways';

const { lookup } = dns.promises;

/** How long the result for a name is remembered. */
const REMEMBERED_MS = 600_000;
const MAX_NAMES = 1024;

/** Whether a rule sends the name to its native addresses. */
export function isNative({ policy }: HookContext, host: string): boolean {
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
  /** Name → its IPv4 addresses, which were reached when its native ones were not, and until when (ms) this counts. */
  readonly #dead = new Map<string, { ipv4: readonly string[]; untilMs: number }>();

  constructor(context: HookContext) {
    this.#context = context;
  }

  worked(host: string): void {
    this.#dead.delete(host);
  }

  failed(host: string, ipv4: readonly string[]): void {
    if (this.#dead.size >= MAX_NAMES) this.#dead.clear();
    this.#dead.set(host, { ipv4, untilMs: monotonicMs() + REMEMBERED_MS });
  }

  /** The IPv4 addresses of a name whose native ones recently did not answer. */
  insteadOf(host: string): readonly string[] | undefined {
    const dead = this.#dead.get(host);
    return dead !== undefined && dead.untilMs > monotonicMs() ? dead.ipv4 : undefined;
  }

  /** Queries the name's A records. Empty if it has none, or no server answers. */
  async addresses(host: string): Promise<readonly string[]> {
    const { names } = this.#context;
    const ask = async () => (names.goesFirst ? [] : await lookup(host, { family: 4, all: true }));
    const found = await ask().catch(() => []);
    const all = found.length > 0 ? found : await names.addresses(host, 4).catch(() => []);
    return all.map(({ address }) => address);
  }

  /**
   * The ways to these addresses, each as if it were the destination itself: over its IPv4 route, otherwise through the
   * NAT64, never both. An address whose scope is narrower than that of `shown` is skipped, because the program checked
   * only `shown`.
   */
  ways(host: string, shown: string, port: number, addresses: readonly string[]): readonly NamedWay[] {
    const { translator } = this.#context;
    const mayBePrivate = isPrivate(shown);
    return addresses
      .filter((ipv4) => mayBePrivate || !isPrivate(ipv4))
      .flatMap((ipv4) => {
        const decision = translator.destination(ipv4, { port, host, protocol: 'tcp' });
        if (decision.kind === 'refuse' || decision.kind === 'wait') return [];
        const ways: readonly Way[] = decision.step === 'nat64' ? translator.nat64Ways(ipv4) : [decision];
        return ways.map((way) => ({ way, ipv4 }));
      });
  }
}

function isPrivate(ipv4: string): boolean {
  const kind = specialPurposeOf(ipv4ToInteger(ipv4))?.kind;
  return kind !== undefined && kind !== 'reserved';
}
