import type { Pref64 } from '../address/pref64';
import type { TranslatorPolicy } from '../address/translator-policy';
import type { Rule } from './rule';

/**
 * `auto`: traffic that the kernel can send over IPv4 stays on IPv4, and the rest is translated. `always`: everything is
 * translated, except destinations for which a rule says `direct`. `off`: nothing is patched.
 */
export type Mode = 'auto' | 'always' | 'off';

/** A validated policy in the form that the translator and the hooks read. */
export interface Policy extends TranslatorPolicy {
  /** The NAT64 prefixes in order of preference, or `discover` (RFC 7050). */
  readonly nat64: 'discover' | readonly Pref64[];
  /**
   * How the program sees a native IPv6 peer of an IPv4 socket: by its IPv6 address, or by an address of the synthetic
   * pool.
   */
  readonly peers: 'ipv6' | 'pool';
  /**
   * The synthetic pool (RFC 6535 §2.4), CIDR. The second network is for hosts that are not global. If undefined, v6only
   * chooses one.
   */
  readonly pool: { readonly network: string; readonly privateNetwork: string | undefined };
  /** Whether Node.js processes that the program starts get the hook. */
  readonly children: boolean;
  /** The rules that `matchRule` tries, in order. `explain` uses them to show why a rule does not match. */
  readonly rules: readonly Rule[];
  readonly dns64: Dns64Policy;
  readonly log: 'silent' | 'warn' | 'summary' | 'debug';
}

/** The settings of the resolver. */
export interface Dns64Policy {
  /** In the form of dns.setServers. Undefined: those of the host. */
  readonly servers: readonly string[] | undefined;
  /** IPv6 networks (CIDR) whose AAAA records count as absent (RFC 6147 §5.1.4), besides ::ffff:0:0/96. */
  readonly exclude: readonly string[];
  /** The maximum number of cached answers. 0: no cache. */
  readonly cacheEntries: number;
  /** Seconds after its TTL for which an answer may be used if no server responds (RFC 8767). */
  readonly staleSeconds: number;
  /** Milliseconds for one answer of one server. Undefined: as in resolv.conf. */
  readonly timeoutMs: number | undefined;
  /** Rounds over the servers. Undefined: as in resolv.conf. */
  readonly attempts: number | undefined;
  /** Milliseconds for which a connect waits for the discovery of the NAT64 prefix. */
  readonly deadlineMs: number;
}
