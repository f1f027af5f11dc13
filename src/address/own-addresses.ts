import { HostAddresses, type InterfaceAddress, isHostAddress } from './host-addresses';
import { ANSWER_LIFETIME_MS } from './kernel';

interface Sources {
  /** The IPv6 addresses that get a host address. */
  readonly interfaces: () => readonly InterfaceAddress[];
  /** The IPv4 addresses that the host has itself. */
  readonly ipv4: () => readonly string[];
  /** Whether an IPv6 address of the host stands for an IPv4 address already. */
  readonly isTranslated: (ipv6: string) => boolean;
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number;
}

/** The IPv4 addresses by which a program knows this host's own IPv6 addresses, and which of them it has been shown. */
export class OwnAddresses {
  readonly #sources: Sources;
  #known: { readonly hosts: HostAddresses; untilMs: number } | undefined;
  /**
   * Host addresses are destinations only after the program was shown them. 192.0.0.1 is the same everywhere, so any
   * program could guess it. On a dual-stack host nobody can guess the machine's own address.
   */
  readonly #shown = new Set<string>();

  constructor(sources: Sources) {
    this.#sources = sources;
  }

  /** The host addresses (RFC 7335), read again when they are older than a second. */
  get hosts(): HostAddresses {
    const { interfaces, ipv4, isTranslated, now } = this.#sources;
    if (this.#known === undefined || this.#known.untilMs <= now()) {
      const own = ipv4();
      const isOwn = (address: string) => own.includes(address);
      const hosts = new HostAddresses(interfaces(), isTranslated, isOwn, this.#known?.hosts);
      this.#known = { hosts, untilMs: now() + ANSWER_LIFETIME_MS };
    }
    return this.#known.hosts;
  }

  toIPv4(ipv6: string): string | undefined {
    if (ipv6 === '::1') return '127.0.0.1';
    return this.hosts.toIPv4(ipv6);
  }

  /** The IPv6 address that a host address represents, or undefined. */
  toIPv6(ipv4: string): string | undefined {
    return isHostAddress(ipv4) ? this.hosts.toIPv6(ipv4) : undefined;
  }

  show(ipv4: string): void {
    if (isHostAddress(ipv4)) this.#shown.add(ipv4);
  }

  isShown(ipv4: string): boolean {
    return this.#shown.has(ipv4);
  }

  /** Called when the prefixes or the network have changed. */
  reset(): void {
    if (this.#known) this.#known.untilMs = 0;
  }
}
