import { canonicalIPv6, isLinkLocal } from './ipv6';

/** An IPv6 address of this host, as `os.networkInterfaces` lists it. */
export interface InterfaceAddress {
  readonly interfaceName: string;
  readonly address: string;
  readonly internal: boolean;
}

/** The IPv4 service continuity prefix, 192.0.0.0/29 (RFC 7335), which programs on a host with a CLAT already see. */
const HOST_PREFIX = '192.0.0.';
const MAX_HOSTS = 7;

export const isHostAddress = (ipv4: string): boolean => ipv4.startsWith(HOST_PREFIX);

/**
 * The IPv4 addresses that a host without IPv4 shows as its own: one of 192.0.0.0/29 (RFC 7335) for each global IPv6
 * address, in order, at most seven. An address keeps the one that it has: a program may be bound to it, or have told it
 * to others, when the host gets an IPv6 address that is listed earlier.
 */
export class HostAddresses {
  readonly #toIPv6 = new Map<string, string>();
  readonly #toIPv4 = new Map<string, string>();
  readonly #byInterface = new Map<string, string>();

  /**
   * `addresses` may hold any address of the host. `isTranslated` is true of an address that already stands for an IPv4
   * address, `isOwn` of an IPv4 address that the host really has. `before` are the host addresses until now.
   */
  constructor(
    addresses: readonly InterfaceAddress[],
    isTranslated: (ipv6: string) => boolean,
    isOwn: (ipv4: string) => boolean,
    before?: HostAddresses,
  ) {
    const shown = addresses.filter(
      ({ internal, address }) => !internal && !isLinkLocal(address) && !isTranslated(address),
    );
    const free = new Set(
      Array.from({ length: MAX_HOSTS }, (_, i) => `${HOST_PREFIX}${i + 1}`).filter((one) => !isOwn(one)),
    );
    const assign = (one: InterfaceAddress, ipv4: string | undefined) => {
      if (ipv4 === undefined || !free.delete(ipv4)) return false;
      this.#toIPv6.set(ipv4, one.address);
      this.#toIPv4.set(canonicalIPv6(one.address), ipv4);
      if (!this.#byInterface.has(one.interfaceName)) this.#byInterface.set(one.interfaceName, ipv4);
      return true;
    };
    const added = shown.filter((one) => !assign(one, before?.beside(one.address)));
    for (const one of added) assign(one, free.values().next().value);
    // A program sees a link-local address of an interface as the host address of the interface.
    for (const { interfaceName, address } of addresses) {
      const ipv4 = this.#byInterface.get(interfaceName);
      if (ipv4 !== undefined && isLinkLocal(address))
        this.#toIPv4.set(`${canonicalIPv6(address)}%${interfaceName}`, ipv4);
    }
  }

  get all(): Iterable<string> {
    return this.#toIPv6.keys();
  }

  /** The IPv6 address that a host address represents, or undefined. */
  toIPv6(ipv4: string): string | undefined {
    return this.#toIPv6.get(ipv4);
  }

  /** The host address of one of this host's IPv6 addresses (a link-local one with its zone), or undefined. */
  toIPv4(ipv6: string): string | undefined {
    return this.#toIPv4.get(ipv6);
  }

  /** The host address that represents exactly `ipv6`. */
  beside(ipv6: string): string | undefined {
    return this.toIPv4(canonicalIPv6(ipv6));
  }

  /** The first host address, or undefined on a host without a global IPv6 address. */
  get first(): string | undefined {
    return this.#toIPv6.keys().next().value;
  }

  /** The interface of the first host address. Multicast without an interface goes there. */
  get defaultInterface(): string | undefined {
    return this.#byInterface.keys().next().value;
  }
}
