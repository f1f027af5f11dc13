/**
 * Preload of `v6only simulate`: makes this host's kernel behave like that of an IPv6-only host. It acts in the place of
 * the kernel, below the hook: it is loaded first, so the hook takes its patched functions for Node's own.
 */

import { syncBuiltinESMExports } from 'node:module';
import { isIPv4, isIPv6 } from 'node:net';
import os from 'node:os';
import { isMainThread } from 'node:worker_threads';
import { mappedIPv4 } from '../address/mapped';
import { Pref64 } from '../address/pref64';
import { errnoOf } from '../hooks/handle/errno';
import {
  type ConnectRequest,
  type Errno,
  findHandleClasses,
  type SocketName,
  type TcpHandle,
  type UdpHandle,
  type UdpHandleClass,
} from '../hooks/node-internals';
import { patch } from '../hooks/patch';
import { optionsIn, withPreload } from '../hooks/process/node-options';
import { environmentAsGiven, patchWorkers } from '../hooks/process/workers';
import { note } from '../install/process-reports';

const MAPPED = '::ffff:';
const simulated = process.env.V6ONLY_SIMULATED_PREFIXES ?? '';
const prefixes = simulated
  .split(',')
  .filter(Boolean)
  .map((text) => Pref64.parse(text));

/** The IPv4 that such a host still has: its loopback. 0.0.0.0 as a destination means the loopback too. */
const isLoopback = (ipv4: string): boolean => ipv4.startsWith('127.') || ipv4 === '0.0.0.0';

/** The IPv4 address that an address under a prefix of the simulated NAT64 embeds. */
function embeddedIPv4(ipv6: string): { readonly ipv4: string; readonly prefix: Pref64 } | undefined {
  if (!isIPv6(ipv6) || ipv6.includes('%')) return undefined;
  for (const prefix of prefixes) {
    const ipv4 = prefix.extract(ipv6);
    if (ipv4 !== undefined) return { ipv4, prefix };
  }
  return undefined;
}

/** The NAT64 for connections: maps an address under a prefix back to the embedded IPv4 address. */
function throughNat64(ipv6: string): string {
  const embedded = embeddedIPv4(ipv6);
  return embedded === undefined ? ipv6 : MAPPED + embedded.ipv4;
}

/** Whether the kernel of an IPv6-only host has a route for this address of an IPv6 socket. */
function hasRoute(ipv6: string): boolean {
  const ipv4 = mappedIPv4(ipv6);
  return ipv4 === undefined || isLoopback(ipv4);
}

const UNREACHABLE = errnoOf('ENETUNREACH');
/**
 * A socket exists although the connect failed. It has no local address, and lib/net.js puts its name in the error text.
 */
function unreachable(handle: TcpHandle): Errno {
  handle.getsockname = (out) => {
    Object.assign(out, { address: '0.0.0.0', family: 'IPv4', port: 0 });
    return 0;
  };
  return UNREACHABLE;
}
const NOT_AVAILABLE = errnoOf('EADDRNOTAVAIL');
const NO_DEVICE = errnoOf('ENODEV');

function replaceMethods<T extends object>(owner: T, methods: Partial<T>): void {
  for (const [key, method] of Object.entries(methods)) patch(owner, key as keyof T & string, () => method as never);
}

function simulateTcp(tcp: TcpHandle): void {
  const { connect, connect6, bind, bind6 } = tcp;
  replaceMethods(tcp, {
    connect(this: TcpHandle, req: ConnectRequest, address: string, port: number): Errno {
      return isLoopback(address) ? connect.call(this, req, address, port) : unreachable(this);
    },
    connect6(this: TcpHandle, req: ConnectRequest, address: string, port: number): Errno {
      return hasRoute(address) ? connect6.call(this, req, throughNat64(address), port) : UNREACHABLE;
    },
    bind(this: TcpHandle, address: string, port: number, flags?: number): Errno {
      return isLoopback(address) ? bind.call(this, address, port, flags) : NOT_AVAILABLE;
    },
    bind6(this: TcpHandle, address: string, port: number, flags?: number): Errno {
      return hasRoute(address) ? bind6.call(this, address, port, flags) : NOT_AVAILABLE;
    },
  });
}

/** The key of a UDP handle's socket to the simulated NAT64. */
const NAT64 = Symbol('NAT64');
interface Carried {
  [NAT64]?: { readonly handle: UdpHandle; readonly prefix: Pref64; peer: SocketName | undefined };
}

/**
 * The NAT64 for datagrams: a second, AF_INET socket, because the kernel does not send IPv4 over an AF_INET6 socket with
 * IPV6_V6ONLY. The program sees the senders of its datagrams as it does behind a NAT64.
 */
