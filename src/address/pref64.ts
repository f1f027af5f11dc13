import { isIPv6 } from 'node:net';
import { V6OnlyError } from '../report/errors';
import { integerToIPv4, ipv4ToInteger } from './ipv4';
import { formatIPv6, hasBitsBeyond, type IPv6Octets, parseIPv6, sharesPrefix } from './ipv6';

/** The prefix lengths of RFC 6052 §2.2. */
export const PREFIX_LENGTHS = [32, 40, 48, 56, 64, 96] as const;
export type PrefixLength = (typeof PREFIX_LENGTHS)[number];

/** Bits 64 to 71, the octet `u` of RFC 6052 §2.2, are always zero. */
const U_OCTET = 8;

/**
 * A NAT64 prefix (RFC 6052, "Pref64::/n" of RFC 7050) as a value: embeds IPv4 addresses in IPv6 addresses and extracts
 * them.
 */
export class Pref64 {
  /** The well-known prefix, `64:ff9b::/96` (RFC 6052 §2.1). */
  static readonly WELL_KNOWN = new Pref64(Uint8Array.of(0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), 96);

  readonly length: PrefixLength;
  readonly #octets: IPv6Octets;
  /** The positions of the four octets of the IPv4 address (RFC 6052 §2.2, Figure 1). They skip octet `u`. */
  readonly #positions: readonly [number, number, number, number];

  private constructor(octets: IPv6Octets, length: PrefixLength) {
    this.#octets = octets;
    this.length = length;
    const first = length / 8;
    const at = (n: number) => (first + n >= U_OCTET && first <= U_OCTET ? first + n + 1 : first + n);
    this.#positions = [at(0), at(1), at(2), at(3)];
  }

  /**
   * Parses `'64:ff9b::/96'` or `'2001:db8:122:344::/64'`.
   * @throws V6OnlyError V6ONLY_INVALID_PREFIX, whose message names the allowed values.
   */
  static parse(text: string): Pref64 {
    const [address = '', lengthText = '', ...rest] = text.split('/');
    const length = Number(lengthText);
    if (!isIPv6(address) || address.includes('%') || rest.length > 0 || !/^\d{1,3}$/.test(lengthText)) {
      throw invalid(text, 'is not an IPv6 prefix', 'Write it as 64:ff9b::/96');
    }
    if (!isPrefixLength(length)) {
      throw invalid(text, `has a length of ${length}`, 'The length must be 32, 40, 48, 56, 64 or 96 (RFC 6052 §2.2)');
    }
    const octets = parseIPv6(address);
    // RFC 6052 §2.2: bits 64 to 71 MUST be zero, inside a /96 prefix too.
    if (octets[U_OCTET] !== 0) throw invalid(text, 'has bits 64 to 71 set', 'They must be zero (RFC 6052 §2.2)');
    if (hasBitsBeyond(octets, length)) {
      throw invalid(text, `has bits set beyond its length of ${length}`, 'Set them to zero');
    }
    const kind = kindOfNoHost(octets, length);
    if (kind !== undefined) {
      throw invalid(
        text,
        `contains ${kind} addresses`,
        'Write a prefix of the NAT64, whose addresses are global or unique local',
      );
    }
    return new Pref64(octets, length);
  }

  /** The prefix that is the first `length` bits of `octets`. Undefined if it cannot be that of a NAT64. */
  static startOf(octets: ArrayLike<number>, length: PrefixLength): Pref64 | undefined {
    const start = Uint8Array.from(octets, (octet, i) => (i < length / 8 ? octet : 0));
    const isPossible = start[U_OCTET] === 0 && kindOfNoHost(start, length) === undefined;
    return isPossible ? new Pref64(start, length) : undefined;
  }

  /** The IPv4-embedded IPv6 address of `ipv4` (RFC 6052 §2.3). The suffix is zero (§2.2). */
  embed(ipv4: string): string {
    return this.embedInteger(ipv4ToInteger(ipv4));
  }

  /** Like `embed`, for an unsigned 32-bit integer. */
  embedInteger(value: number): string {
    const octets = this.#octets.slice();
    const [a, b, c, d] = this.#positions;
    octets[a] = value >>> 24;
    octets[b] = (value >>> 16) & 255;
    octets[c] = (value >>> 8) & 255;
    octets[d] = value & 255;
    return formatIPv6(octets);
  }

  /** The IPv4 address that `ipv6` embeds, or undefined if it is not under this prefix (RFC 6052 §2.3). */
  extract(ipv6: string): string | undefined {
    return this.extractOctets(parseIPv6(ipv6));
  }

  /** Like `extract`. RFC 6052 §2.2 has decoders ignore the suffix, but octet `u` must be zero. */
  extractOctets(octets: IPv6Octets): string | undefined {
    if (octets[U_OCTET] !== 0 || !sharesPrefix(octets, this.#octets, this.length)) return undefined;
    const [a, b, c, d] = this.#positions;
    const value = ((octets[a] as number) << 24) | ((octets[b] as number) << 16) | ((octets[c] as number) << 8);
    return integerToIPv4((value | (octets[d] as number)) >>> 0);
  }

  /**
   * Whether this is `64:ff9b::/96`, which must not represent non-global IPv4 addresses (RFC 6052 §3.1). All 96 bits
   * count: `64:ff9b:1::/48` (RFC 8215) is another prefix.
   */
  get isWellKnown(): boolean {
    return this.length === 96 && sharesPrefix(this.#octets, Pref64.WELL_KNOWN.#octets, 96);
  }

  /** `'64:ff9b::/96'`, in the canonical form of RFC 5952. */
  toString(): string {
    return `${formatIPv6(this.#octets)}/${this.length}`;
  }
}

/** The IPv4 address that an IPv6 address embeds under the longest of the prefixes that it is under, or undefined. */
export function embeddedUnder(octets: IPv6Octets, prefixes: readonly Pref64[]): string | undefined {
  const byLength = prefixes.toSorted((a, b) => b.length - a.length);
  for (const prefix of byLength) {
    const ipv4 = prefix.extractOctets(octets);
    if (ipv4 !== undefined) return ipv4;
  }
  return undefined;
}

/** The prefixes in their order, each once. */
export function distinct(prefixes: readonly Pref64[]): Pref64[] {
  return [...new Map(prefixes.map((prefix) => [String(prefix), prefix])).values()];
}

export function isPrefixLength(length: number): length is PrefixLength {
  return (PREFIX_LENGTHS as readonly number[]).includes(length);
}

/**
 * Which addresses of a prefix cannot be those of hosts behind a NAT64. RFC 6052 §2.2 embeds IPv4 addresses in unicast
 * addresses, and a packet to one of these does not leave this host or link (RFC 4291 §2.5, §2.7). A resolver that answers with
 * V4MAPPED names the IPv4-mapped ones.
 */
function kindOfNoHost(octets: IPv6Octets, length: PrefixLength): string | undefined {
  const [first, second] = octets as unknown as [number, number];
  if (first === 0xff) return 'multicast';
  if (first === 0xfe && (second & 0xc0) === 0x80) return 'link-local';
  if (octets.some((octet, i) => octet !== 0 && i < 10)) return undefined;
  if (length < 96) return 'unspecified, loopback and IPv4-mapped';
  if (octets[10] === 0xff && octets[11] === 0xff) return 'IPv4-mapped';
  return octets[10] === 0 && octets[11] === 0 ? 'unspecified and loopback' : undefined;
}

function invalid(text: string, what: string, hint: string): V6OnlyError {
  return new V6OnlyError('V6ONLY_INVALID_PREFIX', `NAT64 prefix "${text}" ${what}`, hint);
}
