import dns from 'node:dns';
import { isIP } from 'node:net';
import { patch } from '../../hooks/patch';
import type { Calls, Method } from './calls';
import type { Recorder } from './recorder';

/** Watches look-ups that ask for IPv4 only, whichever resolver answers. */
export function watchLookups(calls: Calls, recorder: Recorder): void {
  const countLookup = (target: string, error: NodeJS.ErrnoException | null | undefined, found: unknown): void => {
    const list = (Array.isArray(found) ? found : [found]) as (string | { address?: string } | undefined)[];
    const addresses = list.map((one) => (typeof one === 'object' ? one?.address : one)).filter(Boolean);
    const entry = calls.count('lookup', {
      protocol: 'dns',
      target,
      address: '',
      port: undefined,
      decision: 'lookup',
      became: addresses.join(', '),
      why: 'only IPv4 addresses were asked for',
    });
    recorder.outcome(entry, error ? (error.code ?? error.message) : 'answered');
  };
  const watch = <T extends object>(owner: T, keys: readonly (keyof T & string)[]): void => {
    for (const key of keys) {
      const wrap = (real: Method): Method =>
        function (this: unknown, ...args: unknown[]) {
          const call = calls.begin(key, this);
          const make = (list: unknown[]) => calls.run(call, () => Reflect.apply(real, this, list as never));
          if (!asksForIPv4(key, args)) return make(args);
          const settle = (error: NodeJS.ErrnoException | null | undefined, found?: unknown) =>
            calls.run(call, () => countLookup(String(args[0]), error, found));
          const callback = args.at(-1);
          if (typeof callback !== 'function') {
            const result = make(args);
            if (result instanceof Promise) result.then((found) => settle(null, found), settle);
            return result;
          }
          const told = function (this: unknown, ...results: unknown[]): unknown {
            settle(results[0] as NodeJS.ErrnoException | null, results[1]);
            return Reflect.apply(callback, this, results);
          };
          return make([...args.slice(0, -1), told]);
        };
      patch(owner, key, wrap as never);
    }
  };
  for (const module of [dns, dns.promises]) {
    watch(module, ['lookup', 'resolve', 'resolve4']);
    watch(module.Resolver.prototype, ['resolve', 'resolve4']);
  }
}

/**
 * `lookup(name, 4)`, `lookup(name, {family: 4})`, `resolve4(name)`, and `resolve(name)`, whose default is A records.
 */
function asksForIPv4(method: string, args: readonly unknown[]): boolean {
  if (typeof args[0] !== 'string' || isIP(args[0]) !== 0) return false;
  if (method === 'resolve4') return true;
  if (method === 'resolve') return typeof args[1] !== 'string' || args[1] === 'A';
  const family = typeof args[1] === 'object' ? (args[1] as { family?: unknown } | null)?.family : args[1];
  return family === 4 || family === 'IPv4';
}
