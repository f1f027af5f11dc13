import type { Decision } from '../../address/decision';
import { nameOf } from '../../kernel/error-names';
import type { V6OnlyError } from '../../report/errors';
import type { HookContext } from '../context';
import { blockedError } from '../handle/block-lists';
import { errnoOf } from '../handle/errno';
import { explainRequest, NO_WAY, noWay } from '../handle/network-errors';
import { explainEmitted } from '../handle/next-error';
import type { Errno, SendRequest, UdpHandle } from '../node-internals';

/** A decision that leads nowhere, or not yet. */
export type Refused = Extract<Decision, { kind: 'refuse' | 'wait' }>;

/** The result of a connect that cannot happen. It cannot wait for the prefix either, because it is synchronous. */
export function refuseConnect({ classes }: HookContext, handle: UdpHandle, decision: Refused): Errno {
  if (decision.kind === 'wait') return errnoOf('ENETUNREACH');
  explainEmitted(classes.ownerOf(handle), decision.cause);
  return errnoOf(decision.errno);
}

/** A connect has failed with `status`. */
export function explainConnect(
  context: HookContext,
  handle: UdpHandle,
  decision: Decision,
  status: Errno,
  ipv4: string,
  port: number,
): void {
  const cause = causeOf(context, decision, status, ipv4, port);
  if (cause) explainEmitted(context.classes.ownerOf(handle), cause);
}

/**
 * Why a destination could not be reached through the NAT64. Undefined if another cause is possible: the error is about
 * something else, or the datagram was not for the NAT64.
 */
function causeOf(
  { prefixes }: HookContext,
  decision: Decision,
  status: Errno,
  ipv4: string,
  port: number,
): V6OnlyError | undefined {
  if (decision.kind !== 'translate' || (decision.step !== 'nat64' && decision.step !== 'rule')) return undefined;
  const name = nameOf(status);
  return NO_WAY.has(name) ? noWay(ipv4, port, decision, name, prefixes.origin) : undefined;
}

/**
 * The status of a failed send for lib/dgram.js. It would give its own callback, not that of `req`, an error of its own,
 * so an error with a cause is reported as that of a send that fails later.
 */
export function failedSend(
  context: HookContext,
  decision: Decision,
  status: Errno,
  req: SendRequest,
  ipv4: string,
  port: number,
): Errno {
  const cause = req.callback && causeOf(context, decision, status, ipv4, port);
  if (!cause) return status;
  explainRequest(req, cause);
  // lib/dgram.js does not wait longer either.
  process.nextTick(() => req.oncomplete?.(status, 0));
  return 0;
}

/** As in lib/dgram.js: only the callback gets the error. */
export function refuseBlocked(req: SendRequest, address: string): Errno {
  if (req.callback) process.nextTick(req.callback, blockedError(address));
  return 0;
}

/** The result of `send` for a datagram that no socket receives, which is lost as natively: its length plus one. */
export function sentToNobody(list: unknown): number {
  return (list as readonly ArrayBufferView[]).reduce((sum, { byteLength }) => sum + byteLength, 1);
}
