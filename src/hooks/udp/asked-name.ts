import { isIP } from 'node:net';
import { refuse } from '../../address/decision';
import { refusedByPolicy } from '../../address/refusals';
import type { HookContext } from '../context';
import type { UdpHandle } from '../node-internals';
import { setMethod } from '../set-method';

/**
 * The name that the program gave for the destination of the datagram or connect in progress, for rules by name.
 * lib/dgram.js looks the name up, and calls the handle with the address before the callback of the look-up returns.
 */
export class AskedName {
  readonly #policy: HookContext['policy'];
  /** Without a rule by name no name is recorded. */
  readonly isNeeded: boolean;
  #now: string | undefined;

  constructor({ policy }: Pick<HookContext, 'policy'>) {
    this.#policy = policy;
    this.isNeeded = policy.rules.some(({ matcher }) => matcher.kind !== 'range');
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

  /** Records the names that are looked up for this handle. */
  watch(handle: UdpHandle): void {
    const { lookup } = handle;
    if (!this.isNeeded || !lookup) return;
    setMethod(handle, 'lookup', (text, callback) => {
      const name = typeof text === 'string' && isIP(text) === 0 ? text : undefined;
      return lookup(text, (...found) => this.as(name, () => callback(...found)));
    });
  }

  /** A name that a rule refuses is refused whatever the family of its address. */
  refusal(port: number): ReturnType<typeof refuse> | undefined {
    const host = this.#now;
    const rule = host === undefined ? undefined : this.#policy.matchRule?.({ host, port, protocol: 'udp' });
    if (host === undefined || rule?.target.kind !== 'refuse') return undefined;
    return refuse('rule', 'EACCES', refusedByPolicy(host, rule.name));
  }
}