function nat64For(Udp: UdpHandleClass, real: UdpHandle, by: UdpHandle & Carried, prefix: Pref64) {
  let present = by[NAT64];
  if (present === undefined) {
    const handle = new Udp();
    real.bind.call(handle, '0.0.0.0', 0, 0);
    handle.onmessage = (nread, _handle, buffer, rinfo) => {
      const from = rinfo && { ...rinfo, address: prefix.embed(rinfo.address), family: 'IPv6' as const };
      by.onmessage?.(nread, by, buffer, from);
    };
    real.recvStart.call(handle);
    // Only the program's own socket keeps the process alive.
    real.unref.call(handle);
    present = { handle, prefix, peer: undefined };
    by[NAT64] = present;
  }
  return present;
}

function simulateUdp(Udp: UdpHandleClass): void {
  const udp = Udp.prototype;
  const { connect, connect6, disconnect, bind, bind6, send, send6, recvStart, getpeername, close, unref } = udp;
  const { addMembership, addSourceSpecificMembership } = udp;
  const real = { bind, recvStart, unref } as UdpHandle;
  type Handle = UdpHandle & Carried;
  type Send = Parameters<UdpHandle['send']>;
  replaceMethods(udp, {
    connect(this: UdpHandle, address: string, port: number): Errno {
      return isLoopback(address) ? connect.call(this, address, port) : UNREACHABLE;
    },
    connect6(this: Handle, address: string, port: number): Errno {
      const embedded = embeddedIPv4(address);
      if (embedded === undefined) return hasRoute(address) ? connect6.call(this, address, port) : UNREACHABLE;
      const nat64 = nat64For(Udp, real, this, embedded.prefix);
      const status = connect.call(nat64.handle, embedded.ipv4, port);
      if (status === 0) nat64.peer = { address, family: 'IPv6', port };
      return status;
    },
    disconnect(this: Handle): Errno {
      const nat64 = this[NAT64];
      if (nat64?.peer === undefined) return disconnect.call(this);
      nat64.peer = undefined;
      return disconnect.call(nat64.handle);
    },
    getpeername(this: Handle, out: SocketName): Errno {
      const peer = this[NAT64]?.peer;
      if (peer === undefined) return getpeername.call(this, out);
      Object.assign(out, peer);
      return 0;
    },
    close(this: Handle, callback?: () => void): void {
      const nat64 = this[NAT64];
      if (nat64) close.call(nat64.handle);
      close.call(this, callback);
    },
    bind(this: UdpHandle, address: string, port: number, flags: number): Errno {
      return isLoopback(address) ? bind.call(this, address, port, flags) : NOT_AVAILABLE;
    },
    bind6(this: UdpHandle, address: string, port: number, flags: number): Errno {
      return hasRoute(address) ? bind6.call(this, address, port, flags) : NOT_AVAILABLE;
    },
    // On a connected socket `send` has four arguments and no address, so `connect` has made the decision.
    send(this: Handle, ...args: Send): Errno {
      if (args.length > 4) return isLoopback(args[4]) ? send.apply(this, args) : UNREACHABLE;
      const nat64 = this[NAT64];
      return send.apply(nat64?.peer === undefined ? this : nat64.handle, args);
    },
    send6(this: Handle, ...args: Send): Errno {
      if (args.length <= 4) return send6.apply(this, args);
      const [req, list, count, port, address, hasCallback] = args;
      const embedded = embeddedIPv4(address);
      if (embedded === undefined) return hasRoute(address) ? send6.apply(this, args) : UNREACHABLE;
      const { handle } = nat64For(Udp, real, this, embedded.prefix);
      return send.call(handle, req, list, count, port, embedded.ipv4, hasCallback);
    },
    addMembership(this: UdpHandle, group: string, interfaceAddress?: string): Errno {
      return isIPv4(group) ? NO_DEVICE : addMembership.call(this, group, interfaceAddress);
    },
    addSourceSpecificMembership(this: UdpHandle, source: string, group: string, interfaceAddress?: string): Errno {
      return isIPv4(group) ? NO_DEVICE : addSourceSpecificMembership.call(this, source, group, interfaceAddress);
    },
  });
}

/** Hides IPv4 addresses other than the loopback. */
function simulateInterfaces(): void {
  patch(os, 'networkInterfaces', ((real: typeof os.networkInterfaces) => () => {
    const all = Object.entries(real()).map(([name, addresses = []]) => {
      return [name, addresses.filter(({ family, address }) => family === 'IPv6' || isLoopback(address))] as const;
    });
    return Object.fromEntries(all.filter(([, addresses]) => addresses.length > 0));
  }) as never);
}

const { Tcp, Udp } = findHandleClasses();
simulateTcp(Tcp.prototype);
simulateUdp(Udp);
simulateInterfaces();
const started = { nodeOptions: optionsIn(process.env.NODE_OPTIONS), execArgv: [...process.execArgv] };
// Loaded before the hook, in child processes and worker threads too.
const addFirst = (nodeOptions: string) => withPreload(nodeOptions, __filename, 'first');
patchWorkers(__filename, { V6ONLY_SIMULATED_PREFIXES: simulated }, started, addFirst);
syncBuiltinESMExports();
if (isMainThread) process.env.NODE_OPTIONS = addFirst(process.env.NODE_OPTIONS ?? '');
// With the hook, the hook does both.
if (prefixes.length === 0) {
  environmentAsGiven();
  note();
}
