/**
 * How often each decision was made since the hook was installed. `direct`: left on IPv4. `translated`: sent to an IPv6
 * address. `refused`: failed without a packet. Calls with an IPv6 address are not counted, except IPv4-mapped ones over TCP.
 */
export interface Counters {
  /** TCP connections. `held`: those that waited for the NAT64 prefix. */
  connects: { direct: number; translated: number; refused: number; held: number };
  /** Sockets bound to a local address, TCP and UDP. */
  binds: { direct: number; translated: number; refused: number };
  /** Datagrams, except those of connected sockets. */
  sends: { direct: number; translated: number; refused: number };
  /**
   * Names that `dns.lookup` resolved, of connects too, by which resolver answered: the operating system's (`system`) or
   * v6only's (`own`). `dns.resolve*` is not counted.
   */
  lookups: { system: number; own: number };
}
