import { AsyncLocalStorage } from 'node:async_hooks';
import { EventEmitter } from 'node:events';
import { patch } from '../../hooks/patch';
import { type Calling, findCalling } from './call-site';
import type { AuditEntry, AuditKind } from './entry';
import type { Recorder } from './recorder';

/** A call of the program that may lead to a use of IPv4. */
export interface Call extends Calling {
  readonly owner: EventEmitter | undefined;
  readonly method: string;
  /** Entries whose outcome the call's callback reports. */
  readonly pending: AuditEntry[] | undefined;
}

export type Method = (this: unknown, ...args: never[]) => unknown;

/**
 * The calls in progress. A tick or a look-up may lie between a call and its effect, so the call is kept in an
 * AsyncLocalStorage.
 */
export class Calls {
  readonly #recorder: Recorder;
  readonly #storage = new AsyncLocalStorage<Call>();

  constructor(recorder: Recorder) {
    this.#recorder = recorder;
  }

  get current(): Call | undefined {
    return this.#storage.getStore();
  }

  run<T>(call: Call, what: () => T): T {
    return this.#storage.run(call, what);
  }

  /** Starts a call. If no frame of the program is on the stack, it has the call site of the outer call. */
  begin(method: string, owner: unknown, pending?: AuditEntry[]): Call {
    const outer = this.current;
    const found = findCalling();
    const site = found.site ?? outer?.site;
    const own = found.own ?? outer?.own;
    // A look-up inside `listen`, or a `bind` inside `send`, belongs to the outer call.
    const isInner = !(owner instanceof EventEmitter) || owner === outer?.owner;
    return {
      site,
      own,
      method: (isInner ? outer?.method : undefined) ?? method,
      owner: owner instanceof EventEmitter ? owner : outer?.owner,
      pending: pending ?? (owner === outer?.owner ? outer?.pending : undefined),
    };
  }

  /** Records the call site of every call of these methods. */
  watch<T extends object>(owner: T, keys: readonly (keyof T & string)[]): void {
    const calls = this;
    for (const key of keys) {
      const wrap = (real: Method): Method =>
        function (...args) {
          return calls.run(calls.begin(key, this), () => Reflect.apply(real, this, args));
        };
      patch(owner, key, wrap as never);
    }
  }

  /** Counts one use of IPv4 at the site of the current call. */
  count(
    kind: AuditKind,
    fields: Pick<AuditEntry, 'protocol' | 'target' | 'address' | 'port' | 'decision' | 'became' | 'why'>,
  ): AuditEntry {
    const { site, own } = this.current ?? { site: undefined, own: undefined };
    return this.#recorder.count({ kind, ...fields, site, caller: site?.packageName === undefined ? undefined : own });
  }
}
