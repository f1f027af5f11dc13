import { monotonicMs } from '../../address/monotonic-clock';
import type { RouteEvidence } from '../../kernel/route-evidence';

/** How long the result for a destination is remembered. */
const REMEMBERED_MS = 600_000;
const MAX_DESTINATIONS = 1024;

/** Remembers which connections failed through the CLAT of this host and then succeeded through the NAT64. */
export class ClatWatch {
  readonly #evidence: RouteEvidence;
  /** Destination → until when (ms) the CLAT counts as dead for it. */
  readonly #dead = new Map<string, number>();

  constructor(evidence: RouteEvidence) {
    this.#evidence = evidence;
  }

  /** Whether the NAT64 recently reached this destination and the CLAT did not. */
  isDeadFor(ipv4: string): boolean {
    return (this.#dead.get(ipv4) ?? 0) > monotonicMs();
  }

  worked(ipv4: string): void {
    this.#dead.clear();
    this.#evidence.answered(ipv4);
  }

  /** One destination may have its own reasons. If a second one fails too, the CLAT as a whole counts as dead. */
  failed(ipv4: string): void {
    if (this.#dead.size >= MAX_DESTINATIONS) this.#dead.clear();
    this.#dead.set(ipv4, monotonicMs() + REMEMBERED_MS);
    if (this.#dead.size > 1) this.#evidence.deniedAll();
  }
}
