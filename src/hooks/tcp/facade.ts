import type { Decision } from '../../address/decision';
import { MAPPED } from '../../address/mapped';
import { isMulticast } from '../../address/special-purpose';
import type { HookContext } from '../context';
import { type RealTcp, realTcp } from '../handle/real-methods';
import { emptyName, socketName } from '../handle/socket-name';
import { showLocal, showPeer, showUnbound, type View } from '../handle/view';
import type { SocketName, TcpHandle } from '../node-internals';
import { useWhileOpen } from './pool-use';

/** The addresses that the program sees. Many handles may share one object, so it never changes. */
export interface Facade {
  readonly view: View;
  /** The addresses of both ends as the program gave them. Undefined: the translator finds them. */
  readonly peer: string | undefined;
  readonly local: string | undefined;
  /** The decision for its destination. */
  readonly decision: Decision | undefined;
}

/**
 * Created without a prototype, so that properties that a program adds to Object.prototype are not read as addresses.
 */
export function facade(view: View, peer?: string, local?: string, decision?: Decision): Facade {
  return { __proto__: null, view, peer, local, decision } as Facade;
}

/**
 * The key of a handle's facade. It is stored on the handle, as Node stores its own state. A WeakMap would keep the
 * entry of each connection through every scavenge, which costs a sixth of a connect.
 */
const FACADE = Symbol('v6only facade');
type MaybeFacade = { [FACADE]?: Facade };

/** The `getsockname` that a facade must call: a listener without a kernel socket of its own has a name too. */
type GetSockName = (handle: TcpHandle, out: SocketName) => number;

/** TCP handles that are IPv4 (or IPv4-mapped IPv6) to the program and AF_INET6 to the kernel. */
export class TcpFacades {
  readonly real: RealTcp;
  readonly #context: HookContext;
  /** Descriptors of bound facades. A handle that opens one of them again becomes a facade too. */
  readonly #descriptors = new Map<number, { handle: WeakRef<TcpHandle>; address: string }>();
  /** All facades share these two functions, because each connection needs a facade. */
  readonly #names: Pick<TcpHandle, 'getpeername' | 'getsockname'>;
  #nameOf: GetSockName;

  constructor(context: HookContext) {
    this.#context = context;
    this.real = realTcp(context.classes.Tcp.prototype);
    this.#nameOf = (handle, out) => this.real.getsockname.call(handle, out);
    this.#names = this.#nameFunctions();
  }

  /** Whether a handle is a facade, and how the program sees its addresses. */
  viewOf(handle: object): View | undefined {
    return facadeOf(handle)?.view;
  }

  /** From now on `getsockname` returns the names. */
  askNamesBy(getsockname: GetSockName): void {
    this.#nameOf = getsockname;
  }

  /** The facade of a handle. Undefined if it has none. */
  describe(handle: object): Facade | undefined {
    return facadeOf(handle);
  }

  /** False for the placeholder that a cluster worker has for a listener of the primary. */
  isTcpHandle(handle: unknown): handle is TcpHandle {
    return handle instanceof this.#context.classes.Tcp;
  }

  /** Makes a handle a facade. Its socket is, or will be, AF_INET6. */
  adopt(handle: TcpHandle, shown: Facade): void {
    (handle as MaybeFacade)[FACADE] = shown;
    handle.getpeername = this.#names.getpeername;
    handle.getsockname = this.#names.getsockname;
  }

