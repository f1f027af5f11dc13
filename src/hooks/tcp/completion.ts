import type { Translated } from '../../address/decision';
import { mappedIPv4 } from '../../address/mapped';
import { monotonicMs } from '../../address/monotonic-clock';
import { nameOf } from '../../kernel/error-names';
import type { HookContext } from '../context';
import { asOverIPv4 } from '../handle/errno';
import { explainConnect, NO_WAY, noWay } from '../handle/network-errors';
import type { ConnectRequest, Errno, OnComplete, TcpHandle } from '../node-internals';
import type { TcpByWays, UnderWay } from './connect-by-ways';
import type { TcpFacades } from './facade';

/** When a connect started. The program may give it up before there is an answer. */
const kStartedMs = Symbol('v6only connect started');
type Timed = ConnectRequest & { [kStartedMs]?: number };

/** Handles the result of a connect: converts its error to IPv4 terms, and records whether the way works. */
export class TcpCompletions {
  readonly #context: HookContext;
  readonly #facades: TcpFacades;
  readonly #translated: Completion;
  readonly #direct: Completion;

  constructor(context: HookContext, facades: TcpFacades, byWays: TcpByWays) {
    const { prefixes, kernel } = context;
    this.#context = context;
    this.#facades = facades;
    this.#translated = new Completion(
      ({ handle, req }, code) => {
        const decision = this.#decisionOf(handle);
        if (decision) this.explainFailure(handle, req, req.address ?? '', req.port ?? 0, decision, code);
        return asOverIPv4(code);
      },
      (_req, handle) => {
        const decision = prefixes.wantsProof ? this.#decisionOf(handle) : undefined;
        if (decision) prefixes.succeeded(decision.address);
      },
    );
    this.#direct = new Completion(
      (connect, code) => {
        byWays.ended(connect.req);
        return nameOf(code) === 'ENETUNREACH' && byWays.goOnByNat64(connect, code) ? undefined : code;
      },
      (req) => {
        byWays.ended(req);
        kernel.evidence.answered(mappedIPv4(req.address ?? '') ?? req.address ?? '');
      },
    );
  }

  watchTranslated(req: ConnectRequest): void {
    (req as Timed)[kStartedMs] = monotonicMs();
    this.#translated.watch(req);
  }

  /**
   * Watches for a route that the network denies: the kernel has a route, but a router answers "network unreachable" (as
   * in a container whose host has no IPv4). This is equivalent to a missing route, so the connect continues through the
   * NAT64.
   */
  watchDirect(req: ConnectRequest): void {
    this.#direct.watch(req);
  }

  #decisionOf(handle: TcpHandle): Translated | undefined {
    const decision = this.#facades.describe(handle)?.decision;
    return decision?.kind === 'translate' ? decision : undefined;
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
    explainConnect(this.#context.classes.ownerOf(handle), noWay(address, port, decision, name, prefixes.origin));
  }
}

/** Watches requests. lib/net.js has one function for the results of almost all requests, so one wrapper serves them all. */
class Completion {
  readonly #failed: (connect: UnderWay, code: Errno) => Errno | undefined;
  readonly #succeeded: (req: ConnectRequest, handle: TcpHandle) => void;
  #inner: OnComplete | undefined;
  #outer: OnComplete | undefined;

  /** @param failed converts an error, or returns undefined if the request continues */
  constructor(
    failed: (connect: UnderWay, code: Errno) => Errno | undefined,
    succeeded: (req: ConnectRequest, handle: TcpHandle) => void,
  ) {
    this.#failed = failed;
    this.#succeeded = succeeded;
  }

  watch(req: ConnectRequest): void {
    if (this.#outer === undefined || this.#inner !== req.oncomplete) {
      this.#inner = req.oncomplete;
      this.#outer = this.#around(req.oncomplete);
    }
    req.oncomplete = this.#outer;
  }

  #around(inner: OnComplete | undefined): OnComplete {
    const [failed, succeeded] = [this.#failed, this.#succeeded];
    return function (code, handle, req, readable, writable) {
      if (code === 0) succeeded(req, handle);
      const shown = code === 0 ? 0 : failed({ handle, req, inner }, code);
      if (shown !== undefined) inner?.call(this, shown, handle, req, readable, writable);
    };
  }
}
