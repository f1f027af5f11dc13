import { isIPv4 } from 'node:net';
import { mappedIPv4 } from '../../address/mapped';
import { blockedError, blockListsOf, isBlocked } from '../handle/block-lists';
import type { UdpHandle } from '../node-internals';
import { setMethod } from '../set-method';
import type { UdpParts } from './parts';
import { untilPrefix } from './prefix-wait';

/** CONNECT_STATE_CONNECTING of lib/dgram.js. */
const CONNECTING = 1;

/** The part of lib/dgram.js's state that is read here. */
interface DgramState {
  readonly connectState?: number;
  readonly sendBlockList?: object;
}

/**
 * A UDP connect is synchronous, so it cannot wait for the prefix. lib/dgram.js waits for a look-up before it, so the
 * wait happens there. There the block list is also checked against the translated address.
 */
export function watchConnect({ context, askedName }: Pick<UdpParts, 'context' | 'askedName'>, handle: UdpHandle): void {
  const { lookup } = handle;
  const { classes, prefixes, translator } = context;
  const state = () =>
    (classes.ownerOf(handle) as Record<symbol, DgramState | undefined> | undefined)?.[classes.dgramStateSymbol];
  if (!lookup || (prefixes.list() !== undefined && state()?.sendBlockList === undefined)) return;
  setMethod(handle, 'lookup', (address, callback) => {
    if (state()?.connectState !== CONNECTING) return lookup(address, callback);
    return lookup(address, (error, ip, family) => {
      const ipv4 = typeof ip !== 'string' ? undefined : isIPv4(ip) ? ip : mappedIPv4(ip);
      if (error || ip === undefined || ipv4 === undefined) return callback(error, ip, family);
      const host = askedName.now;
      const known = () => {
        const decision = translator.destination(ipv4, { protocol: 'udp', host });
        const list = blockListsOf(context, handle)?.sendBlockList;
        const isNot = decision.kind === 'translate' && isBlocked(list, decision);
        askedName.as(host, () => callback(isNot ? blockedError(ip) : null, ip, family));
      };
      if (translator.destination(ipv4, { protocol: 'udp', host }).kind !== 'wait') known();
      else untilPrefix(context, handle, known, () => {});
    });
  });
}
