import { collide, companionAddress, covers, type Endpoint } from './endpoint';
import { errnoOf } from './errno';
import { type Errno, type TcpHandle, UV_TCP_REUSEPORT } from './internals';

interface Lent {
  readonly handle: TcpHandle;
  readonly endpoint: Endpoint;
}

/** Ports that are bound here and not listened on: the cluster's primary has such handles for its workers. */
export class LentPorts {
  readonly #real: TcpHandle;
  readonly #ports = new Map<number, { readonly handle: WeakRef<TcpHandle>; readonly endpoint: Endpoint }[]>();
  readonly #deaf = new WeakSet<TcpHandle>();

  constructor(real: TcpHandle) {
    this.#real = real;
  }

  /** `handle` is bound to `endpoint`; whether it will be listened on here, `unlend` tells. */
  lend(handle: TcpHandle, endpoint: Endpoint): void {
    const { port } = endpoint;
    if (port === 0) return;
    const present = this.#at(port).map((lent) => ({ ...lent, handle: new WeakRef(lent.handle) }));
    this.#ports.set(port, [...present, { handle: new WeakRef(handle), endpoint }]);
  }

  /** It is listened on here after all. */
  unlend(handle: TcpHandle, port: number): void {
    const rest = (this.#ports.get(port) ?? []).filter((lent) => lent.handle.deref() !== handle);
    if (rest.length > 0) this.#ports.set(port, rest);
    else this.#ports.delete(port);
  }

  /** Whether a listener on 0.0.0.0 hears real IPv4 alone, because another process has `[::]`. */
  isDeaf(handle: TcpHandle): boolean {
    return this.#deaf.has(handle);
  }

  /** Binds `handle` to an endpoint that is in use, where what has it is of another family to a dual-stack host. */
  bindBeside(handle: TcpHandle, endpoint: Endpoint, flags: number): Errno {
    const { bind6 } = this.#real;
    const { port, kernelAddress } = endpoint;
    const lent = this.#at(port);
    if (lent.some((other) => collide(other.endpoint, endpoint))) return 0; // libuv says EADDRINUSE when it is used
    const covered = lent.some((other) => covers(other.endpoint.kernelAddress, endpoint));
    if (lent.length > 0 && !covered && kernelAddress === '::') {
      // Wider than what workers listen on: Linux lets both in where both say so, and asks the narrower one first. libuv sets
      // the option (since 1.49, Node.js 22.12) before it finds that the socket is bound already. Elsewhere it is ENOTSUP.
      for (const other of lent) bind6.call(other.handle, other.endpoint.kernelAddress, port, UV_TCP_REUSEPORT);
      return bind6.call(handle, '::', port, flags | UV_TCP_REUSEPORT) === 0 ? 0 : errnoOf('EADDRINUSE');
    }
    // Beside an ipv6Only [::]: what hears IPv4 only does not collide with it.
    if (endpoint.address !== '0.0.0.0') return 0;
    if (!covered) this.#deaf.add(handle);
    return bind6.call(handle, companionAddress(endpoint), port, flags);
  }

  #at(port: number): Lent[] {
    return (this.#ports.get(port) ?? []).flatMap(({ handle: ref, endpoint }) => {
      const handle = ref.deref();
      return handle && this.#real.getsockname.call(handle, {}) === 0 ? [{ handle, endpoint }] : [];
    });
  }
}
