import dns from 'node:dns';
import { ipv4ToInteger } from '../address/ipv4';
import { parseIPv6 } from '../address/ipv6';
import { Pref64 } from '../address/pref64';
import { Waiting } from '../kept-callbacks';
import type { DiscoverOptions } from './discover';
import { Evidence } from './evidence';
import { PrefixLife } from './life';
import { Silence } from './silence';
import type { SourceName } from './source';

/**
 * The origin of the NAT64 prefixes in use. `router`: its advertisements (RFC 8781). `discovery`: the network's DNS64
 * (RFC 7050). `assumed`: the network names none, so the well-known one is tried (RFC 6147 §5.2).
 */
export type PrefixOrigin = 'policy' | SourceName | 'assumed' | 'unknown';

export interface PrefixesOptions {
  /** The policy's prefixes, in order. `discover`: learn them when the first IPv4 address must be translated. */
  readonly nat64: 'discover' | readonly Pref64[];
  /** The longest time, in milliseconds, to wait for a prefix. */
  readonly deadlineMs: number;
  readonly servers: DiscoverOptions['servers'];
  readonly isDirect: DiscoverOptions['isDirect'];
}

/** A program may give up a connection sooner than this for its own reasons, as Happy Eyeballs does. */
const PATIENCE_MS = 1_000;

/** The NAT64 prefixes of this process: those of the policy, which are fixed, or those that the network names. */
export class Prefixes {
  readonly #options: PrefixesOptions;
  readonly #listeners = new Set<() => void>();
  readonly #evidence = new Evidence();
  readonly #silence = new Silence();
  readonly #realLookup = dns.promises.lookup;
  readonly #life: PrefixLife | undefined;
  #inUse: readonly Pref64[] | undefined;
  #origin: PrefixOrigin;
  readonly #waiting = new Waiting();
  #deadline: NodeJS.Timeout | undefined;

