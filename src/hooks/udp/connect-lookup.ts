import { isIPv4 } from 'node:net';
import { mappedIPv4 } from '../../address/mapped';
import { blockedError, blockListsOf, isBlocked } from '../handle/block-lists';
import type { UdpHandle } from '../node-internals';
import { setMethod } from '../set-method';
import { dgramStateOf, isConnecting } from './dgram-state';
import type { UdpParts } from './parts';
import { untilPrefix } from './prefix-wait';
import { stateOf } from './state';

/**
 * A UDP connect is synchronous, so it cannot wait for the prefix. lib/dgram.js waits for a look-up before it, so the
 * wait happens there: for the prefix, and for the datagrams that the program sent before, which a connected socket could not
 * send any more. There the block list is also checked against the translated address.
 */
export function watchConnect({ context, askedName }: Pick<UdpParts, 'context' | 'askedName'>, handle: UdpHandle): void {
  const { lookup } = handle;
  const { prefixes, translator } = context;
  const state = () => dgramStateOf(context, handle);
  if (!lookup || (prefixes.list() !== undefined && state()?.sendBlockList === undefined)) return;
  setMethod(handle, 'lookup', (address, callback) => {
    if (!isConnecting(state())) return lookup(address, callback);
    return lookup(address, (error, ip, family) => {
      if (error || typeof ip !== 'string') return callback(error, ip, family);
      const ipv4 = isIPv4(ip) ? ip : mappedIPv4(ip);
      const host = askedName.now;
      const decide = () => (ipv4 === undefined ? undefined : translator.destination(ipv4, { protocol: 'udp', host }));
      const known = () => {
        const decision = decide();
        const list = blockListsOf(context, handle)?.sendBlockList;
        const isNot = decision?.kind === 'translate' && isBlocked(list, decision);
        askedName.as(host, () => callback(isNot ? blockedError(ip) : null, ip, family));
      };
      const mustWait = (stateOf(handle)?.waiting ?? 0) > 0 || decide()?.kind === 'wait';
      if (mustWait) untilPrefix(context, handle, known, () => {});
      else known();
    });
  });
}
