/**
 * Preload of `v6only simulate`: this host's kernel as that of an IPv6-only host. It stands where the kernel stands, below
 * the hook: it is loaded first, and what it patches the hook takes for Node's own.
 */

import { isIPv4 } from 'node:net';
import os from 'node:os';
import { Pref64 } from '../address/pref64';
import { errnoOf } from '../hooks/handle/errno';
import {
  type ConnectRequest,
  type Errno,
  findHandleClasses,
  type TcpHandle,
  type UdpHandle,
} from '../hooks/handle/internals';
import { patch } from '../hooks/patch';
import { withPreload } from '../node-options';
import { noteProcess } from '../report/processes';

const MAPPED = '::ffff:';
const prefixes = (process.env.V6ONLY_SIMULATED_PREFIXES ?? '')
  .split(',')
  .filter(Boolean)
  .map((text) => Pref64.parse(text));

/** What such a host still has of IPv4: its loopback. 0.0.0.0 as a destination is the loopback too. */
const isLoopback = (ipv4: string): boolean => ipv4.startsWith('127.') || ipv4 === '0.0.0.0';
const mappedIPv4 = (ipv6: string): string | undefined => {
  const rest = ipv6.startsWith(MAPPED) ? ipv6.slice(MAPPED.length) : '';
  return isIPv4(rest) ? rest : undefined;
};

/** The NAT64: an address under a prefix is carried back to the IPv4 address that it embeds. */
function throughNat64(ipv6: string): string {
  if (ipv6.includes('%')) return ipv6;
  for (const prefix of prefixes) {
    const ipv4 = prefix.extract(ipv6);
    if (ipv4 !== undefined) return MAPPED + ipv4;
  }
  return ipv6;
}

/** Whether the kernel of an IPv6-only host has a route to what the program aims an IPv6 socket at. */
function hasRoute(ipv6: string): boolean {
  const ipv4 = mappedIPv4(ipv6);
  return ipv4 === undefined || isLoopback(ipv4);
}

const UNREACHABLE = errnoOf('ENETUNREACH');
/** A refused socket exists: its local address is none, and net.js has it in the error's text. */
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

function simulateUdp(udp: UdpHandle): void {
  const { connect, connect6, bind, bind6, send, send6, addMembership, addSourceSpecificMembership } = udp;
  type Send = Parameters<UdpHandle['send']>;
  replaceMethods(udp, {
    connect(this: UdpHandle, address: string, port: number): Errno {
      return isLoopback(address) ? connect.call(this, address, port) : UNREACHABLE;
    },
    connect6(this: UdpHandle, address: string, port: number): Errno {
      return hasRoute(address) ? connect6.call(this, throughNat64(address), port) : UNREACHABLE;
    },
    bind(this: UdpHandle, address: string, port: number, flags: number): Errno {
      return isLoopback(address) ? bind.call(this, address, port, flags) : NOT_AVAILABLE;
    },
    bind6(this: UdpHandle, address: string, port: number, flags: number): Errno {
      return hasRoute(address) ? bind6.call(this, address, port, flags) : NOT_AVAILABLE;
    },
    // On a connected socket send has four arguments: no address, and connect has decided.
    send(this: UdpHandle, ...args: Send): Errno {
      return args.length > 4 && !isLoopback(args[4]) ? UNREACHABLE : send.apply(this, args);
    },
    send6(this: UdpHandle, ...args: Send): Errno {
      if (args.length > 4) {
        if (!hasRoute(args[4])) return UNREACHABLE;
        args[4] = throughNat64(args[4]);
      }
      return send6.apply(this, args);
    },
    addMembership(this: UdpHandle, group: string, interfaceAddress?: string): Errno {
      return isIPv4(group) ? NO_DEVICE : addMembership.call(this, group, interfaceAddress);
    },
    addSourceSpecificMembership(this: UdpHandle, source: string, group: string, interfaceAddress?: string): Errno {
      return isIPv4(group) ? NO_DEVICE : addSourceSpecificMembership.call(this, source, group, interfaceAddress);
    },
  });
}

/** IPv4 addresses beyond the loopback are not there to be seen. */
function simulateInterfaces(): void {
  patch(os, 'networkInterfaces', ((real: typeof os.networkInterfaces) => () => {
    const all = Object.entries(real()).map(([name, addresses = []]) => {
      return [name, addresses.filter(({ family, internal }) => family === 'IPv6' || internal)] as const;
    });
    return Object.fromEntries(all.filter(([, addresses]) => addresses.length > 0));
  }) as never);
}

const { Tcp, Udp } = findHandleClasses();
simulateTcp(Tcp.prototype);
simulateUdp(Udp.prototype);
simulateInterfaces();
// Before the hook, in child processes too.
process.env.NODE_OPTIONS = withPreload(process.env.NODE_OPTIONS ?? '', __filename, 'first');
if (process.env.V6ONLY_REPORT_FOLDER) noteProcess(process.env.V6ONLY_REPORT_FOLDER);
