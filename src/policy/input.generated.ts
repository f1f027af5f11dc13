// Made by scripts/policy.mjs from schema.ts. Do not edit.
// biome-ignore-all format: generated

/** What v6only does for one program. Every field may be left out. */
export interface PolicyInput {
  /** Where editors find this schema. */
  readonly $schema?: string;
  /**
   * `auto`: what the kernel can send over IPv4 stays on IPv4. `always`: everything is translated but what a rule calls `direct`. `off`: nothing is patched.
   * @default "auto"
   */
  readonly mode?: 'auto' | 'always' | 'off';
  /**
   * The NAT64 prefix, or several in order of preference; or `discover`, by RFC 8781 and RFC 7050.
   * @default "discover"
   */
  readonly nat64?: 'discover' | string | readonly string[];
  /**
   * What 127.0.0.0/8 becomes. `auto`: left on IPv4 where the host has it, else ::1. `translate`: ::1. `direct`: left on IPv4. A prefix of length 96 or 104 on the loopback interface keeps 127.0.0.2 and 127.0.0.1 apart.
   * @default "auto"
   */
  readonly loopback?: 'auto' | 'translate' | 'direct' | string;
  /** The DNS64 resolver inside the process. */
  readonly dns64?: PolicyDns64;
  /** Rules, in order. They come before those of the presets. */
  readonly rules?: readonly PolicyRule[];
  /** Ready-made rules for addresses that have a documented IPv6 twin. */
  readonly presets?: readonly ('aws' | 'gcp' | 'oci' | 'scaleway' | 'public-dns' | 'root-servers')[];
  /**
   * What a socket that is bound to 0.0.0.0 hears. `auto`: IPv6 too, where no other machine can reach the host over IPv4. `both`: IPv4 and IPv6. `ipv4`: IPv4 alone.
   * @default "auto"
   */
  readonly listen?: 'auto' | 'ipv4' | 'both';
  /**
   * The IPv4 network of the synthetic addresses that stand for IPv6-only hosts (RFC 6535 §2.4); or two: the second one, of private addresses, stands for hosts with unique local addresses (RFC 4193). Only this process sees them.
   * @default "198.18.0.0/15"
   */
  readonly pool?: string | readonly string[];
  /**
   * How a native IPv6 peer of an IPv4 socket reads: as its IPv6 address, or as an address of the synthetic pool.
   * @default "ipv6"
   */
  readonly peers?: 'ipv6' | 'pool';
  /** IPv4 groups and the IPv6 groups that they become, before the built-in map. */
  readonly multicast?: Readonly<Record<string, string>>;
  /**
   * Whether Node.js processes and worker threads that the program starts get the hook too. `enable()` gives it to them only where its argument says `true`.
   * @default true
   */
  readonly children?: boolean;
  /**
   * What is written to stderr. `silent`: nothing. `warn`: warnings. `summary`: also one line when a process ends, with its connects, datagrams and look-ups by what became of them, and the NAT64 prefix; a process that a signal ends writes none. `debug`: every decision, as NODE_DEBUG=v6only does.
   * @default "warn"
   */
  readonly log?: 'silent' | 'warn' | 'summary' | 'debug';
}

/** One rule. The first rule that matches decides. */
export interface PolicyRule {
  /** What the rule is for: an IPv4 address, a network (CIDR), a range, a host name or a glob of host names; or a list of them. */
  readonly match: string | readonly string[];
  /** The remote ports the rule is for; all where absent. */
  readonly port?: number | string | readonly (number | string)[];
  /** The transport the rule is for; both where absent. */
  readonly protocol?: 'tcp' | 'udp';
  /** Where it goes: an IPv6 address; an IPv6 prefix that the IPv4 address is embedded in (RFC 6052); `direct`, over IPv4; `refuse`; `nat64`, through the NAT64 without further questions; or `native`, for names alone: to the native IPv6 addresses of the name, where it has any. */
  readonly to: string;
  /** For the reader; not used. */
  readonly comment?: string;
}

/** The DNS64 resolver inside the process. */
export interface PolicyDns64 {
  /** DNS servers to ask, in order, instead of those of the host. An IPv4 one is reached through the NAT64. */
  readonly servers?: readonly string[];
  /** IPv6 networks whose addresses count as absent in AAAA answers (RFC 6147 §5.1.4), besides ::ffff:0:0/96, which always does. */
  readonly exclude?: readonly string[];
  /** The cache of DNS answers, or `false` for none. */
  readonly cache?: boolean | {
    /**
     * Answers kept at most.
     * @default 4096
     */
    readonly entries?: number;
    /**
     * For how many seconds after its TTL an answer may serve where no server responds (RFC 8767).
     * @default 0
     */
    readonly staleSeconds?: number;
  };
  /** Milliseconds to wait for one answer of one server; that of resolv.conf where absent. */
  readonly timeoutMs?: number;
  /** Rounds over the servers; that of resolv.conf where absent. */
  readonly attempts?: number;
  /**
   * Milliseconds that a connection to an IPv4 literal is held while the NAT64 prefix is being discovered.
   * @default 2000
   */
  readonly deadlineMs?: number;
}
