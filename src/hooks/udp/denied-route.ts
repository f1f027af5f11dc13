import { GENERAL_DESTINATION } from '../../address/kernel';
import { monotonicMs } from '../../address/monotonic-clock';
import { Silence } from '../../prefix/silence';
import type { HookContext } from '../context';
import { nameOf } from '../handle/errno';
import { learnPrefix } from '../handle/learn-prefix';
import type { RealUdp } from '../handle/real-udp';
import { type Errno, type SendRequest, UV_UDP_LINUX_RECVERR } from '../node-internals';

/** A program that has sent two more datagrams, over some time, probably got no answer. */
const UNANSWERED = { datagrams: 2, forMs: 300 };
/** Some protocols never answer, so a silent destination must not cause more queries than this. */
const ASK_AGAIN_MS = 60_000;
/** When to look for the first router's answer, in milliseconds after the query. */
const LOOK_AFTER_MS = [20, 200];

/**
 * Detects from datagrams a route that the network denies: the kernel has a route, but a router answers "network
 * unreachable". Linux reports this to a UDP socket, connected or not, only if the socket has IP_RECVERR, and the
 * program's socket does not. Therefore, if datagrams get no answer, and nothing from beyond this link has arrived over
 * IPv4, a socket with IP_RECVERR asks the first router: it sends empty datagrams with a TTL of 1, which get no further.
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

  /** A datagram was sent to `ipv4` over IPv4 by a route. `req` shows the class of request that a send needs. */
  sent(ipv4: string, req: SendRequest): void {
    if (this.#silence.sent(ipv4) === undefined || monotonicMs() < this.#nextMs) return;
    if (!this.#context.kernel.isUnproven(ipv4)) return;
    this.#nextMs = monotonicMs() + ASK_AGAIN_MS;
    try {
      const Request = req.constructor as new () => SendRequest;
      // A router may deny one destination. If it also denies an address that belongs to no host, it denies them all.
      this.#ask(ipv4, Request, () =>
        this.#ask(
          GENERAL_DESTINATION,
          Request,
          () => this.#denied(ipv4, true),
          () => this.#denied(ipv4, false),
        ),
      );
    } catch {
      // --permission, or no memory. The program's own datagram has been sent.
    }
  }

  /** A datagram arrived from `ipv4` over IPv4. */
  heard(ipv4: string): void {
    this.#silence.heard(ipv4);
    this.#context.kernel.connectedOver(ipv4);
  }

  /** Calls `denied` if the first router answers "network unreachable", else `otherwise`. */
  #ask(ipv4: string, Request: new () => SendRequest, denied: () => void, otherwise = () => {}): void {
    const { bind, setTTL, connect, send, close } = this.#real;
    const probe = new this.#context.classes.Udp();
    const end = () => close.call(probe);
    // The probe never receives: Node.js 24 and 26 abort if a handle reports such an error. The next send returns the
    // error. It takes four arguments, as on a connected socket: Node.js aborts if port and address are undefined.
    const tell = (): Errno => Reflect.apply(send, probe, [new Request(), [Buffer.alloc(0)], 1, false]);
    const prepared =
      bind.call(probe, '0.0.0.0', 0, UV_UDP_LINUX_RECVERR) || setTTL.call(probe, 1) || connect.call(probe, ipv4, PORT);
    if (prepared !== 0 || tell() < 0) {
      end();
      otherwise();
      return;
    }
    const look = (nth: number) => {
      const afterMs = LOOK_AFTER_MS[nth];
      if (afterMs === undefined) {
        end();
        otherwise();
        return;
      }
      setTimeout(() => {
        const status = tell();
        if (status >= 0) {
          look(nth + 1);
          return;
        }
        end();
        if (nameOf(status) === 'ENETUNREACH') denied();
        else otherwise();
      }, afterMs).unref();
    };
    look(0);
  }

  #denied(ipv4: string, isGeneral: boolean): void {
    const { prefixes, kernel, translator } = this.#context;
    const giveUp = () => {
      // An assumed prefix is no evidence that the NAT64 exists.
      if (prefixes.origin === 'assumed') return;
      kernel.deniedByNetwork(ipv4, isGeneral);
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

/** `discard`. Only a router receives these datagrams. */
const PORT = 9;
