import { AsyncResource } from 'node:async_hooks';

/**
 * A callback of the program that v6only keeps, and calls when something else happens: another query is answered, a prefix
 * becomes known, a route is denied. It runs in the asynchronous context of its own call (AsyncLocalStorage), as that of
 * a request of Node's does, and never in that of what made it run.
 */
export function keep<A extends unknown[], R>(callback: (...args: A) => R): (...args: A) => R {
  // Not `AsyncResource.bind`: it defines properties of each function, which V8 keeps until a full collection.
  const context = new AsyncResource('V6ONLY');
  return (...args) => context.runInAsyncScope(callback, undefined, ...args);
}

/**
 * Kept callbacks that wait for the same event. Each runs on its own, so an exception in one of them is uncaught, and does
 * not keep the others from running.
 */
export class Waiting<A extends unknown[] = []> {
  readonly #all = new Set<(...args: A) => void>();

  get size(): number {
    return this.#all.size;
  }

  /** The result ends the wait: `callback` is then not called. */
  add(callback: (...args: A) => void): () => void {
    let waits = true;
    const kept = keep((...args: A) => {
      if (waits) callback(...args);
    });
    this.#all.add(kept);
    return () => {
      waits = false;
      this.#all.delete(kept);
    };
  }

  /** The event has happened. */
  release(...args: A): void {
    const all = [...this.#all];
    this.#all.clear();
    for (const kept of all) process.nextTick(kept, ...args);
  }
}
