import { monotonicMs } from '../../address/monotonic-clock';
import { Silence } from '../../prefix/silence';
import type { HookContext } from '../context';
import { nameOf } from '../handle/errno';
import { learnPrefix } from '../handle/learn-prefix';
import type { RealUdp } from '../handle/real-udp';
import { type Errno, type SendRequest, UV_UDP_LINUX_RECVERR } from '../node-internals';

/** A program that asks twice more, and not at once, has had no answer. */
const UNANSWERED = { datagrams: 2, forMs: 300 };
/** Some protocols have no answers: one that is silent for good causes no more than this. */
const ASK_AGAIN_MS = 60_000;
/** When what the first router said has come back, in milliseconds since it was asked. */
const LOOK_AFTER_MS = [20, 200];

/**
 * A route that the network denies, as datagrams notice it: the kernel has one, and a router answers "network unreachable".
 * Linux keeps that from a UDP socket, connected or not, unless the socket has IP_RECVERR, and the program's has not. So where
 * datagrams get no answer, and nothing has yet come over IPv4 from beyond this link, one with IP_RECVERR asks the first router:
 * its empty datagrams have a TTL of 1, and get no further.
 */
export class DeniedRoutes {
  readonly #context: HookContext;
  readonly #real: RealUdp;
  readonly #silence = new Silence(undefined, UNANSWERED);
  #nextMs = 0;

  constructor(context: HookContext, real: RealUdp) {
    this.#context = context;
    this.#real = real;
  }

  /** A datagram was sent to `ipv4` over IPv4 by a route. `req` is of the class that a send needs. */
  sent(ipv4: string, req: SendRequest): void {
    if (this.#silence.sent(ipv4) === undefined || monotonicMs() < this.#nextMs) return;
    if (!this.#context.kernel.isUnproven(ipv4)) return;
    this.#nextMs = monotonicMs() + ASK_AGAIN_MS;
    try {
      this.#ask(ipv4, req.constructor as new () => SendRequest);
    } catch {
      // --permission, or no memory: the program's own datagram has been sent.
    }
  }

  /** A datagram came from `ipv4` over IPv4. */
  heard(ipv4: string): void {
    this.#silence.heard(ipv4);
    this.#context.kernel.connectedOver(ipv4);
  }

  #ask(ipv4: string, Request: new () => SendRequest): void {
    const { bind, setTTL, connect, send, close } = this.#real;
    const probe = new this.#context.classes.Udp();
    const end = () => close.call(probe);
    // A Node.js that is told of such an error by the handle aborts (24, 26), so it never receives; the next send tells it.
    // Four arguments, as for a connected socket: Node.js aborts with undefined ones in the place of a port and an address.
    const tell = (): Errno => Reflect.apply(send, probe, [new Request(), [Buffer.alloc(0)], 1, false]);
    const prepared =
      bind.call(probe, '0.0.0.0', 0, UV_UDP_LINUX_RECVERR) || setTTL.call(probe, 1) || connect.call(probe, ipv4, PORT);
    if (prepared !== 0 || tell() < 0) {
      end();
      return;
    }
    const look = (nth: number) => {
      const afterMs = LOOK_AFTER_MS[nth];
      if (afterMs === undefined) {
        end();
        return;
      }
      setTimeout(() => {
        const status = tell();
        if (status >= 0) {
          look(nth + 1);
          return;
        }
        end();
        if (nameOf(status) === 'ENETUNREACH') this.#denied(ipv4);
      }, afterMs).unref();
    };
    look(0);
  }

  #denied(ipv4: string): void {
    const { prefixes, kernel, translator } = this.#context;
    const giveUp = () => {
      // A prefix that is but assumed is nothing to go by.
      if (prefixes.origin === 'assumed') return;
      kernel.deniedByNetwork(ipv4);
      translator.reset();
    };
    if (prefixes.list() !== undefined) {
      giveUp();
      return;
    }
    const stop = prefixes.onChange(() => {
      stop();
      giveUp();
    });
    learnPrefix(this.#context);
  }
}

/** `discard`; nobody but a router hears of it. */
const PORT = 9;
