import { GENERAL_DESTINATION } from '../../address/kernel';
import { monotonicMs } from '../../address/monotonic-clock';
import { nameOf } from '../../kernel/error-names';
import { isShortage } from '../../report/out-of-resources';
import type { HookContext } from '../context';
import type { RealUdp } from '../handle/real-methods';
import { type Errno, type SendRequest, type UdpHandle, UV_UDP_LINUX_RECVERR } from '../node-internals';

/** For how many milliseconds the first datagram by a route may stay without an answer, if no second one follows. */
const PATIENCE_MS = 300;
/** The maximum number of remembered destinations. */
const MAX_DESTINATIONS = 1024;
/**
 * When to look for the first router's answer if the program sends nothing more, in milliseconds after the query began. The
 * last one ends the query. All programs of a host share the router's answers, so this may take several seconds.
 */
const LOOK_AFTER_MS = [20, 200, 1_200, 2_400, 3_600, 5_000, 7_500, 10_000];
/** How long to wait after a query that proved nothing. The time doubles with each, up to the longest. */
const FIRST_PAUSE_MS = 1_000;
/** Some protocols never answer, and must not cause more queries than this. */
const LONGEST_PAUSE_MS = 60_000;
/** The maximum number of datagrams in one query, for a program that sends very many. */
const MAX_QUESTIONS = 1_000;
/** `discard`. Only a router receives these datagrams. */
const PORT = 9;

type RequestClass = new () => SendRequest;

/**
 * Detects from datagrams a route that the network denies: the kernel has a route, but a router answers "network
 * unreachable". Linux reports this to a UDP socket, connected or not, only if the socket has IP_RECVERR, and the
 * program's socket does not. Therefore, if datagrams get no answer, and nothing from beyond this link has arrived over
 * IPv4, a socket with IP_RECVERR asks the first router.
 */
export class DeniedRoutes {
  readonly #context: HookContext;
  readonly #real: RealUdp;
  /** IPv4 destination → whether nothing needs to be known of its route: it answered, is on the link, or not of the Internet. */
  readonly #destinations = new Map<string, boolean>();
  #nextMs = 0;
  #pauseMs = FIRST_PAUSE_MS;
  #timer: NodeJS.Timeout | undefined;
  #query: RouterQuery | undefined;

  constructor(context: HookContext, real: RealUdp) {
    this.#context = context;
    this.#real = real;
  }

  /** A datagram is about to go to `ipv4` over IPv4 by a route. `req` shows the class of request that a send needs. */
  sending(ipv4: string, req: SendRequest): void {
    const isSettled = this.#destinations.get(ipv4);
    if (isSettled) return;
    if (isSettled === undefined) {
      if (this.#destinations.size >= MAX_DESTINATIONS) this.#destinations.clear();
      const isUnproven = this.#context.kernel.evidence.isUnprovenInternet(ipv4);
      this.#destinations.set(ipv4, !isUnproven);
      if (!isUnproven) return;
    }
    if (this.#query !== undefined) this.#query.ask();
    else if (monotonicMs() < this.#nextMs) return;
    else if (this.#timer === undefined) this.#askSoon(ipv4, req.constructor as RequestClass);
    // Linux's default limit lets a router answer two datagrams, and no more while others come. The first one is lost.
    else if (isSettled === false) this.#begin(ipv4, req.constructor as RequestClass);
  }

  /**
   * A datagram arrived from `ipv4` over IPv4. Only from a destination of the program is it an answer.
   * @param isCertain whether it certainly came over IPv4. Otherwise it concerns no other destination.
   */
  heard(ipv4: string, isCertain: boolean): void {
    if (!this.#destinations.has(ipv4)) return;
    const { kernel } = this.#context;
    if (isCertain) kernel.evidence.answered(ipv4);
    // On another network everything begins anew.
    if (kernel.evidence.hasAnswered()) this.#destinations.clear();
    else this.#destinations.set(ipv4, true);
  }

  #askSoon(ipv4: string, Request: RequestClass): void {
    // An answer that has arrived by then is heard first: timers come before the poll phase.
    this.#timer = setTimeout(() => setImmediate(() => this.#begin(ipv4, Request)), PATIENCE_MS).unref();
  }

  #begin(ipv4: string, Request: RequestClass): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#destinations.get(ipv4) === true || !this.#context.kernel.evidence.isUnprovenInternet(ipv4)) return;
    let probe: UdpHandle;
    try {
      probe = new this.#context.classes.Udp();
    } catch {
      this.#nextMs = monotonicMs() + LONGEST_PAUSE_MS;
      return; // --permission, or no memory
    }
    this.#query = new RouterQuery(this.#real, probe, Request, (answer) => {
      this.#query = undefined;
      this.#nextMs = monotonicMs() + this.#pauseMs;
      this.#pauseMs = answer === 'denied' ? FIRST_PAUSE_MS : Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS);
      // The router said something else of this destination, and nothing of others.
      if (answer === 'other') this.#destinations.set(ipv4, true);
      else if (answer === 'denied') this.#whenPrefixKnown(() => this.#denied(ipv4, Request));
    });
    this.#query.begin(ipv4);
  }

  /**
   * A router may deny one destination. If this one does not answer through the NAT64 either, a second question shows more: if
   * the router also denies an address that belongs to no host, it denies them all.
   */
  #denied(ipv4: string, Request: RequestClass): void {
    const isGeneral = ipv4 === GENERAL_DESTINATION;
    this.#nextMs = 0;
    this.#context.kernel.evidence.denied(ipv4, isGeneral);
    if (!isGeneral && this.#timer === undefined) this.#askSoon(GENERAL_DESTINATION, Request);
  }

  #whenPrefixKnown(act: () => void): void {
    const { prefixes } = this.#context;
    // An assumed prefix is no evidence that the NAT64 exists.
    const actIfKnown = () => {
      if (prefixes.origin !== 'assumed') act();
    };
    if (prefixes.list() !== undefined) {
      actIfKnown();
      return;
    }
    const stop = prefixes.onChange(() => {
      if (prefixes.all === undefined) return;
      stop();
      actIfKnown();
    });
    prefixes.learn();
  }
}

