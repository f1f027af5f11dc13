// Made by scripts/policy.mts from schema.ts. Do not edit.
// biome-ignore-all format: generated

/** What v6only does for one program. All fields are optional. */
export interface PolicyInput {
  /** The location of this schema, for editors. */
  readonly $schema?: string;
  /**
   * `auto`: traffic that the kernel can send over IPv4 stays on IPv4, and the rest is translated. `always`: everything is translated, except destinations for which a rule says `direct`. `off`: nothing is patched.
   * @default "auto"
   */
  readonly mode?: 'auto' | 'always' | 'off';
  /**
   * The NAT64 prefix, or several in order of preference; or `discover`: learn it from the network (RFC 8781, RFC 7050).
   * @default "discover"
   */
  readonly nat64?: 'discover' | string | readonly string[];
  /**
   * What 127.0.0.0/8 becomes. `auto`: it stays on IPv4 if the host has it, else it becomes ::1. `translate`: ::1. `direct`: it stays on IPv4. With a prefix of length 96 or 104, whose addresses are on the loopback interface, 127.0.0.1 and 127.0.0.2 remain different addresses.
   * @default "auto"
   */
  readonly loopback?: 'auto' | 'translate' | 'direct' | string;
  /** The DNS64 resolver inside the process. */
  readonly dns64?: PolicyDns64;
  /** Rules, in order: the first that matches decides. They come before the rules of presets. */
  readonly rules?: readonly PolicyRule[];
  /** Ready-made rules for services that have a documented IPv6 address. */
  readonly presets?: readonly ('aws' | 'gcp' | 'oci' | 'scaleway' | 'public-dns' | 'root-servers')[];
  /**
   * What a socket bound to 0.0.0.0 accepts. `auto`: IPv6 too, if no other machine can reach the host over IPv4. `both`: IPv4 and IPv6. `ipv4`: IPv4 only; on a host without an IPv4 address nobody then reaches it.
   * @default "auto"
   */
  readonly listen?: 'auto' | 'ipv4' | 'both';
  /**
   * The synthetic pool: the IPv4 network of the addresses that stand for IPv6-only hosts (RFC 6535 §2.4). A second network, of private addresses, stands for hosts with unique local addresses (RFC 4193); by default 10.170.160.0/20, or another one without a route. These addresses are valid in this process only.
   * @default "198.18.0.0/15"
   */
  readonly pool?: string | readonly string[];
  /**
   * How an IPv4 socket shows a native IPv6 peer: by its IPv6 address, or by an address of the synthetic pool.
   * @default "ipv6"
   */
  readonly peers?: 'ipv6' | 'pool';
  /** IPv4 multicast groups and the IPv6 groups that they become; at most 4096. Overrides the built-in map. */
  readonly multicast?: Readonly<Record<string, string>>;
  /**
   * Whether Node.js child processes and worker threads get the hook too. With `enable()` they get it only if its argument says `true`.
   * @default true
   */
  readonly children?: boolean;
  /**
   * What is written to stderr. `silent`: nothing. `warn`: warnings. `summary`: also one line when a process ends, with its counts of connects, datagrams and lookups, and the NAT64 prefix; a process that a signal ends writes none. `debug`: every decision, as NODE_DEBUG=v6only does.
   * @default "warn"
   */
  readonly log?: 'silent' | 'warn' | 'summary' | 'debug';
}

/** One rule. The first rule that matches decides. */
export interface PolicyRule {
  /** What the rule matches: an IPv4 address, a network (CIDR), a range, a host name or a glob of host names; or a list of them. A name must resolve. Rules concern what the program sees as IPv4: an IPv6 address that it gets for the name stays as it is, unless the rule is `refuse`. */
  readonly match: string | readonly string[];
  /** The remote ports that the rule applies to. Default: all. */
  readonly port?: number | string | readonly (number | string)[];
  /** The transport that the rule applies to. Default: both. */
  readonly protocol?: 'tcp' | 'udp';
  /** Where the traffic goes: an IPv6 address; an IPv6 prefix in which the IPv4 address is embedded (RFC 6052); `direct`: over IPv4; `refuse`: fails with EACCES; `nat64`: through the NAT64, even if there is an IPv4 route; or `native`, for names only: to the native IPv6 addresses of the name, if it has any. */
  readonly to: string;
  /** For readers; not used. */
  readonly comment?: string;
}

/** The DNS64 resolver inside the process. */
export interface PolicyDns64 {
  /** Name servers to ask, in order, instead of those of the host. On a host with an IPv4 route to the Internet `dns.lookup` asks those of the host. IPv4 servers are reached over IPv4 if there is a route, else through the NAT64. If other code replaced `dns.lookup` before v6only was loaded, its function is asked instead. */
  readonly servers?: readonly string[];
  /** IPv6 networks whose AAAA records are ignored (RFC 6147 §5.1.4), in addition to ::ffff:0:0/96. */
  readonly exclude?: readonly string[];
  /** The cache of DNS answers, or `false` for none. */
  readonly cache?: boolean | {
    /**
     * The maximum number of answers, of 4 KiB on average: a large answer takes the place of several.
     * @default 4096
     */
    readonly entries?: number;
    /**
     * For how many seconds after its TTL an answer may be used when no server responds (RFC 8767).
     * @default 0
     */
    readonly staleSeconds?: number;
  };
  /** Milliseconds to wait for an answer of one server. Default: as in resolv.conf. */
  readonly timeoutMs?: number;
  /** How often to try all servers. Default: as in resolv.conf. */
  readonly attempts?: number;
  /**
   * Milliseconds that a connection to an IPv4 literal waits for the discovery of the NAT64 prefix.
   * @default 2000
   */
  readonly deadlineMs?: number;
}
