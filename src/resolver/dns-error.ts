import { RCODE } from './types';

/** The string codes of `dns.*` (`dns.NOTFOUND` and so on) that this resolver raises. */
export type DnsErrorCode =
  | 'ENOTFOUND'
  | 'ENODATA'
  | 'ESERVFAIL'
  | 'ETIMEOUT'
  | 'EREFUSED'
  | 'EFORMERR'
  | 'ENOTIMP'
  | 'EBADRESP'
  | 'EBADNAME'
  | 'EBADQUERY'
  | 'ECONNREFUSED'
  | 'ECANCELLED';

const BRAND = Symbol.for('v6only.DnsError');

/**
 * The error of a query without an answer. Has the properties of an error of `dns.*`: `code`, `syscall` (`queryAaaa`),
 * `hostname`, and Node's message.
 */
export class DnsError extends Error {
  readonly code: DnsErrorCode;
  /** `undefined`, as in the errors of `dns.resolve`. */
  readonly errno = undefined;
  readonly syscall: string;
  readonly hostname: string;

  get [BRAND](): true {
    return true;
  }

  constructor(code: DnsErrorCode, type: string, hostname: string, options?: ErrorOptions) {
    const syscall = syscallOf(type);
    super(`${syscall} ${code} ${hostname}`, options);
    this.code = code;
    this.syscall = syscall;
    this.hostname = hostname;
  }
}

/** The name of Node's binding: `queryAaaa` for AAAA, `queryPtr` for PTR, `getHostByAddr` for `reverse`. */
function syscallOf(type: string): string {
  if (type === 'reverse') return 'getHostByAddr';
  return `query${type.charAt(0).toUpperCase()}${type.slice(1).toLowerCase()}`;
}

/** The code for an RCODE other than NOERROR. */
export function codeOfRcode(rcode: number): DnsErrorCode {
  switch (rcode) {
    case RCODE.FORMERR:
      return 'EFORMERR';
    case RCODE.SERVFAIL:
      return 'ESERVFAIL';
    case RCODE.NXDOMAIN:
      return 'ENOTFOUND';
    case RCODE.NOTIMP:
      return 'ENOTIMP';
    case RCODE.REFUSED:
      return 'EREFUSED';
    default:
      // c-ares has no name for other RCODEs.
      return 'ESERVFAIL';
  }
}

/**
 * Also true of an error of another copy of this module: the preload and the code that it loads later are separate
 * bundles.
 */
export function isDnsError(error: unknown): error is DnsError {
  return error instanceof Error && BRAND in error;
}
