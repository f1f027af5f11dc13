/**
 * The errors that v6only itself raises. Match on `code`, never on the message or on `instanceof`: two copies of
 * the package may be loaded. Errors of the network (ECONNREFUSED, ENETUNREACH, …) stay Node's own; where v6only
 * knows more, it is in their `cause`, which is one of these.
 */
export type V6OnlyErrorCode =
  | 'V6ONLY_INVALID_PREFIX'
  | 'V6ONLY_INVALID_ADDRESS'
  | 'V6ONLY_INVALID_OPTION'
  | 'V6ONLY_INVALID_POLICY'
  | 'V6ONLY_NOT_TRANSLATABLE'
  | 'V6ONLY_REFUSED_BY_POLICY'
  | 'V6ONLY_NO_PREFIX'
  | 'V6ONLY_UNREACHABLE'
  | 'V6ONLY_NO_SUCH_ADDRESS'
  | 'V6ONLY_POOL_FULL'
  | 'V6ONLY_UNSUPPORTED_RUNTIME'
  | 'V6ONLY_MALFORMED_MESSAGE'
  | 'V6ONLY_USAGE'
  | V6OnlyWarningCode;

/** What v6only warns of, by `process.emitWarning` and the channel `v6only:warning`; the program goes on. */
export type V6OnlyWarningCode =
  /** A package opens sockets in native code, where the hook cannot reach them. */
  | 'V6ONLY_NATIVE_SOCKETS'
  /** A second copy of v6only, of another version, was loaded: the first one stays. */
  | 'V6ONLY_SECOND_COPY'
  /** Another process has the IPv6 port that an IPv4 listener needs. */
  | 'V6ONLY_PORT_IN_USE'
  /** A listener on an IPv4 address that no other machine can reach. */
  | 'V6ONLY_NOT_REACHABLE';

/** An error with a stable `code`, a message that says what failed for which value, and a `hint`: what to do next. */
export class V6OnlyError extends Error {
  override readonly name: string = 'V6OnlyError';
  readonly code: V6OnlyErrorCode;
  /** What the reader can do about it, one sentence; part of the message too. */
  readonly hint: string | undefined;

  constructor(code: V6OnlyErrorCode, message: string, hint?: string, options?: ErrorOptions) {
    super(hint === undefined ? message : `${message}. ${hint}`, options);
    this.code = code;
    this.hint = hint;
  }
}
