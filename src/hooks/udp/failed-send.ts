import { types } from 'node:util';
import type { Decision } from '../../address/decision';
import { prefixNotKnown } from '../../address/refusals';
import { nameOf } from '../../kernel/error-names';
import type { V6OnlyError } from '../../report/errors';
import type { HookContext } from '../context';
import { blockedError } from '../handle/block-lists';
import { errnoOf } from '../handle/errno';
import { explainRequest, NO_WAY, noWay } from '../handle/network-errors';
import { explainEmitted } from '../handle/next-error';
import type { Errno, SendRequest, UdpHandle } from '../node-internals';

const { isDataView } = types;

type Refusal = Extract<Decision, { kind: 'refuse' }>;
/** A decision that leads nowhere, or not yet. */
export type Refused = Extract<Decision, { kind: 'refuse' | 'wait' }>;

/** The result of a connect that cannot happen now. Only `connectSync` comes here without the prefix: it cannot wait. */
export function refuseConnect(
  { classes, prefixes }: HookContext,
  handle: UdpHandle,
  decision: Refused,
  ipv4: string,
): Errno {
  const owner = classes.ownerOf(handle);
  if (decision.kind === 'refuse') {
    explainEmitted(owner, decision.cause);
    return errnoOf(decision.errno);
  }
  explainEmitted(owner, prefixNotKnown(ipv4));
  prefixes.learn();
  return errnoOf('ENETUNREACH');
}

/** The result of `send` for a destination that is refused. Only the callback gets the cause. */
export function refuseSend({ counters }: HookContext, req: SendRequest, { errno, cause }: Refusal): Errno {
  counters.sends.refused++;
  if (!req.callback) return errnoOf(errno);
  explainRequest(req, cause);
  // Not at once: a send that completes inside its own callback would never yield.
  setImmediate(() => req.oncomplete?.(errnoOf(errno), 0));
  return 0;
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
  return lengthOf(list) + 1;
}

/** The longest payload of a UDP datagram over IPv4, in octets. IPv6 carries 20 more. */
const MAX_PAYLOAD = 65_507;

/** Whether a datagram is too long for IPv4, over which the program sends it. Over IPv6 the kernel would send it. */
export function isTooLong(list: unknown): boolean {
  return lengthOf(list) > MAX_PAYLOAD;
}

function lengthOf(list: unknown): number {
  let length = 0;
  for (const view of list as readonly ArrayBufferView[])
    length += Reflect.apply(isDataView(view) ? ofDataView : ofTypedArray, view, []) as number;
  return length;
}

// The program may replace the properties.
const getterOf = (prototype: object) =>
  (Object.getOwnPropertyDescriptor(prototype, 'byteLength') as { get: () => number }).get;
const ofTypedArray = getterOf(Object.getPrototypeOf(Uint8Array.prototype));
const ofDataView = getterOf(DataView.prototype);
