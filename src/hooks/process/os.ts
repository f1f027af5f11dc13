import os from 'node:os';
import { isAddress } from '../../kernel/interfaces';
import type { HookContext } from '../context';
import { patch } from '../patch';

/**
 * Gives a program that looks for "the machine's IPv4 address" one to find. If the host has no IPv4 address that others
 * could know, the loopback shows 127.0.0.1, and each global IPv6 address has a host address of 192.0.0.0/29 (RFC 7335)
 * beside it, as on a host with a CLAT.
 */
export function patchNetworkInterfaces(context: HookContext): void {
  patch(os, 'networkInterfaces', ((real: typeof os.networkInterfaces) => () => {
    const interfaces = Reflect.apply(real, os, []);
    // Other code may have replaced the function before v6only was loaded: what is no list of addresses stays as it is.
    const isList = typeof interfaces === 'object' && interfaces !== null;
    if (!isList || !context.translator.showsHostAddresses()) return interfaces;
    const hosts = context.translator.showHosts();
    const shown = { ...interfaces };
    for (const [name, addresses] of Object.entries(interfaces))
      if (Array.isArray(addresses) && addresses.every(isAddress)) shown[name] = withIPv4(hosts, addresses);
    return shown;
  }) as never);
}

type Hosts = ReturnType<HookContext['translator']['showHosts']>;

function withIPv4(hosts: Hosts, addresses: os.NetworkInterfaceInfo[]): os.NetworkInterfaceInfo[] {
  const shown: os.NetworkInterfaceInfo[] = [];
  for (const info of addresses) {
    if (info.family !== 'IPv6') shown.push(info);
    else if (info.internal && info.address === '::1' && !addresses.some((a) => a.address === '127.0.0.1')) {
      shown.push(ipv4('127.0.0.1', '255.0.0.0', 8, info));
    } else {
      const host = hosts.beside(info.address);
      if (host !== undefined) shown.push(ipv4(host, '255.255.255.248', 29, info));
    }
  }
  return [...shown, ...addresses.filter((info) => info.family === 'IPv6')];
}

function ipv4(
  address: string,
  netmask: string,
  length: number,
  beside: os.NetworkInterfaceInfo,
): os.NetworkInterfaceInfo {
  return { address, netmask, family: 'IPv4', mac: beside.mac, internal: beside.internal, cidr: `${address}/${length}` };
}
