import type { Pool } from '../../address/pool';
import { setMethod } from '../set-method';

/** The common part of a TCP and a UDP handle. */
interface Closable {
  close(callback?: () => void): void;
  reset?(callback?: () => void): number;
}

interface Use {
  readonly ipv4: string;
  readonly end: () => void;
}

const uses = new WeakMap<object, Use>();

/** The handle uses this address until it closes. A pool address is not reassigned meanwhile. */
export function useWhileOpen(pool: Pool, handle: Closable, ipv4: string): void {
  if (!pool.contains(ipv4)) return;
  const before = uses.get(handle);
  if (before?.ipv4 === ipv4) return;
  before?.end();
  uses.set(handle, { ipv4, end: pool.use(ipv4) });
  if (before) return;
  const { close, reset } = handle;
  setMethod(handle, 'close', (callback) => {
    endUse(handle);
    close.call(handle, callback);
  });
  if (!reset) return;
  setMethod(handle, 'reset', (callback) => {
    endUse(handle);
    return reset.call(handle, callback);
  });
}

/** The handle no longer uses its pool address. */
export function endUse(handle: object): void {
  const use = uses.get(handle);
  if (!use) return;
  use.end();
  // The remaining entry marks that `close` is already watched.
  uses.set(handle, ENDED);
}

const ENDED: Use = { ipv4: '', end: () => {} };
