import { keep } from '../../kept-callbacks';
import type { HookContext } from '../context';
import { onClose } from '../handle/on-close';
import type { UdpHandle } from '../node-internals';

/**
 * Calls `act` when the NAT64 prefix is known, or `closed` when the program closes the socket before. The process need
 * not stay alive for a closed socket, as natively.
 */
export function untilPrefix({ prefixes }: HookContext, handle: UdpHandle, act: () => void, closed: () => void): void {
  const gone = keep(closed);
  const release = onClose(handle, () => {
    cancel();
    gone();
  });
  const cancel = prefixes.whenReady(() => {
    release();
    act();
  });
}
