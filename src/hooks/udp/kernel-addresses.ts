import net from 'node:net';
import type { Decision } from '../../address/decision';
import { isMulticast } from '../../address/special-purpose';
import type { HookContext } from '../context';
import type { RealUdp } from '../handle/real-methods';
import { type Errno, type UdpHandle, UV_IPV6ONLY } from '../node-internals';
import { type Endpoint, ipv6Endpoint } from '../ports/port-table';
import type { UdpGroups } from './groups';
import type { UdpParts } from './parts';

const { isIPv4 } = net;

/** The kernel addresses for the address to which a program binds a datagram socket. */
export class KernelAddresses {
  readonly #context: HookContext;
  readonly #real: RealUdp;
  readonly #groups: UdpGroups;

  constructor({ context, real, groups }: UdpParts) {
    this.#context = context;
    this.#real = real;
    this.#groups = groups;
  }

  /** Undefined if the address stays on IPv4. */
  endpointOf(address: string, port: number, family: 4 | 6, flags: number): Endpoint | undefined {
    if (family === 6) return ipv6Endpoint(address, port, flags);
    if (!isIPv4(address)) return undefined;
    const decision = this.#context.translator.local(address, 'udp');
    if (decision.kind !== 'translate') return undefined;
    return { address, kernelAddress: this.translated(decision), port, family, v6only: true };
  }

  translated({ step, address }: Extract<Decision, { kind: 'translate' }>): string {
    return step === 'multicast' ? this.#groups.bindAddress(address) : address;
  }

  /** The address of the second socket, for a socket on all addresses or on a group. Else undefined. */
  ofSecond(address: string): string | undefined {
    if (address === '0.0.0.0') return '::';
    return isMulticast(address) ? this.#groups.bindAddress(this.#context.translator.group(address)) : undefined;
  }

  /** Whether a socket could be bound to `address`. For a socket that is already bound, the kernel checks this first. */
  isOwn(address: string): boolean {
    const decision = this.#context.translator.local(address, 'udp');
    if (decision.kind === 'refuse' || decision.kind === 'wait') return false;
    const { bind, bind6 } = this.#real;
    if (decision.kind === 'direct') return this.tryOut((handle) => bind.call(handle, address, 0, 0)) === 0;
    const kernelAddress = this.translated(decision);
    return this.tryOut((handle) => bind6.call(handle, kernelAddress, 0, UV_IPV6ONLY)) === 0;
  }

  /** The kernel's answer to a bind of a new handle, which is closed again. */
  tryOut(bind: (handle: UdpHandle) => Errno): Errno {
    const handle = new this.#context.classes.Udp();
    const status = bind(handle);
    this.#real.close.call(handle);
    return status;
  }
}
