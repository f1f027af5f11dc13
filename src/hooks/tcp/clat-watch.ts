import type { Kernel } from '../../address/kernel';
import { monotonicMs } from '../../address/monotonic-clock';

/** For how long what was learned of a destination is believed. */
const REMEMBERED_MS = 600_000;
const MAX_DESTINATIONS = 1024;

/** What became of connects through the CLAT of this host, where the NAT64 was tried behind it. */
export class ClatWatch {
  readonly #kernel: Kernel;
  /** Destination → until when (ms) the CLAT is taken to be dead for it. */
  readonly #dead = new Map<string, number>();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** Whether the NAT64 reached this destination lately, and the CLAT did not. */
  isDeadFor(ipv4: string): boolean {
    return (this.#dead.get(ipv4) ?? 0) > monotonicMs();
  }

  worked(ipv4: string): void {
    this.#dead.clear();
    this.#kernel.connectedOver(ipv4);
  }

  /** One destination may have reasons of its own; when a second one agrees, the CLAT as a whole is no way any more. */
  failed(ipv4: string): void {
    if (this.#dead.size >= MAX_DESTINATIONS) this.#dead.clear();
    this.#dead.set(ipv4, monotonicMs() + REMEMBERED_MS);
    if (this.#dead.size > 1) this.#kernel.routeIsDead();
  }
}
