import { messageLine } from './printable';

/**
 * The `code` of the errors that v6only itself raises. Match on `code`, neither on the message nor by `instanceof`: two
 * copies of the package may be loaded. Network errors (ECONNREFUSED, ENETUNREACH, …) remain Node's own. Where v6only
 * knows more about one, its `cause` is one of the errors below.
 */
export type V6OnlyErrorCode =
  /** The policy has faults. `problems` of the `PolicyError` lists all of them. A preload does not start the program. */
  | 'V6ONLY_INVALID_POLICY'
  /**
   * A NAT64 prefix or loopback prefix has an invalid length, or has bits set beyond its length. Or a NAT64 prefix contains
   * addresses of no host behind a NAT64: multicast, link-local, loopback, IPv4-mapped.
   */
  | 'V6ONLY_INVALID_PREFIX'
  /** The value is not a valid IP address or network. */
  | 'V6ONLY_INVALID_ADDRESS'
  /** An environment variable or an option has an invalid value. */
  | 'V6ONLY_INVALID_OPTION'
  /** `cause` of ENETUNREACH: a NAT64 must not, or cannot, carry this address. */
  | 'V6ONLY_NOT_TRANSLATABLE'
  /**
   * `cause` of ENETUNREACH, EHOSTUNREACH and other errors of the path: the network announces no NAT64 prefix, and the
   * assumed one does not work. Or the prefix is not known yet, and `connectSync` cannot wait for it.
   */
  | 'V6ONLY_NO_PREFIX'
  /** `cause` of a failed connect or send: says which addresses were tried, and how each attempt failed. */
  | 'V6ONLY_UNREACHABLE'
  /** `cause` of EACCES: a rule of the policy refuses the address. */
  | 'V6ONLY_REFUSED_BY_POLICY'
  /** `cause` of EADDRNOTAVAIL: the host does not have the address that the program binds to. */
  | 'V6ONLY_NO_SUCH_ADDRESS'
  /** `cause` of ENOTFOUND and ENODATA: all addresses of the synthetic pool are in use or have a route. */
  | 'V6ONLY_POOL_FULL'
  /**
   * v6only does not know the internals of this Node.js, or other code has frozen or removed what it needs. A preload warns
   * and the program runs without the hook.
   */
  | 'V6ONLY_UNSUPPORTED_RUNTIME'
  /**
   * A name to ask for, or the answer of a name server, is no valid DNS message. v6only's resolver then asks the next server;
   * if none answers, the program gets an error of `dns.*` (EBADNAME, EBADRESP). Check the name, or the name server.
   */
  | 'V6ONLY_MALFORMED_MESSAGE'
  /** The command line is invalid. */
  | 'V6ONLY_USAGE'
  | V6OnlyWarningCode;

/**
 * The `code` of a warning. `process.emitWarning` and the channel `v6only:warning` report it, and the program goes on.
 * Faults that V6ONLY_STRICT=0 turns into warnings, and the reason why the hook could not be installed, have codes of errors.
 */
export type V6OnlyWarningCode =
  /** A package opens sockets in native code, which the hook cannot reach. */
  | 'V6ONLY_NATIVE_SOCKETS'
  /**
   * Another version of v6only is already active in this process. The active one stays, and this copy changes nothing.
   */
  | 'V6ONLY_SECOND_COPY'
  /** `enable` was called with a policy when v6only was already active with another one, which stays. */
  | 'V6ONLY_POLICY_IGNORED'
  /**
   * v6only is part of a bundle, so it cannot give the hook to child processes and worker threads: they would run the
   * whole bundle. Leave v6only out of the bundle.
   */
  | 'V6ONLY_BUNDLED'
  /** `v6only` was preloaded instead of `v6only/register`, and does nothing. */
  | 'V6ONLY_WRONG_PRELOAD'
  /** Another process uses the IPv6 port that an IPv4 listener needs, so no peer can reach the listener. */
  | 'V6ONLY_PORT_IN_USE'
  /** Only this host's IPv4 neighbours can reach a listener on 0.0.0.0. */
  | 'V6ONLY_NOT_REACHABLE';

/** `ErrorOptions`, which the types of ES2021 lack: a project may be compiled against them. */
interface Cause {
  readonly cause?: unknown;
}

/** An error with a stable `code`. The message says what failed, for which value, and what to do. */
export class V6OnlyError extends Error {
  override readonly name: string = 'V6OnlyError';
  readonly code: V6OnlyErrorCode;
  /** What the user can do, in one sentence. The message ends with it. */
  readonly hint: string | undefined;

  /** @param message one line, or several. The values in it come from the user or from other hosts. */
  constructor(code: V6OnlyErrorCode, message: string | readonly string[], hint?: string, options?: Cause) {
    const lines = (typeof message === 'string' ? [message] : message).map(messageLine);
    super(`${lines.join('\n')}${hint === undefined ? '' : `. ${messageLine(hint)}`}`, options);
    this.code = code;
    this.hint = hint;
  }
}
