import type { Pool } from '../../address/pool';
import { HandleState } from '../handle/handle-state';
import { onClose } from '../handle/on-close';
import type { TcpHandle } from '../node-internals';
import { setMethod } from '../set-method';

interface Use {
  readonly ipv4: string;
  readonly end: () => void;
}

const uses = new HandleState<Use>('pool address');

/** The handle uses this address until it closes. A pool address is not reassigned meanwhile. */
export function useWhileOpen(pool: Pool, handle: TcpHandle, ipv4: string): void {
  if (!pool.contains(ipv4)) return;
  const before = uses.get(handle);
  if (before?.ipv4 === ipv4) return;
  before?.end();
  uses.set(handle, { ipv4, end: pool.use(ipv4) });
  if (before) return;
  const end = () => {
    uses.get(handle)?.end();
    // The remaining entry marks that `close` is already watched.
    uses.set(handle, ENDED);
  };
  onClose(handle, end);
  const { reset } = handle;
  setMethod(handle, 'reset', (callback) => {
    end();
    return reset.call(handle, callback);
  });
}

const ENDED: Use = { ipv4: '', end: () => {} };
