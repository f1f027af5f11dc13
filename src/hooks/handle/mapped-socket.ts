import { isAnyIPv6 } from '../../address/ipv6';
import { mappedIPv4 } from '../../address/mapped';
import type { HookContext } from '../context';
import type { Errno } from '../node-internals';
import { errnoOf } from './errno';

/**
 * The kernel's error if a socket that is bound to an IPv4-mapped address connects or sends to an IPv6 address. Without a
 * route to the address the kernel reports that first.
 */
export function ofOtherFamily({ classes }: HookContext, address: string, port: number, protocol: 'tcp' | 'udp'): Errno {
  if (protocol === 'tcp' && /^ff/i.test(address)) return errnoOf('ENETUNREACH'); // no TCP to a group
  const other = new classes.Udp();
  const status = other.connect6(address, port);
  other.close();
  return status === 0 ? errnoOf('EAFNOSUPPORT') : status;
}

/**
 * The IPv4 address that an AF_INET6 socket means by `address`. A socket that is bound to an IPv4-mapped address is an
 * IPv4 socket, as in the kernel, and `::` then means the IPv4 loopback.
 */
export function ipv4Meant(address: string, isBoundToMapped: boolean): string | undefined {
  return mappedIPv4(address) ?? (isBoundToMapped && isAnyIPv6(address) ? '127.0.0.1' : undefined);
}