/** What the first router says of a route. Any other error than "network unreachable" means that it passes datagrams on. */
type RouterAnswer = 'denied' | 'other' | 'none';

/**
 * Asks the first router for a route: with empty datagrams with a TTL of 1, which get no further. A router limits such
 * answers; Linux sends one a second to each host after the first five, or fewer. So while there is no answer, a datagram of
 * the query goes just before each one of the program's, which would use up the limit.
 */
class RouterQuery {
  readonly #real: RealUdp;
  readonly #probe: UdpHandle;
  readonly #Request: RequestClass;
  readonly #answered: (answer: RouterAnswer) => void;
  #questions = 0;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  /** @param answered is called once */
  constructor(real: RealUdp, probe: UdpHandle, Request: RequestClass, answered: (answer: RouterAnswer) => void) {
    this.#real = real;
    this.#probe = probe;
    this.#Request = Request;
    this.#answered = answered;
  }

  begin(ipv4: string): void {
    const { bind, setTTL, connect } = this.#real;
    const probe = this.#probe;
    const status = statusOf(
      () =>
        bind.call(probe, '0.0.0.0', 0, UV_UDP_LINUX_RECVERR) ||
        setTTL.call(probe, 1) ||
        connect.call(probe, ipv4, PORT),
    );
    // Without a descriptor the router was not asked.
    if (status !== 0) this.#end(isShortage(nameOf(status)) ? 'none' : 'other');
    this.ask();
    this.#lookAgain(0);
  }

  /** Sends a datagram, and learns from it of the answer to the one before. */
  ask(): void {
    if (this.#isOver) return;
    if (++this.#questions > MAX_QUESTIONS) {
      this.#end('none');
      return;
    }
    const { send } = this.#real;
    // The probe never receives: Node.js 24 and 26 abort if a handle reports such an error. The next send returns the
    // error. It takes four arguments, as on a connected socket: Node.js aborts if port and address are undefined.
    const status = statusOf(() => Reflect.apply(send, this.#probe, [new this.#Request(), [Buffer.alloc(0)], 1, false]));
    if (status < 0 && !isShortage(nameOf(status))) this.#end(nameOf(status) === 'ENETUNREACH' ? 'denied' : 'other');
  }

  #lookAgain(nth: number): void {
    if (this.#isOver) return;
    const afterMs = LOOK_AFTER_MS[nth];
    if (afterMs === undefined) {
      this.#end('none');
      return;
    }
    this.#timer = setTimeout(
      () => {
        this.ask();
        this.#lookAgain(nth + 1);
      },
      afterMs - (LOOK_AFTER_MS[nth - 1] ?? 0),
    ).unref();
  }

  #end(answer: RouterAnswer): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#real.close.call(this.#probe);
    this.#answered(answer);
  }
}

function statusOf(call: () => Errno): Errno {
  try {
    return call();
  } catch {
    return EPERM; // --permission
  }
}
const EPERM: Errno = -1;
