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
