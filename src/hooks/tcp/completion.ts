import type { Decision } from '../../address/decision';
import { mappedIPv4 } from '../../address/mapped';
import { monotonicMs } from '../../address/monotonic-clock';
import { nameOf } from '../../kernel/error-names';
import type { HookContext } from '../context';
import { asOverIPv4 } from '../handle/errno';
import { explainConnect, NO_WAY, noWay } from '../handle/network-errors';
import type { ConnectRequest, Errno, OnComplete, TcpHandle } from '../node-internals';
import type { TcpFacades } from './facade';

type Translated = Extract<Decision, { kind: 'translate' }>;

/** When a connect started. The program may give it up before there is an answer. */
const kStartedMs = Symbol('v6only connect started');
type Timed = ConnectRequest & { [kStartedMs]?: number };

/** What becomes of a connect by a route that a router may deny. */
interface ByRoute {
  /** The request is complete. */
  ended(req: ConnectRequest): void;
  /** Continues a request that a router denied. @returns whether there is another way */
  goOnByNat64(handle: TcpHandle, req: ConnectRequest, code: Errno, inner: OnComplete | undefined): boolean;
}

/** Handles the result of a connect: converts its error to IPv4 terms, and records whether the way works. */
export class TcpCompletions {
  readonly #context: HookContext;
  readonly #facades: TcpFacades;
  readonly #byRoute: ByRoute;
  #translated: Completion | undefined;
  #direct: Completion | undefined;

  constructor(context: HookContext, facades: TcpFacades, byRoute: ByRoute) {
    this.#context = context;
    this.#facades = facades;
    this.#byRoute = byRoute;
  }

  watchTranslated(req: ConnectRequest): void {
    const { oncomplete } = req;
    const { prefixes } = this.#context;
    let watched = this.#translated;
    if (watched === undefined || watched.inner !== oncomplete) {
      watched = this.#translated = completion(
        oncomplete,
        (code, handle, of) => {
          const decision = this.#facades.describe(handle)?.decision;
          if (decision?.kind === 'translate')
            this.explainFailure(handle, of, of.address ?? '', of.port ?? 0, decision, code);
          return asOverIPv4(code);
        },
        (_of, handle) => {
          const decision = prefixes.wantsProof ? this.#facades.describe(handle)?.decision : undefined;
          if (decision?.kind === 'translate') prefixes.succeeded(decision.address);
        },
      );
    }
    (req as Timed)[kStartedMs] = monotonicMs();
    req.oncomplete = watched.outer;
  }

  /**
   * Watches for a route that the network denies: the kernel has a route, but a router answers "network unreachable" (as
   * in a container whose host has no IPv4). This is equivalent to a missing route, so the connect continues through the
   * NAT64.
   */
  watchDirect(req: ConnectRequest): void {
    const { oncomplete } = req;
    let watched = this.#direct;
    if (watched === undefined || watched.inner !== oncomplete) {
      const { kernel } = this.#context;
      const byRoute = this.#byRoute;
      watched = this.#direct = completion(
        oncomplete,
        (code, handle, of) => {
          byRoute.ended(of);
          return nameOf(code) === 'ENETUNREACH' && byRoute.goOnByNat64(handle, of, code, oncomplete) ? undefined : code;
        },
        (of) => {
          byRoute.ended(of);
          kernel.evidence.answered(mappedIPv4(of.address ?? '') ?? of.address ?? '');
        },
      );
    }
    req.oncomplete = watched.outer;
  }

  /**
   * An error on the way to or through the NAT64 lists what was tried, and makes v6only check whether the way has
   * changed.
   */
  explainFailure(
    handle: TcpHandle,
    req: ConnectRequest,
    address: string,
    port: number,
    decision: Translated,
    code: Errno,
  ): void {
    const { prefixes } = this.#context;
    const name = nameOf(code);
    if (!NO_WAY.has(name)) {
      // A refusal is an answer too. If the program closes a handle, its request completes with ECANCELED.
      if (name === 'ECONNREFUSED' || name === 'ECONNRESET') prefixes.succeeded(decision.address);
      else if (name === 'ECANCELED')
        prefixes.abandoned(decision.address, monotonicMs() - ((req as Timed)[kStartedMs] ?? Number.POSITIVE_INFINITY));
      return;
    }
    prefixes.failed(decision.address);
    explainConnect(
      this.#context.classes.ownerOf(handle),
      req.address ?? address,
      noWay(address, port, decision, name, prefixes.origin),
    );
  }
}

interface Completion {
  readonly inner: OnComplete | undefined;
  readonly outer: OnComplete;
}

/**
 * Wraps `inner`. `failed` converts an error, or returns undefined if the request continues. lib/net.js uses one
 * function for almost all requests, so one wrapper serves them all.
 */
function completion(
  inner: OnComplete | undefined,
  failed: (code: Errno, handle: TcpHandle, req: ConnectRequest) => Errno | undefined,
  succeeded?: (req: ConnectRequest, handle: TcpHandle) => void,
): Completion {
  const outer: OnComplete = function (code, handle, req, readable, writable) {
    if (code === 0) {
      succeeded?.(req, handle);
      return inner?.call(this, 0, handle, req, readable, writable);
    }
    const shown = failed(code, handle, req);
    return shown === undefined ? undefined : inner?.call(this, shown, handle, req, readable, writable);
  };
  return { inner, outer };
}