  constructor(options: PrefixesOptions) {
    this.#options = options;
    this.#inUse = options.nat64 === 'discover' ? undefined : options.nat64;
    this.#origin = this.#inUse ? 'policy' : 'unknown';
    if (this.#inUse !== undefined) return;
    this.#life = new PrefixLife({
      // An async function, so that a failure to load the code (no descriptor is left) becomes a rejection, and is
      // retried.
      ask: async (signal) => this.#sources()(signal),
      onChange: ({ prefixes, source }) => this.#use(prefixes, source),
      onSettled: (asked) => this.#settle(asked),
    });
  }

  get origin(): PrefixOrigin {
    return this.#origin;
  }

  /**
   * The prefixes in use, in order of preference. Embedded addresses are recognized by them. Undefined until discovery
   * has finished.
   */
  get all(): readonly Pref64[] | undefined {
    return this.#inUse;
  }

  /**
   * The prefixes in use, in the order in which to try them: those that recently gave no answer come last. The caller is
   * about to use one, so the network is asked again if they are in doubt.
   * @param ipv4 the destination, as an unsigned 32-bit integer
   */
  readonly list = (ipv4?: number): readonly Pref64[] | undefined => {
    if (this.#inUse === undefined) return undefined;
    this.#life?.need();
    return this.#evidence.order(this.#inUse, ipv4);
  };

  get hasSeveral(): boolean {
    return (this.#inUse?.length ?? 0) > 1;
  }

  /** Whether `succeeded` would change anything. Usually it would not, and the call can be skipped. */
  get wantsProof(): boolean {
    return this.#evidence.wantsProof || (this.#life?.wantsProof ?? false);
  }

  /** Calls `listener` when the prefixes, their origin or their order change. The result removes the listener. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Resolves when the prefixes are known, at the latest after the deadline of the policy. Never rejects. */
  readonly ready = (): Promise<void> => new Promise((resolve) => void this.whenReady(resolve));

  /**
   * Calls `callback` when the prefixes are known, at the latest after the deadline, and never before this function
   * returns. The process stays alive until then.
   * @returns a function that ends the wait: `callback` is not called, and the process need not stay alive for it
   */
  readonly whenReady = (callback: () => void): (() => void) => {
    const end = this.#waiting.add(() => this.#release(callback));
    if (this.#inUse !== undefined) {
      this.#waiting.release();
      return end;
    }
    this.#deadline ??= setTimeout(() => this.#settle(), this.#options.deadlineMs);
    this.#deadline.ref();
    this.#life?.need(true);
    return () => {
      end();
      if (this.#waiting.size === 0) this.#deadline?.unref();
    };
  };

  /**
   * A connection or datagram to this IPv4-embedded address failed on the path: ENETUNREACH, EHOSTUNREACH, ETIMEDOUT,
   * EADDRNOTAVAIL, EACCES.
   */
  failed(ipv6: string): void {
    this.#note(ipv6, (prefix, ipv4) => {
      this.#evidence.failed(prefix, ipv4);
      this.#life?.doubt();
    });
  }

  /** The program gave up a connect to this address after `afterMs` milliseconds without an answer. */
  abandoned(ipv6: string, afterMs: number): void {
    if (afterMs >= PATIENCE_MS) this.failed(ipv6);
  }

  /**
   * A datagram is sent to this IPv4-embedded address. Several without an answer are suspicious, although some protocols
   * never answer.
   */
  sent(ipv6: string): void {
    const silent = this.#silence.sent(ipv6);
    if (silent === undefined) return;
    this.#note(ipv6, (prefix, ipv4) => {
      const counts = silent === 'no longer answers' || !this.#evidence.hasWorked(prefix);
      if (counts) this.#evidence.failed(prefix, ipv4);
      this.#life?.doubt(true);
    });
  }

  /** The peer at this address answered, even if only with a refusal, so the path works. */
  succeeded(ipv6: string): void {
    this.#silence.heard(ipv6);
    if (!this.wantsProof) return;
    this.#note(ipv6, (prefix, ipv4) => {
      this.#evidence.succeeded(prefix, ipv4);
      if (!this.#inUse?.some((other) => this.#evidence.doubts(other))) this.#life?.trust();
    });
  }

  /** Starts discovery. Nobody waits for it. */
  learn(): void {
    if (this.#inUse === undefined) this.#life?.need();
  }

  stop(): void {
    this.#life?.stop();
    this.#settle();
  }

  #note(ipv6: string, act: (prefix: Pref64, ipv4: number) => void): void {
    const octets = parseIPv6(ipv6);
    for (const prefix of this.#inUse ?? []) {
      const ipv4 = prefix.extractOctets(octets);
      if (ipv4 === undefined) continue;
      act(prefix, ipv4ToInteger(ipv4));
      if (this.hasSeveral) this.#changed();
      return;
    }
  }

  /** Loaded on first use: a program that never needs a prefix does not pay for it. */
  #sources(): ReturnType<typeof import('./discover').askNetwork> {
    const { askNetwork } = require('./discover') as typeof import('./discover');
    const { servers, isDirect } = this.#options;
    return askNetwork({
      servers,
      isDirect,
      lookup: (name, options) => this.#realLookup(name, options),
      isAwaited: () => this.#waiting.size > 0,
    });
  }

  #use(prefixes: readonly Pref64[], source: SourceName): void {
    this.#origin = prefixes.length > 0 ? source : 'assumed';
    this.#inUse = prefixes.length > 0 ? prefixes : [Pref64.WELL_KNOWN];
    this.#evidence.clear();
    this.#changed();
  }

  /**
   * The first answer has arrived, or the deadline has passed. Without an answer a prefix is assumed only for a call that
   * waits: a listener may have asked before the network was up.
   * @param asked false: there was no descriptor to ask with, so nothing is known of the network
   */
  #settle(asked = true): void {
    clearTimeout(this.#deadline);
    this.#deadline = undefined;
    const isNeeded = this.#waiting.size > 0 || this.#life?.state === 'none';
    if (asked && isNeeded && this.#inUse === undefined) this.#use([], 'discovery');
    this.#waiting.release();
  }

  /**
   * Without an answer, a call that waited goes to the well-known prefix, and meets the lack of descriptors itself. Nobody
   * else does: a descriptor may be free by now.
   */
  #release(done: () => void): void {
    if (this.#inUse !== undefined) {
      done();
      return;
    }
    this.#inUse = [Pref64.WELL_KNOWN];
    this.#origin = 'assumed';
    try {
      done();
    } finally {
      this.#inUse = undefined;
      this.#origin = 'unknown';
      this.#changed();
    }
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
