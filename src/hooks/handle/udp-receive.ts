import { MAPPED } from '../../address/mapped';
import type { HookContext } from '../context';
import { asOverIPv4 } from './errno';
import type { OnMessage, RemoteInfo, UdpHandle } from './internals';
import type { UdpState } from './udp-state';
import { showPeer, type View } from './view';

/** What the kernel's datagrams are handed to: their sender reads as the program knows it. */
export function receiver(
  context: HookContext,
  handle: UdpHandle,
  state: UdpState | undefined,
  inner: OnMessage,
): OnMessage {
  return (nread, self, buffer, rinfo) => {
    // An error has no sender.
    if (rinfo && state && state.written?.has(rinfo.address) !== true) showSender(context, state.view, rinfo);
    inner.call(handle, state === undefined || nread >= 0 ? nread : asOverIPv4(nread), self, buffer, rinfo);
  };
}

function showSender(context: HookContext, view: View, rinfo: RemoteInfo): void {
  if (rinfo.address === '::1') {
    const source = context.flows.udp.source(rinfo.port, view);
    if (source !== undefined) {
      rinfo.address = view === 'ipv4' ? source : MAPPED + source;
      if (view === 'ipv4') rinfo.family = 'IPv4';
      return;
    }
  }
  showPeer(context, view, rinfo);
}
