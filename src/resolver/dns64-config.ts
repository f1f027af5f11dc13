import { type IPv4Range, ipv4ToInteger, isInRange } from '../address/ipv4';
import { type IPv6Network, isInNetworks, parseIPv6, parseIPv6Network } from '../address/ipv6';
import { distinct, Pref64 } from '../address/pref64';
import { specialPurposeOf } from '../address/special-purpose';

/**
 * The prefixes in which an IPv4 range is embedded (RFC 6147 §5). With an empty list no address of the range is
 * synthesized.
 */
export interface RangePrefixes {
  readonly range: IPv4Range;
  readonly prefixes: readonly Pref64[];
}

/** The settings of a DNS64. */
export interface Dns64Config {
  /** In the order of the synthesized addresses. With an empty list nothing is synthesized. */
  readonly prefixes: readonly Pref64[];
  /** The first range that contains an address decides. Ranges override `prefixes`. */
  readonly ranges: readonly RangePrefixes[];
  /** AAAA records in these networks count as absent (RFC 6147 §5.1.4). */
  readonly exclude: readonly IPv6Network[];
  /** Whether `ipv4` (an unsigned 32-bit integer) may be embedded in `prefix`. */
  readonly mayEmbed: (ipv4: number, prefix: Pref64) => boolean;
  /**
   * Whether ipv4only.arpa is answered here (RFC 8880 §7.1). Must be false while this process itself looks for the
   * prefix.
   */
  readonly answersIpv4Only: boolean;
}

/** IPv4-mapped addresses have no meaning on the wire (RFC 6147 §5.1.4). */
const MAPPED_NETWORK = '::ffff:0:0/96';

/**
 * A configuration with the defaults of RFC 6147: the well-known prefix if none is given (§5.2), and `::ffff:0:0/96`
 * excluded.
 */
export function dns64Config(options: Partial<Dns64Config> = {}): Dns64Config {
  return {
    prefixes: options.prefixes ?? [Pref64.WELL_KNOWN],
    ranges: options.ranges ?? [],
    exclude: [parseIPv6Network(MAPPED_NETWORK), ...(options.exclude ?? [])],
    mayEmbed: options.mayEmbed ?? isGlobalOrLocalPrefix,
    answersIpv4Only: options.answersIpv4Only ?? true,
  };
}

/** RFC 6052 §3.1: the well-known prefix MUST NOT represent non-global IPv4 addresses. Any other prefix may. */
export function isGlobalOrLocalPrefix(ipv4: number, prefix: Pref64): boolean {
  return !prefix.isWellKnown || specialPurposeOf(ipv4) === undefined;
}

/** The prefixes in which to embed `ipv4`, in order. RFC 6147 §5.1.7: each address is checked against the ranges. */
export function prefixesFor(ipv4: string, config: Dns64Config): readonly Pref64[] {
  const value = ipv4ToInteger(ipv4);
  const match = config.ranges.find(({ range }) => isInRange(value, range));
  return (match?.prefixes ?? config.prefixes).filter((prefix) => config.mayEmbed(value, prefix));
}

/** Whether an AAAA record with this address counts as absent. */
export function isExcluded(ipv6: string, config: Dns64Config): boolean {
  return isInNetworks(parseIPv6(ipv6), config.exclude);
}

/** Every prefix in use, without duplicates. */
export function allPrefixes(config: Dns64Config): readonly Pref64[] {
  return distinct([...config.prefixes, ...config.ranges.flatMap(({ prefixes }) => prefixes)]);
}