  #nameFunctions(): Pick<TcpHandle, 'getpeername' | 'getsockname'> {
    const context = this.#context;
    const { getpeername } = this.real;
    const names = this;
    return {
      getpeername(this: TcpHandle, out: SocketName) {
        const status = getpeername.call(this, out);
        const shown = facadeOf(this);
        if (status !== 0 || !shown) return status;
        showPeer(context, shown.view, out, shown.peer);
        if (shown.peer === undefined && shown.view === 'ipv4' && out.family === 'IPv4')
          useWhileOpen(context.pool, this, out.address ?? '');
        return 0;
      },
      getsockname(this: TcpHandle, out: SocketName) {
        const status = names.#nameOf(this, out);
        const shown = facadeOf(this);
        if (!shown) return status;
        if (status !== 0) return shown === REFUSED ? showUnbound(out) : status;
        // The kernel gives a socket that is bound to a group an address when it connects.
        const isIts = out.address === '::' || !isMulticast(shown.local);
        showLocal(context, shown.view, out, isIts ? shown.local : undefined, shown.peer !== undefined);
        return 0;
      },
    };
  }

  /** Makes a facade of a connection that a listener with this view accepted. */
  adoptAccepted(client: TcpHandle, view: View): void {
    const { flows } = this.#context;
    if (flows.isEmpty) {
      this.adopt(client, UNKNOWN_ENDS[view]);
      return;
    }
    const peer = socketName(client, this.real.getpeername);
    const source = flows.source(peer.port);
    if (source === undefined || !this.#isFlow(client, peer.address, source)) {
      this.adopt(client, UNKNOWN_ENDS[view]);
      return;
    }
    const target = flows.target(peer.port) ?? source;
    const prefix = view === 'ipv4' ? '' : MAPPED;
    this.adopt(client, facade(view, prefix + source, prefix + target));
  }

  /** Whether the recorded flow of a local port belongs to this connection. */
  #isFlow(client: TcpHandle, peer: string | undefined, source: string): boolean {
    if (peer === '::1') return true;
    // The connection came to the loopback from another address of this host.
    const { address } = socketName(client, this.real.getsockname);
    return address === '::1' && peer !== undefined && this.#context.translator.embedded(peer) === source;
  }

  /** A connect was refused before there was a socket. Natively there is one, and the error contains its name. */
  refuse(handle: TcpHandle): void {
    if (facadeOf(handle) === undefined && this.familyOf(handle) === undefined) this.adopt(handle, REFUSED);
  }

  /** Records the descriptor of a bound facade, which may be opened again. */
  remember(handle: TcpHandle, address: string): void {
    const { fd } = handle;
    if (fd !== undefined && fd >= 0) this.#descriptors.set(fd, { handle: new WeakRef(handle), address });
  }

  /** A handle that opens the descriptor of a facade again is IPv4 to the program too. */
  adoptDescriptor(handle: TcpHandle, fd: number): void {
    const known = this.#descriptors.get(fd);
    if (known?.handle.deref()?.fd !== fd) return;
    this.adopt(handle, boundTo(known.address));
  }

  /** The address to which the program bound a facade. A socket bound to a group sends from any address. */
  localAddressOf(handle: TcpHandle): string | undefined {
    if (!facadeOf(handle)) return undefined;
    const out = emptyName();
    const status = handle.getsockname(out);
    return status === 0 && !ANY.has(out.address) && !isMulticast(out.address) ? out.address : undefined;
  }

  /**
   * The address to which `bind6` bound a handle that is not a facade, unless it is the unspecified address. Undefined
   * for any other handle.
   */
  ipv6AddressOf(handle: TcpHandle): string | undefined {
    if (facadeOf(handle) !== undefined || this.familyOf(handle) !== 'IPv6') return undefined;
    const { address } = socketName(handle, this.real.getsockname);
    return ANY.has(address) ? undefined : address;
  }

  /** The local address of a handle whose socket is AF_INET already. Undefined for any other handle. */
  inetAddressOf(handle: TcpHandle): string | undefined {
    if (!hasDescriptor(handle)) return undefined;
    const { address, family } = socketName(handle, this.real.getsockname);
    return family === 'IPv4' ? address : undefined;
  }

  /** The peer's address in the kernel. Empty if there is none. */
  kernelPeerOf(handle: TcpHandle): string {
    return typeof handle.getpeername === 'function' ? (socketName(handle, this.real.getpeername).address ?? '') : '';
  }

  /** The local port in the kernel. 0 if there is none. */
  localPort(handle: TcpHandle): number {
    return socketName(handle, this.real.getsockname).port ?? 0;
  }

  /** The family of the socket in the kernel. Undefined for a handle without a socket. */
  familyOf(handle: TcpHandle): string | undefined {
    return hasDescriptor(handle) ? socketName(handle, this.real.getsockname).family : undefined;
  }
}

/** The placeholder of a cluster worker has none, nor have most sockets before they connect. On Windows none is known. */
function hasDescriptor({ fd }: TcpHandle): boolean {
  return typeof fd === 'number' && (fd >= 0 || process.platform === 'win32');
}

const ANY: ReadonlySet<string | undefined> = new Set(['0.0.0.0', '::', `${MAPPED}0.0.0.0`]);

/** For facades that neither connected nor were bound to a specific address. */
export const UNKNOWN_ENDS: { readonly [V in View]: Facade } = { ipv4: facade('ipv4'), mapped: facade('mapped') };

const REFUSED = facade('ipv4');

/** For facades that the program bound. */
export function boundTo(ipv4: string): Facade {
  return ipv4 === '0.0.0.0' ? UNKNOWN_ENDS.ipv4 : facade('ipv4', undefined, ipv4);
}

function facadeOf(handle: object): Facade | undefined {
  return (handle as MaybeFacade)[FACADE];
}
