import { isIPv4 } from 'node:net';
import type { Decision } from '../../address/decision';
import { canonicalIPv6 } from '../../address/ipv6';
import { mappedIPv4 } from '../../address/mapped';
import type { HookContext } from '../context';
import { sendChannel } from '../diagnostics';
import { errnoOf } from './errno';
import type { Errno, SendRequest, UdpHandle } from './internals';
import type { UdpGroups } from './udp-groups';
import type { UdpState } from './udp-state';

/** `send` of UDP facades. */
export class UdpSenders {
  readonly #context: HookContext;
  readonly #real: UdpHandle;
  readonly #groups: UdpGroups;

  constructor(context: HookContext, real: UdpHandle, groups: UdpGroups) {
    this.#context = context;
    this.#real = real;
    this.#groups = groups;
  }

  /**
   * Until the prefix is known, an address that needs it is waited for where lib/dgram.js waits anyhow: in the look-up before
   * a connect or a send. A UDP connect itself is synchronous.
   */
  waitInLookup(handle: UdpHandle): void {
    const { lookup } = handle;
    const { prefixes, translator } = this.#context;
    if (!lookup) return;
    handle.lookup = (address, callback) =>
      lookup(address, (error, ip, family) => {
        const known = () => callback(error, ip, family);
        if (prefixes.list() !== undefined) handle.lookup = lookup;
        if (error || ip === undefined || !isIPv4(ip) || translator.destination(ip).kind !== 'wait') known();
        else void prefixes.ready().then(known);
      });
  }

  /**
   * `send` of a facade: six arguments, or four on a connected socket.
   * @param carrier sends in its place where it shares a port and has no kernel socket of its own
   */
  sendOf(handle: UdpHandle, facade: UdpState, carrier: UdpHandle): UdpHandle['send'] {
    const { send, send6 } = this.#real;
    const { translator } = this.#context;
    const counters = this.#context.counters.sends;
    const mapped = facade.view === 'mapped';
    return (req, list, count, port, address, hasCallback) => {
      // On a connected socket: (req, list, count, hasCallback).
      if (address === undefined) return Reflect.apply(send, handle, [req, list, count, port]);
      if (address === facade.plain) return send6.call(carrier, req, list, count, port, address, hasCallback);
      const ipv4 = mapped ? mappedIPv4(address) : address.includes(':') ? undefined : address;
      if (ipv4 === undefined) {
        if (mapped && translator.embedded(address) !== undefined) noteWritten(facade, address);
        facade.plain = address;
        return send6.call(carrier, req, list, count, port, address, hasCallback);
      }
      const decision = translator.destination(ipv4, { port, protocol: 'udp' });
      if (sendChannel.hasSubscribers) {
        sendChannel.publish({
          protocol: 'udp',
          address,
          port,
          host: undefined,
          decision,
          owner: this.#context.classes.ownerOf(handle),
        });
      }
      if (decision.kind === 'translate' || decision.kind === 'direct') {
        if (decision.kind === 'translate') counters.translated++;
        else counters.direct++;
        if (decision.step === 'multicast') {
          const group = this.#groups.destination(facade, ipv4, decision.address);
          if (typeof group === 'number') return group;
          return send6.call(carrier, req, list, count, port, group, hasCallback);
        }
        const by = decision.kind === 'direct' ? handle : carrier;
        return send6.call(by, req, list, count, port, decision.address, hasCallback);
      }
      return this.#sendLater(handle, decision, req, list, count, port, address);
    };
  }

  /** What cannot be sent now: held until the prefix is known, or refused with a cause. */
  #sendLater(
    handle: UdpHandle,
    decision: Extract<Decision, { kind: 'refuse' | 'wait' }>,
    req: SendRequest,
    list: unknown,
    count: number,
    port: number,
    address: string,
  ): Errno {
    if (decision.kind === 'refuse') {
      this.#context.counters.sends.refused++;
      const { callback } = req;
      if (callback) {
        req.callback = (error, sent) => {
          if (error) error.cause ??= decision.cause;
          callback(error, sent);
        };
        // Later: a send that completes inside its own callback would never yield.
        setImmediate(() => req.oncomplete?.(errnoOf(decision.errno), 0));
        return 0;
      }
      return errnoOf(decision.errno);
    }
    void this.#context.prefixes.ready().then(() => {
      const status = handle.send(req, list, count, port, address, true);
      if (status < 0) req.oncomplete?.(status, 0);
      else if (status > 0) req.oncomplete?.(0, status - 1);
    });
    return 0;
  }
}

const MAX_WRITTEN = 1024;

function noteWritten(facade: UdpState, address: string): void {
  facade.written ??= new Set();
  if (facade.written.size >= MAX_WRITTEN) facade.written.clear();
  facade.written.add(canonicalIPv6(address));
}
