import { V6OnlyError } from '../report/errors';
import { integerToIPv4, ipv4ToInteger } from './ipv4';
import { formatIPv6, type IPv6Octets, overlap, parseIPv6Network, readUint32, sharesPrefix } from './ipv6';
import { ipv6ScopeOf } from './ipv6-scope';
import { Pref64 } from './pref64';

/**
 * A prefix, local to the host, in which 127.0.0.0/8 is embedded. Processes that share it keep 127.0.0.1, 127.0.0.2 and
 * ::1 apart as endpoints. A /96 holds all four octets, a /104 the last three.
 */
export class LoopbackPrefix {
  readonly #octets: IPv6Octets;
  readonly #length: number;

  private constructor(octets: IPv6Octets, length: number) {
    this.#octets = octets;
    this.#length = length;
  }

  /**
   * @throws V6OnlyError V6ONLY_INVALID_PREFIX unless the text is an IPv6 network of length 96 or 104 whose addresses a host
   * can have: neither link-local or multicast ones, nor those that a NAT64 sends from
   */
  static parse(text: string): LoopbackPrefix {
    const { octets, length } = parseIPv6Network(text);
    if (length !== 96 && length !== 104) {
      throw new V6OnlyError(
        'V6ONLY_INVALID_PREFIX',
        `loopback prefix "${text}" has a length of ${length}`,
        'The length must be 96 or 104',
      );
    }
    const prefix = new LoopbackPrefix(octets, length);
    const scope = ipv6ScopeOf(formatIPv6(octets));
    if (scope === 'none' || scope === 'unchecked' || prefix.overlaps(Pref64.WELL_KNOWN)) {
      throw new V6OnlyError(
        'V6ONLY_INVALID_PREFIX',
        `loopback prefix "${text}" contains addresses that cannot be this host's own`,
        'Use a part of fc00::/7 that nobody else uses',
      );
    }
    return prefix;
  }

  /** The IPv6 address that stands for an address of 127.0.0.0/8. */
  embed(ipv4: string): string {
    const value = ipv4ToInteger(ipv4);
    const octets = this.#octets.slice();
    if (this.#length === 96) octets[12] = value >>> 24;
    octets[13] = (value >>> 16) & 255;
    octets[14] = (value >>> 8) & 255;
    octets[15] = value & 255;
    return formatIPv6(octets);
  }

  /** The address of 127.0.0.0/8 that `octets` stand for, or undefined. */
  extractOctets(octets: IPv6Octets): string | undefined {
    if (!sharesPrefix(octets, this.#octets, this.#length)) return undefined;
    if (this.#length === 96 && octets[12] !== 127) return undefined;
    return integerToIPv4(((127 << 24) | (readUint32(octets, 12) & 0xffffff)) >>> 0);
  }

  /** Whether some of its addresses are those of a NAT64. */
  overlaps(prefix: Pref64): boolean {
    return overlap(parseIPv6Network(String(prefix)), { octets: this.#octets, length: this.#length });
  }

  toString(): string {
    return `${formatIPv6(this.#octets)}/${this.#length}`;
  }
}
