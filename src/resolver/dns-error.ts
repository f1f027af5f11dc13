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

/** The error of a query without an answer. Has the properties and the message of an error of `dns.*`. */
export class DnsError extends Error {
  readonly code: DnsErrorCode;
  /** `undefined`, as in the errors of `dns.resolve`. */
  readonly errno = undefined;
  /** The name of Node's binding: `queryAaaa` for AAAA, `queryPtr` for PTR. */
  readonly syscall: string;
  readonly hostname: string;

  get [BRAND](): true {
    return true;
  }

  constructor(code: DnsErrorCode, type: string, hostname: string, options?: ErrorOptions) {
    const syscall = `query${type.charAt(0).toUpperCase()}${type.slice(1).toLowerCase()}`;
    super(`${syscall} ${code} ${hostname}`, options);
    this.code = code;
    this.syscall = syscall;
    this.hostname = hostname;
  }
}

const CODES: ReadonlyMap<number, DnsErrorCode> = new Map([
  [RCODE.FORMERR, 'EFORMERR'],
  [RCODE.NXDOMAIN, 'ENOTFOUND'],
  [RCODE.NOTIMP, 'ENOTIMP'],
  [RCODE.REFUSED, 'EREFUSED'],
]);

/** The code for an RCODE other than NOERROR. Like c-ares, which has no name for others, ESERVFAIL for any other. */
export function codeOfRcode(rcode: number): DnsErrorCode {
  return CODES.get(rcode) ?? 'ESERVFAIL';
}

/**
 * Also true of an error of another copy of this module: the preload and the code that it loads later are separate
 * bundles.
 */
export function isDnsError(error: unknown): error is DnsError {
  return error instanceof Error && BRAND in error;
}
