import { keep } from '../../kept-callbacks';
import type { HookContext } from '../context';
import { HandleState } from '../handle/handle-state';
import { onClose } from '../handle/on-close';
import type { UdpHandle } from '../node-internals';

/** Ends one wait: the process need not stay alive for it. */
type End = () => void;

/** The calls of datagram sockets that wait for the NAT64 prefix. A closed socket waits no longer, as natively. */
const waiting = new HandleState<Set<End>>('waits for the prefix');

/** Calls `act` when the prefix is known, or `closed` when the program closes the socket before. */
export function untilPrefix({ prefixes }: HookContext, handle: UdpHandle, act: () => void, closed: () => void): void {
  const waits = waitsOf(handle);
  const gone = keep(closed);
  const end: End = () => {
    cancel();
    gone();
  };
  const cancel = prefixes.whenReady(() => {
    waits.delete(end);
    act();
  });
  waits.add(end);
}

function waitsOf(handle: UdpHandle): Set<End> {
  const known = waiting.get(handle);
  if (known) return known;
  const waits = new Set<End>();
  waiting.set(handle, waits);
  onClose(handle, () => {
    for (const end of waits) end();
    waits.clear();
  });
  return waits;
}
