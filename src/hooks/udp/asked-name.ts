import { isIP } from 'node:net';
import type { HookContext } from '../context';
import { refusalOf } from '../handle/refused-name';
import type { UdpHandle } from '../node-internals';
import { setMethod } from '../set-method';
import { dgramStateOf, isBinding } from './dgram-state';

/**
 * The name that the program gave for the destination of the datagram or connect in progress, for rules by name.
 * lib/dgram.js looks the name up, and calls the handle with the address before the callback of the look-up returns.
 */
export class AskedName {
  readonly #context: Pick<HookContext, 'policy' | 'classes'>;
  /** Without a rule by name no name is recorded. */
  readonly isNeeded: boolean;
  #now: string | undefined;

  constructor(context: Pick<HookContext, 'policy' | 'classes'>) {
    this.#context = context;
    this.isNeeded = context.policy.rules.some(({ matcher }) => matcher.kind !== 'range');
  }

  get now(): string | undefined {
    return this.#now;
  }

  /** Runs the rest of a datagram or connect that had to wait. */
  as<T>(name: string | undefined, run: () => T): T {
    const before = this.#now;
    this.#now = name;
    try {
      return run();
    } finally {
      this.#now = before;
    }
  }

  /**
   * Records the names that are looked up for this handle, but not to bind it: the program's listeners for "listening" run
   * before the callback of that look-up returns.
   */
  watch(handle: UdpHandle): void {
    const { lookup } = handle;
    if (!this.isNeeded || !lookup) return;
    setMethod(handle, 'lookup', (text, callback) => {
      const isName = typeof text === 'string' && isIP(text) === 0;
      const name = isName && !isBinding(dgramStateOf(this.#context, handle)) ? text : undefined;
      return lookup(text, (...found) => this.as(name, () => callback(...found)));
    });
  }

  /** Why the name must not be asked at this port. Undefined if it may. */
  refusal(port: number): ReturnType<typeof refusalOf> {
    return refusalOf(this.#context, this.#now, port, 'udp');
  }
}
