import { mappedIPv4 } from '../../address/mapped';
import type { HookContext } from '../context';
import { connectChannel } from '../diagnostics';
import { isBlocked } from '../handle/block-lists';
import { explainEmitted } from '../handle/cause';
import { errnoOf } from '../handle/errno';
import type { Errno, UdpHandle } from '../handle/internals';
import type { UdpPorts } from '../ports/udp-ports';
import { showAs, showLocal, showPeer } from '../handle/view';
import type { RealUdp } from './real';
import type { Receivers } from './receive';
import type { Senders } from './send';
import { MappedState, mappedOf, setState } from './state';

export interface MappedParts {
  readonly context: HookContext;
  readonly real: RealUdp;
  readonly ports: UdpPorts;
  readonly receivers: Receivers;
  readonly senders: Senders;
}

/** A dual AF_INET6 socket sees NAT64 peers as `::ffff:a.b.c.d`, and sends to such addresses through the NAT64. */
export class MappedFacades {
  readonly #parts: MappedParts;
  readonly #prototype: UdpHandle;

  constructor(parts: MappedParts) {
    this.#parts = parts;
    this.#prototype = this.#methods();
  }

  adopt(handle: UdpHandle, local: string | undefined): void {
    const { senders, context } = this.#parts;
    setState(handle, new MappedState(handle, local), this.#prototype);
    // lib/dgram.js gives a udp6 handle these as its own.
    handle.send = this.#prototype.send6;
    handle.connect = this.#prototype.connect6;
    if (context.prefixes.list() === undefined) senders.waitInLookup(handle);
  }

  #connect(state: MappedState, address: string, port: number): Errno {
    const { context, real } = this.#parts;
    const { handle } = state;
    const ipv4 = mappedIPv4(address);
    if (ipv4 === undefined) return real.connect6.call(handle, address, port);
    const decision = context.translator.destination(ipv4, { port, protocol: 'udp' });
    const owner = context.classes.ownerOf(handle);
    if (connectChannel.hasSubscribers)
      connectChannel.publish({ protocol: 'udp', address: ipv4, port, host: undefined, decision, owner });
    if (decision.kind === 'refuse') {
      explainEmitted(owner, decision.cause);
      return errnoOf(decision.errno);
    }
    if (decision.kind === 'wait') return errnoOf('ENETUNREACH');
    if (decision.kind === 'direct') return real.connect6.call(handle, address, port);
    if (isBlocked(context, handle, 'sendBlockList', decision.address)) return errnoOf('EACCES');
    const status = real.connect6.call(handle, decision.address, port);
    if (status !== 0) return status;
    state.peer = address;
    if (decision.step === 'pool') state.endUse = context.pool.use(ipv4);
    return 0;
  }

  #methods(): UdpHandle {
    const { context, real, ports, receivers, senders } = this.#parts;
    const connect = (state: MappedState, address: string, port: number) => this.#connect(state, address, port);
    const endUse = (state: MappedState) => {
      state.endUse?.();
      state.endUse = undefined;
    };
    const methods = {
      send6(this: UdpHandle, req, list, count, port, address, hasCallback) {
        // On a connected socket: (req, list, count, hasCallback).
        if (hasCallback === undefined) return Reflect.apply(real.send, this, [req, list, count, port]);
        return senders.sendMapped(mappedOf(this), req, list, count, port, address, hasCallback);
      },
      connect6(this: UdpHandle, address, port) {
        return connect(mappedOf(this), address, port);
      },
      disconnect(this: UdpHandle) {
        const state = mappedOf(this);
        state.peer = undefined;
        endUse(state);
        return real.disconnect.call(this);
      },
      recvStart(this: UdpHandle) {
        const state = mappedOf(this);
        const inner = this.onmessage;
        if (inner && inner !== state.receiver) {
          state.receiver = ports.receiver(this, receivers.mapped(state, inner));
          this.onmessage = state.receiver;
        }
        return ports.recvStart(this);
      },
      getsockname(this: UdpHandle, out) {
        const status = real.getsockname.call(this, out);
        if (status !== 0) return status;
        const { local } = mappedOf(this);
        if (local === undefined) showLocal(context, 'mapped', out);
        else showAs(out, local);
        return 0;
      },
      getpeername(this: UdpHandle, out) {
        const status = real.getpeername.call(this, out);
        if (status !== 0) return status;
        const { peer } = mappedOf(this);
        if (peer === undefined) showPeer(context, 'mapped', out);
        else showAs(out, peer);
        return 0;
      },
      close(this: UdpHandle, callback) {
        endUse(mappedOf(this));
        real.close.call(this, callback);
      },
    } satisfies Partial<UdpHandle>;
    return Object.setPrototypeOf(methods, context.classes.Udp.prototype) as UdpHandle;
  }
}
