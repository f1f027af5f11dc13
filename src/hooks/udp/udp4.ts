import { textOf } from '../handle/address-text';
import { showLocal, showPeer } from '../handle/view';
import type { UdpHandle } from '../node-internals';
import { Connections } from './connect';
import { GROUP_METHODS } from './groups';
import type { UdpParts } from './parts';
import type { Senders } from './send';
import { OPTION_METHODS, type UdpState, udp4Of } from './state';

/** The prototype of a bound udp4 socket's handle. Its methods act on both kernel sockets. */
export function udp4Prototype(parts: UdpParts, senders: Senders): UdpHandle {
  const { context, real, seconds, byRoute, nat64Peers } = parts;
  const connections = new Connections(parts);
  const { receivers } = seconds;
  const sum = (state: UdpState, method: 'getSendQueueSize' | 'getSendQueueCount') =>
    [state.handle, state.second].reduce((total, half) => (half ? total + real[method].call(half) : total), 0);
  const methods = {
    ...optionsAndGroups(parts, udp4Of),
    send(this: UdpHandle, req, list, count, port, address, hasCallback) {
      const state = udp4Of(this);
      // On a connected socket the arguments are (req, list, count, hasCallback).
      if (hasCallback === undefined) return senders.sendConnected(state, req, list, count, port as unknown as boolean);
      return senders.send(state, req, list, count, port, address, hasCallback);
    },
    connect(this: UdpHandle, address, port) {
      return connections.connect(udp4Of(this), textOf(address) ?? address, port);
    },
    disconnect(this: UdpHandle) {
      return connections.disconnect(udp4Of(this));
    },
    recvStart(this: UdpHandle) {
      return receivers.start(udp4Of(this));
    },
    recvStop(this: UdpHandle) {
      return receivers.stop(udp4Of(this));
    },
    getsockname(this: UdpHandle, out) {
      const { connected, family, handle, address, second } = udp4Of(this);
      const bySix = connected === undefined ? family === 6 : (connected === handle) === (family === 6);
      if (!bySix) return real.getsockname.call(connected ?? handle, out);
      const status = real.getsockname.call(family === 6 ? handle : (second as UdpHandle), out);
      if (status !== 0) return status;
      showLocal(context, 'ipv4', out, family === 6 && address !== '0.0.0.0' ? address : undefined);
      return 0;
    },
    getpeername(this: UdpHandle, out) {
      const { connected, handle, peer } = udp4Of(this);
      const status = real.getpeername.call(connected ?? handle, out);
      if (status === 0) showPeer(context, 'ipv4', out, peer);
      return status;
    },
    getSendQueueSize(this: UdpHandle) {
      return sum(udp4Of(this), 'getSendQueueSize');
    },
    getSendQueueCount(this: UdpHandle) {
      return sum(udp4Of(this), 'getSendQueueCount');
    },
    ref(this: UdpHandle) {
      real.ref.call(this);
      udp4Of(this).second?.ref();
    },
    unref(this: UdpHandle) {
      real.unref.call(this);
      udp4Of(this).second?.unref();
    },
    close(this: UdpHandle, callback) {
      const state = udp4Of(this);
      byRoute.forget(state);
      nat64Peers.forget(state);
      seconds.close(state);
      const close = state.leave ?? real.close;
      state.leave = undefined;
      close.call(this, callback);
    },
  } satisfies Partial<UdpHandle>;
  return Object.setPrototypeOf(methods, context.classes.Udp.prototype) as UdpHandle;
}

/** The methods that set options and groups. They act on the state that `of` gives for a handle. */
export function optionsAndGroups({ seconds, groups }: UdpParts, of: (handle: UdpHandle) => UdpState) {
  const forGroups = GROUP_METHODS.map((method) => {
    const call = function (this: UdpHandle, ...args: string[]) {
      return groups.call(of(this), method, args);
    };
    return [method, call] as const;
  });
  const forOptions = OPTION_METHODS.map((method) => {
    const set = function (this: UdpHandle, value: number) {
      return seconds.set(of(this), method, value);
    };
    return [method, set] as const;
  });
  return {
    ...Object.fromEntries<unknown>([...forGroups, ...forOptions]),
    bufferSize(this: UdpHandle, size: number, isReceive: boolean, out: object) {
      return seconds.bufferSize(of(this), size, isReceive, out);
    },
  };
}
