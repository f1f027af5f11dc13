import { mappedIPv4 } from '../../address/mapped';
import type { HookContext } from '../context';
import { emptyName, type TcpHandle } from '../node-internals';
import { isLocalPeer } from './local-peers';
import type { Peer } from './port-table';

/** An IPv4 peer asked for this, if no IPv4 address stands for the address to which it connected. No listener has it. */
const UNKNOWN = '';

/** Determines from an accepted connection the destination that its peer asked for. */
export class TcpPeers {
  readonly #real: TcpHandle;
  readonly #context: HookContext;

  constructor(real: TcpHandle, context: HookContext) {
    this.#real = real;
    this.#context = context;
  }

  /** Undefined for a peer whose connection must be refused. */
  of(client: TcpHandle): Peer | undefined {
    const { translator, flows } = this.#context;
    const [from, to] = [emptyName(), emptyName()];
    this.#real.getpeername.call(client, from);
    this.#real.getsockname.call(client, to);
    const { address: peer = '::', port } = from;
    const { address: kernelAddress = '::' } = to;
    if (peer === '::1') {
      const target = flows.target(port);
      return { ipv4: target, kernelAddress, isCertain: target !== undefined, mayWiden: true };
    }
    if (mappedIPv4(peer) !== undefined)
      return { ipv4: mappedIPv4(kernelAddress), kernelAddress, isCertain: true, mayWiden: true };
    const ipv4 = translator.toIPv4(kernelAddress) ?? UNKNOWN;
    const isLocal = peer === kernelAddress;
    if (ipv4.startsWith('127.') && !isLocal && !isLocalPeer(this.#context, peer)) return undefined;
    const isIPv4 = translator.embedded(peer) !== undefined;
    return {
      ipv4: isIPv4 ? ipv4 : undefined,
      kernelAddress,
      isCertain: false,
      // RFC 6535 §4.5: if other hosts can now reach this one over IPv4, they must use IPv4.
      mayWiden: translator.opensToIPv6() || isLocal || isLocalPeer(this.#context, peer),
    };
  }
}
