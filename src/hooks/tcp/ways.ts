import { monotonicMs } from '../../address/monotonic-clock';
import { nameOf } from '../../kernel/error-names';
import type { HookContext } from '../context';
import { connectChannel } from '../diagnostics';
import { asOverIPv4, errnoOf } from '../handle/errno';
import { explainConnect, failedWays, NO_WAY } from '../handle/network-errors';
import { onClose } from '../handle/on-close';
import { type ConnectRequest, type Errno, type OnComplete, TCP_SOCKET, type TcpHandle } from '../node-internals';
import { publish } from '../publish';
import { setMethod } from '../set-method';
import type { TcpFacades } from './facade';
import { connectWay, type Way, type WaysRequest } from './way';

/** How long to wait for silent ways after another was refused. */
const PATIENCE_MS = 1000;

interface Attempt {
  readonly way: Way;
  readonly index: number;
  readonly handle: TcpHandle;
  readonly startedMs: number;
}

/**
 * One connect of the program over the first of several ways that succeeds. The first way uses the program's own handle.
 * Each other way has a handle of its own, and the winner's replaces the program's, as in Node's Happy Eyeballs. No way
 * is given up because another has started, and none carries data before it has won.
 */
export class WaysConnect {
  readonly #context: HookContext;
  readonly #facades: TcpFacades;
  readonly #asked: WaysRequest;
  /** The function that lib/net.js set for the result. */
  readonly #inner: OnComplete | undefined;
  readonly #ways: Way[];
  #more: (() => Promise<readonly Way[]>) | undefined;
  #isAskingForMore = false;
  readonly #pending = new Map<TcpHandle, Attempt>();
  readonly #failures: { readonly way: Way; readonly code: Errno }[] = [];
  #next = 0;
  #wasRefused = false;
  #timer: NodeJS.Timeout | undefined;
  #settled = false;
  #isCompleted = false;
  #closedByProgram = false;
  #release = () => {};

  /** @param inner completes the request. It is `req.oncomplete`, unless the first way has failed already. */
  constructor(context: HookContext, facades: TcpFacades, asked: WaysRequest, inner = asked.req.oncomplete) {
    this.#context = context;
    this.#facades = facades;
    this.#asked = asked;
    this.#inner = inner;
    this.#ways = [...asked.ways];
    this.#more = asked.more;
  }

  /** Starts the first way. @returns 0, or the error if no way could start */
  start(): Errno {
    this.#watch();
    const status = this.#tryNext();
    if (status !== 0) this.#settle();
    return status;
  }

  /** The same with a new handle from the first way on, because the program's handle cannot be used for any way. */
  startAnew(): Errno {
    this.#ways.unshift(this.#ways[0] as Way);
    this.#next = 1;
    return this.start();
  }

