import type { TcpHandle } from '../node-internals';
import type { Sharing } from '../ports/listener';
import type { Endpoint } from '../ports/port-table';
import type { TcpPorts } from '../ports/tcp-ports';
import { type Facade, facade, type TcpFacades } from './facade';

/**
 * What a descriptor does not show of a TCP handle: how the program sees it, and which endpoint a listener has. It goes
 * beside the handle to another process or thread, which gets it as a copy.
 */
export interface HandedOver {
  readonly facade: Facade | undefined;
  readonly endpoint: Endpoint | undefined;
}

/** TCP handles that leave for another process or thread, and those that come from one. */
export class HandOvers {
  readonly #facades: TcpFacades;
  readonly #ports: TcpPorts;

  constructor(facades: TcpFacades, ports: TcpPorts) {
    this.#facades = facades;
    this.#ports = ports;
  }

  isTcpHandle(handle: unknown): handle is TcpHandle {
    return this.#facades.isTcpHandle(handle);
  }

  /** Undefined if the descriptor alone shows everything, or there is none. */
  describe(handle: unknown): HandedOver | undefined {
    if (!this.#facades.isTcpHandle(handle) || this.#facades.familyOf(handle) === undefined) return undefined;
    const shown = this.#facades.describe(handle);
    const endpoint = this.#ports.endpointOf(handle);
    return shown || endpoint ? { facade: shown && { ...shown, decision: undefined }, endpoint } : undefined;
  }

  /** Gives a handle that has arrived what `describe` said of it. */
  adopt(handle: TcpHandle, handed: HandedOver, sharing: Sharing): void {
    if (this.#facades.familyOf(handle) !== 'IPv6') return;
    const shown = ownOf(handed, 'facade');
    if (shown) this.#facades.adopt(handle, facade(shown.view, ownOf(shown, 'peer'), ownOf(shown, 'local')));
    const endpoint = ownOf(handed, 'endpoint');
    if (endpoint) this.#ports.adopt(handle, endpoint, sharing);
  }

  /** The handle goes to another process, and stays here. */
  share(handle: TcpHandle): void {
    this.#ports.sharedWithOthers(handle);
  }

  /** Whether the handle can leave this thread for another: the kernel socket of a listener is not another's too. */
  canLeave(handle: TcpHandle): boolean {
    return !this.#ports.shares(handle);
  }

  /** The handle no longer belongs to this thread. */
  leave(handle: TcpHandle): void {
    this.#ports.depart(handle);
  }
}

/** A copy inherits from Object.prototype, and JSON leaves out what is undefined. */
function ownOf<T extends object, K extends keyof T>(copy: T, key: K): T[K] | undefined {
  return Object.hasOwn(copy, key) ? copy[key] : undefined;
}
