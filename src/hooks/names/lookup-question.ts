import dns from 'node:dns';
import { isIP } from 'node:net';
import { types } from 'node:util';
import { RECORDS_ONLY } from '../context';

/** What a call of `lookup` asks for. */
export interface Question {
  readonly hostname: string;
  readonly family: 0 | 4 | 6;
  readonly all: boolean;
  readonly hints: number;
  /** Only the A records of the name, without the addresses of the pool (see `RECORDS_ONLY`). */
  readonly isForRecords: boolean;
  /** Further options for Node's function: `order`, `verbatim`. */
  readonly order: Pick<dns.LookupAllOptions, 'order' | 'verbatim'>;
}

const FAMILIES: readonly unknown[] = [0, 4, 6];
const HINTS = dns.ADDRCONFIG | dns.ALL | dns.V4MAPPED;

/**
 * The arguments of `lookup` as a question. Undefined for a literal address, and for arguments that Node itself will
 * reject.
 * @param judge makes Node check the options, and throws what Node throws. The valid options differ between versions and
 * between `dns` and `dns.promises`, and a getter may throw at its own time. False if the function is the program's, which
 * judges the options itself.
 */
export function questionOf(
  hostname: unknown,
  options: unknown,
  judge: (options: unknown) => boolean,
): Question | undefined {
  if (typeof hostname !== 'string' || hostname === '' || hostname.includes('\0') || isIP(hostname) !== 0)
    return undefined;
  const isNone = options === undefined || options === null;
  if (isNone || FAMILIES.includes(options)) {
    const family = isNone ? 0 : (options as Question['family']);
    return { hostname, family, all: false, hints: 0, isForRecords: false, order: {} };
  }
  if (typeof options !== 'object') return undefined;
  const isPlain = hasNoAccessor(options);
  if (!isPlain) judge(options);
  const given = options as dns.LookupAllOptions & { all?: unknown; hints?: unknown; [RECORDS_ONLY]?: unknown };
  const { hints, family, all, verbatim, order } = given;
  const valid =
    (family === undefined || FAMILIES.includes(family)) &&
    (all === undefined || typeof all === 'boolean') &&
    (hints === undefined || (typeof hints === 'number' && (hints & ~HINTS) === 0)) &&
    (verbatim === undefined || typeof verbatim === 'boolean') &&
    (order === undefined || order === 'ipv4first' || order === 'ipv6first' || order === 'verbatim');
  if (!valid && !judge(options)) return undefined;
  return {
    hostname,
    family: family === 'IPv4' || family === 4 ? 4 : family === 'IPv6' || family === 6 ? 6 : 0,
    all: Boolean(all),
    hints: (hints as number) >>> 0,
    isForRecords: isPlain && given[RECORDS_ONLY] === true,
    order: { ...(order && { order }), ...(typeof verbatim === 'boolean' && { verbatim }) },
  };
}

/** Whether reading the properties of `options` runs no code of the program. */
function hasNoAccessor(options: object): boolean {
  if (types.isProxy(options)) return false;
  const prototype = Object.getPrototypeOf(options);
  if (prototype !== Object.prototype && prototype !== null) return false;
  for (const key of Object.keys(options)) {
    if (Object.getOwnPropertyDescriptor(options, key)?.get) return false;
  }
  return true;
}