  /** The first way was tried without this object and failed with `code`. Continues with the next. */
  goOn(code: Errno): void {
    this.#watch();
    const [first] = this.#ways as [Way];
    this.#next = 1;
    this.#failures.push({ way: first, code });
    if (this.#tryNext() === 0) return;
    // Not within the call: lib/net.js does not expect the result yet.
    setImmediate(() => {
      if (!this.#settled) this.#fail();
    });
  }

  /** The first way was started without this object and has not answered. Tries the next beside it. */
  goOnBeside(): void {
    this.#watch();
    this.#next = 1;
    const { handle, req } = this.#asked;
    this.#await({ way: this.#ways[0] as Way, index: 0, handle, startedMs: monotonicMs() }, req);
    this.#tryNext();
  }

  /** Meanwhile the program may close its handle, or unref it. */
  #watch(): void {
    const { handle } = this.#asked;
    const stopWatchingClose = onClose(
      handle,
      () => {
        this.#closedByProgram = true;
        const { prefixes } = this.#context;
        for (const { way, startedMs } of this.#pending.values())
          if (way.kind === 'translate') prefixes.abandoned(way.address, monotonicMs() - startedMs);
        this.#settle();
      },
      () => {
        // If a way was pending on the program's own handle, the kernel has completed the request.
        if (!this.#isCompleted) this.#complete(errnoOf('ECANCELED'), handle, false, false);
      },
    );
    const { ref, unref } = this.#facades.real;
    setMethod(handle, 'ref', () => this.#forEach(ref));
    setMethod(handle, 'unref', () => this.#forEach(unref));
    const release = () => {
      stopWatchingClose();
      delete (handle as Partial<TcpHandle>).ref;
      delete (handle as Partial<TcpHandle>).unref;
    };
    this.#release = release;
  }

  #forEach(method: (this: TcpHandle) => void): void {
    method.call(this.#asked.handle);
    for (const handle of this.#pending.keys()) method.call(handle);
  }

  /** Starts the next way that can start. @returns 0 if one is pending, or more ways are being asked for */
  #tryNext(): Errno {
    clearTimeout(this.#timer);
    if (this.#next > 0 && this.#context.classes.isHeldByTls(this.#asked.handle)) {
      this.#ways.length = this.#next;
      this.#more = undefined;
    }
    let status: Errno = this.#failures.at(-1)?.code ?? 0;
    while (this.#next < this.#ways.length) {
      const index = this.#next++;
      status = this.#begin(this.#ways[index] as Way, index);
      if (status === 0) {
        // The pending handle decides whether the process stays alive.
        const { delayMs } = this.#asked;
        if (this.#hasNext()) this.#timer = setTimeout(() => this.#tryNext(), delayMs).unref();
        return 0;
      }
    }
    if (this.#askForMore()) return 0;
    return this.#pending.size > 0 ? 0 : status;
  }

  #hasNext(): boolean {
    return this.#next < this.#ways.length || this.#more !== undefined;
  }

  #askForMore(): boolean {
    const more = this.#more;
    if (more === undefined) return false;
    this.#more = undefined;
    this.#isAskingForMore = true;
    void more().then((ways) =>
      // Outside the promise: an exception in the program's listeners must be uncaught, as natively.
      process.nextTick(() => {
        this.#isAskingForMore = false;
        if (this.#settled) return;
        this.#ways.push(...ways);
        this.#goOnOrFail();
      }),
    );
    return true;
  }

  #begin(way: Way, index: number): Errno {
    const { handle: own, req: asked, address, port } = this.#asked;
    const { real } = this.#facades;
    const handle = index === 0 ? own : new this.#context.classes.Tcp(TCP_SOCKET);
    const req = index === 0 ? asked : (Reflect.construct(asked.constructor, []) as ConnectRequest);
    const attempt: Attempt = { way, index, handle, startedMs: monotonicMs() };
    this.#await(attempt, req);
    publish(connectChannel, this.#context, own, 'tcp', address, port, way);
    const status = connectWay(real, this.#asked, way, handle, req);
    if (status !== 0) {
      this.#pending.delete(handle);
      this.#failures.push({ way, code: status });
      if (NO_WAY.has(nameOf(status))) this.#noWay(way);
      if (index > 0) real.close.call(handle);
      return status;
    }
    if (!real.hasRef.call(own)) real.unref.call(handle);
    const facade = this.#asked.facadeFor(way);
    if (facade) this.#facades.adopt(handle, facade);
    return 0;
  }

  #await(attempt: Attempt, req: ConnectRequest): void {
    this.#pending.set(attempt.handle, attempt);
    setMethod(req, 'oncomplete', (code, _handle, _req, readable, writable) =>
      this.#completed(attempt, code, readable, writable),
    );
  }

  #completed(attempt: Attempt, code: Errno, readable: boolean, writable: boolean): void {
    const { way, index, handle } = attempt;
    this.#pending.delete(handle);
    if (this.#settled) {
      // The program gets the result for a handle that it closed itself, but not for one that another has replaced.
      if (index === 0 && this.#closedByProgram) this.#complete(code, handle, readable, writable);
      return;
    }
    if (code === 0) {
      this.#win(attempt, readable, writable);
      return;
    }
    if (index > 0) this.#facades.real.close.call(handle);
    this.#failures.push({ way, code });
    const isAnswer = !NO_WAY.has(nameOf(code));
    if (isAnswer) this.#answered(way);
    else this.#noWay(way);
    // The destination's answer over IPv4 is final. A refusal through a NAT64 may come from a NAT64 that has gone.
    if (isAnswer && way.kind === 'direct') {
      this.#fail();
      return;
    }
    this.#wasRefused ||= isAnswer;
    this.#goOnOrFail();
  }

  /** Tries the next way. Fails if there is none, none is pending, and no more are being asked for. */
  #goOnOrFail(): void {
    if (this.#hasNext() && this.#tryNext() === 0) return;
    if (this.#isAskingForMore) return;
    if (this.#pending.size === 0) this.#fail();
    // The refusal comes from the destination, or from a NAT64 that has gone. Do not wait long for the silent ways.
    else if (this.#wasRefused) {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#fail(), PATIENCE_MS).unref();
    }
  }

  #win({ way, index, handle }: Attempt, readable: boolean, writable: boolean): void {
    if (index > 0 && this.#context.classes.isHeldByTls(this.#asked.handle)) {
      // Since this way began, `tls.connect({ socket })` was called.
      this.#facades.real.close.call(handle);
      this.#failures.push({ way, code: errnoOf('EHOSTUNREACH') });
      this.#goOnOrFail();
      return;
    }
    this.#settle();
    this.#answered(way);
    if (index === 0) {
      this.#complete(0, handle, readable, writable);
      return;
    }
    const socket = this.#context.classes.replaceHandle(this.#asked.handle, handle);
    if (socket === undefined) this.#facades.real.close.call(handle);
    else this.#complete(0, socket, readable, writable);
  }

  /** The destination answered on this way: it accepted or refused the connection. */
  #answered(way: Way): void {
    if (way.kind === 'translate') this.#context.prefixes.succeeded(way.address);
    this.#asked.onAnswer?.(way);
  }

  /** The way failed, which proves nothing about the destination. */
  #noWay(way: Way): void {
    if (way.kind === 'translate') this.#context.prefixes.failed(way.address);
  }

  /** One error for all ways. An answer of the destination itself takes precedence over errors on the path. */
  #fail(): void {
    const silent = [...this.#pending.values()].map(({ way }) => ({ way, errorName: 'no answer' }));
    this.#settle();
    const { handle, address, port } = this.#asked;
    const last = this.#failures.at(-1)?.code ?? errnoOf('ENETUNREACH');
    const { code } = this.#failures.find((failure) => !NO_WAY.has(nameOf(failure.code))) ?? { code: last };
    const failed = this.#failures.map(({ way, code: own }) => ({ way, errorName: nameOf(own) }));
    const ways = [...failed, ...silent].sort((a, b) => this.#ways.indexOf(a.way) - this.#ways.indexOf(b.way));
    explainConnect(this.#context.classes.ownerOf(handle), failedWays(address, port, ways));
    this.#complete(asOverIPv4(code), handle, false, false);
  }

  #complete(code: Errno, handle: TcpHandle, readable: boolean, writable: boolean): void {
    const { req } = this.#asked;
    this.#isCompleted = true;
    // lib/net.js takes the function from the request of an attempt that took too long.
    if (req.oncomplete !== undefined) this.#inner?.call(req, code, handle, req, readable, writable);
  }

  /** Ends all attempts. Handles created here that are still pending are closed. */
  #settle(): void {
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#release();
    for (const { handle, index } of this.#pending.values()) if (index > 0) this.#facades.real.close.call(handle);
  }
}
