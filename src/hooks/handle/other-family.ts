import type { HookContext } from '../context';
import type { Errno } from '../node-internals';
import { errnoOf } from './errno';

/**
 * What the kernel says to a socket that is bound to an IPv4-mapped address and means an IPv6 one: that there is no route, or else
 * that the family is another.
 */
export function ofOtherFamily({ classes }: HookContext, address: string, port: number, protocol: 'tcp' | 'udp'): Errno {
  if (protocol === 'tcp' && /^ff/i.test(address)) return errnoOf('ENETUNREACH'); // no TCP to a group
  const other = new classes.Udp();
  const status = other.connect6(address, port);
  other.close();
  return status === 0 ? errnoOf('EAFNOSUPPORT') : status;
}
