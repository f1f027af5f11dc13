import type { Decision } from '../address/decision';
import type { HookContext } from './context';
import { connectChannel, type SocketEvent, type TypedChannel } from './diagnostics';

/** Publishes what was decided for the address that the program gave to the socket of `handle`. */
export function publish(
  to: TypedChannel<SocketEvent>,
  { classes, hostOf }: Pick<HookContext, 'classes' | 'hostOf'>,
  handle: object,
  protocol: SocketEvent['protocol'],
  address: string,
  port: number,
  decision: Decision,
): void {
  if (!to.hasSubscribers) return;
  const owner = classes.ownerOf(handle);
  const host = to === connectChannel ? hostOf(owner) : undefined;
  to.publish({ protocol, address, port, host, decision, owner });
}
