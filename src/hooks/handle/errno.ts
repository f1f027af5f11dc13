import { getSystemErrorMap } from 'node:util';
import { nameOf } from '../../kernel/error-names';
import type { Errno } from '../node-internals';

const known = new Map<string, Errno>();

/** libuv's code of a named error, as handles return it: `-101` for ENETUNREACH on Linux. */
export function errnoOf(name: string): Errno {
  if (known.size === 0) for (const [number, [text]] of getSystemErrorMap()) known.set(text, number);
  return known.get(name) ?? -1;
}

/**
 * Converts the error that the kernel reports for an ICMPv6 error to the one for the matching ICMP error:
 * "administratively prohibited" is EACCES over IPv6 and EHOSTUNREACH over IPv4.
 */
export function asOverIPv4(code: Errno): Errno {
  return code < 0 && nameOf(code) === 'EACCES' ? errnoOf('EHOSTUNREACH') : code;
}
