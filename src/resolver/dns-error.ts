import { RCODE } from './types';

/** The string codes of `dns.*` (`dns.NOTFOUND` and so on), those that this resolver raises. */
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
 * No answer to a query. Carries what an error of `dns.*` carries: `code`, `syscall` (`queryAaaa`) and `hostname`, with the
 * message that Node gives it.
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

/** `queryAaaa` for AAAA, `queryPtr` for PTR, `getHostByAddr` for `reverse`: as Node names its bindings. */
function syscallOf(type: string): string {
  if (type === 'reverse') return 'getHostByAddr';
  return `query${type.charAt(0).toUpperCase()}${type.slice(1).toLowerCase()}`;
}

/** What an RCODE other than NOERROR is to who asked. */
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
      // c-ares has no name for the rest.
      return 'ESERVFAIL';
  }
}

/** Also for an error of another copy of this module: the preload and what it loads later are bundled apart. */
export function isDnsError(error: unknown): error is DnsError {
  return error instanceof Error && BRAND in error;
}
