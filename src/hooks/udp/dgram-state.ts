import type { HookContext } from '../context';
import type { UdpHandle } from '../node-internals';

/** The part of lib/dgram.js's state that is read here. */
interface DgramState {
  readonly bindState?: number;
  readonly connectState?: number;
  readonly sendBlockList?: object;
}

/** BIND_STATE_BINDING and CONNECT_STATE_CONNECTING of lib/dgram.js. */
const IN_PROGRESS = 1;

export function dgramStateOf({ classes }: Pick<HookContext, 'classes'>, handle: UdpHandle): DgramState | undefined {
  const owner = classes.ownerOf(handle) as Record<symbol, DgramState | undefined> | undefined;
  return owner?.[classes.dgramStateSymbol];
}

export const isBinding = (state: DgramState | undefined) => state?.bindState === IN_PROGRESS;
export const isConnecting = (state: DgramState | undefined) => state?.connectState === IN_PROGRESS;
