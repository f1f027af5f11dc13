import type { InterfaceAddress } from '../../address/host-addresses';
import { isLinkLocal } from '../../address/ipv6';
import { errnoOf } from '../handle/errno';
import type { RealTcp } from '../handle/real-methods';
import { socketName } from '../handle/socket-name';
import {
  type Errno,
  TCP_SERVER,
  type TcpHandle,
  type TcpHandleClass,
  UV_IPV6ONLY,
  UV_TCP_REUSEPORT,
} from '../node-internals';
import type { Listener } from './listener';
import type { Endpoint, KernelName } from './port-table';

/** Binds that the port table asks of the kernel. */
export class TcpBinds {
  readonly #real: RealTcp;
  readonly #Tcp: TcpHandleClass;

  constructor(real: RealTcp, Tcp: TcpHandleClass) {
    this.#real = real;
    this.#Tcp = Tcp;
  }

  bind(handle: TcpHandle, { address, v6only }: KernelName, port: number): Errno {
    return this.#real.bind6.call(handle, address, port, v6only ? UV_IPV6ONLY : 0);
  }

  /**
   * With SO_REUSEPORT Linux lets two sockets listen if both set the option, and prefers the more specific one. libuv
   * sets the option before it finds that a socket is bound already. It supports the option since 1.49 (Node.js 22.12).
   */
  allowReuse({ kernel, endpoint }: Listener): void {
    if (kernel) this.#real.bind6.call(kernel.handle, kernel.name.address, endpoint.port, UV_TCP_REUSEPORT);
  }

  /** The kernel's verdict on the address. The kernel does not see the address if a socket is shared. */
  judge({ kernelAddress }: Endpoint, flags: number): Errno {
    if (kernelAddress === '::' || kernelAddress === '::1') return 0;
    return this.#try(kernelAddress, 0, flags).status;
  }

  /**
   * Whether a socket of another process on `[::]` has the port, rather than one on a single address: every IPv6 address of
   * the host is taken then.
   */
  isTakenOnAll(port: number, interfaces: readonly InterfaceAddress[]): boolean {
    const others = interfaces.filter(({ internal }) => !internal);
    const global = others.find(({ address }) => !isLinkLocal(address));
    const onLink = others.find(({ address }) => isLinkLocal(address));
    const found = ['::1', global?.address, onLink && `${onLink.address}%${onLink.interfaceName}`].map((address) =>
      address === undefined ? undefined : this.#isFree(address, port),
    );
    return found.includes(false) && !found.includes(true);
  }

  /** Undefined if there is no answer, as without descriptors. */
  #isFree(address: string, port: number): boolean | undefined {
    const { status, port: bound } = this.#try(address, port, 0);
    // libuv reports EADDRINUSE only when the handle is used.
    if (status === 0) return bound === port;
    return status === errnoOf('EADDRINUSE') ? false : undefined;
  }

  /** Binds a socket, and closes it. */
  #try(address: string, port: number, flags: number): { readonly status: Errno; readonly port: number | undefined } {
    const handle = new this.#Tcp(TCP_SERVER);
    const status = this.#real.bind6.call(handle, address, port, flags);
    const bound = socketName(handle, this.#real.getsockname).port;
    this.#real.close.call(handle);
    return { status, port: bound };
  }
}
