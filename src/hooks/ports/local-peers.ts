import { parseIPv6 } from '../../address/ipv6';
import { ANSWER_LIFETIME_MS } from '../../address/kernel';
import { monotonicMs } from '../../address/monotonic-clock';
import type { HookContext } from '../context';
import type { SocketName, UdpHandle } from '../node-internals';

/** UDP's `connect` sends nothing, so any port will do. */
const PORT = 9;

interface Own {
  readonly addresses: ReadonlySet<string>;
  /** Whether an interface other than the loopback has a global address. */
  readonly isReachable: boolean;
  readonly untilMs: number;
}

/**
 * Tells whether a peer is this host. To the kernel a loopback prefix is an ordinary network, so it accepts peers of
 * other hosts.
 */
export class LocalPeers {
  readonly #context: HookContext;
  readonly #real: Pick<UdpHandle, 'connect6' | 'getsockname' | 'close'>;
  #own: Own | undefined;

  /** Must be created before the UDP handle is patched. */
  constructor(context: HookContext) {
    const { connect6, getsockname, close } = context.classes.Udp.prototype;
    this.#context = context;
    this.#real = { connect6, getsockname, close };
  }

  /** Whether a peer with this IPv6 address can have connected only over the loopback. */
  has(ipv6: string): boolean {
    const { addresses, isReachable } = this.#addresses();
    if (ipv6 === '::1' || addresses.has(ipv6)) return true;
    // An address of the prefix may be local only through a route. Packets to it then have a source in the prefix too.
    return isReachable && this.#isInPrefix(ipv6) && this.#isInPrefix(this.#sourceFor(ipv6));
  }

  #isInPrefix(ipv6: string | undefined): boolean {
    const { loopback } = this.#context.policy;
    if (ipv6 === undefined || ipv6.includes('%') || typeof loopback !== 'object') return false;
    return loopback.extractOctets(parseIPv6(ipv6)) !== undefined;
  }

  #sourceFor(ipv6: string): string | undefined {
    const handle = new this.#context.classes.Udp();
    const name: SocketName = {};
    const { connect6, getsockname, close } = this.#real;
    const status = connect6.call(handle, ipv6, PORT) || getsockname.call(handle, name);
    close.call(handle);
    return status === 0 ? name.address : undefined;
  }

  #addresses(): Own {
    const now = monotonicMs();
    if (this.#own === undefined || this.#own.untilMs <= now) {
      const all = this.#context.kernel.interfaces();
      // A peer with a link-local address has its zone.
      const addresses = new Set(
        all.map((one) => (isLinkLocal(one) ? `${one.address}%${one.interfaceName}` : one.address)),
      );
      const isReachable = all.some((one) => !one.internal && !isLinkLocal(one));
      this.#own = { addresses, isReachable, untilMs: now + ANSWER_LIFETIME_MS };
    }
    return this.#own;
  }
}

const isLinkLocal = ({ address }: { readonly address: string }) => /^fe[89ab]/i.test(address);
