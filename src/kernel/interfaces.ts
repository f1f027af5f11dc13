import { isIPv4 } from 'node:net';
import type os from 'node:os';

type Interfaces = NodeJS.Dict<os.NetworkInterfaceInfo[]>;

/**
 * The addresses of this host. Other code may have replaced `os.networkInterfaces` before v6only was loaded: what is no
 * address is left out. Undefined if the function throws, as Node's does if no descriptor is left.
 */
export function interfacesOf(ask: typeof os.networkInterfaces): Interfaces | undefined {
  let all: unknown;
  try {
    all = ask();
  } catch {
    return undefined;
  }
  const found: Interfaces = {};
  for (const [name, list] of Object.entries(all ?? {})) if (Array.isArray(list)) found[name] = list.filter(isAddress);
  return found;
}

/** Not by `isIPv6`: Node 20 needs 6 ms to compile its regular expression, and every program pays for the first call. */
export function isAddress(info: unknown): info is os.NetworkInterfaceInfo {
  const { family, address } = (info ?? {}) as { family?: unknown; address?: unknown };
  if (typeof address !== 'string') return false;
  return family === 'IPv4' ? isIPv4(address) : family === 'IPv6' && /^[\da-f]*:[\da-f:.]+$/i.test(address);
}
