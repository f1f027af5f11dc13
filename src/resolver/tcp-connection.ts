import type { Socket } from 'node:net';
import { framed, MessageFrames } from './message-frames';

export interface TcpLimits {
  /** RFC 7766 §6.2.3: how long a connection may have no query. */
  readonly idleMs: number;
  /** How long one message may take from its first to its last octet. */
  readonly messageMs: number;
  /** The maximum number of pending queries of one connection. */
  readonly maxQueries: number;
}

type Respond = (query: Buffer) => Buffer | undefined | Promise<Buffer | undefined>;

/**
 * The server's side of a connection (RFC 7766). It has a deadline whenever the client must act: begin a query, complete
 * one, or read its answers. A trickle of octets does not extend the deadline.
 */
export class TcpConnection {
  readonly #socket: Socket;
  readonly #respond: Respond;
  readonly #limits: TcpLimits;
  readonly #frames = new MessageFrames();
  /** Resolves when the connection has sent its last answer or is closed. */
  readonly flushed: Promise<void>;
  #queue: Buffer[] = [];
  #working = 0;
  /** No more queries are accepted: the connection ends when the pending ones are answered. */
  #ending = false;
  #deadline: NodeJS.Timeout | undefined;
  #awaits: string | undefined;

  constructor(socket: Socket, respond: Respond, limits: TcpLimits) {
    this.#socket = socket;
    this.#respond = respond;
    this.#limits = limits;
    this.flushed = new Promise((resolve) => {
      socket.on('finish', resolve);
      socket.on('close', () => resolve());
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => clearTimeout(this.#deadline));
    socket.on('drain', () => this.#work());
    socket.on('data', (chunk) => {
      this.#queue.push(...this.#frames.push(chunk));
      this.#work();
    });
    socket.on('end', () => {
      this.#ending = true;
      this.#work();
    });
    this.#setDeadline();
  }

  /** Nothing is pending. Among such connections, the one that has waited longest can be closed. */
  get isIdle(): boolean {
    return this.#working === 0 && this.#queue.length === 0;
  }

  /** Stops reading. Closes when all received queries are answered. */
  stop(): void {
    this.#ending = true;
    this.#work();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /**
   * RFC 7766 §6.2.1.1: queries are answered as they come, in any order. TCP itself slows down a client that sends
   * without reading.
   */
  #work(): void {
    while (this.#queue.length > 0 && this.#working < this.#limits.maxQueries && !this.#socket.writableNeedDrain) {
      this.#working++;
      void Promise.resolve(this.#respond(this.#queue.shift() as Buffer)).then((answer) => this.#finish(answer));
    }
    if (this.#ending && this.isIdle) this.#socket.end();
    else if (this.#ending || this.#queue.length > 0) this.#socket.pause();
    else this.#socket.resume();
    this.#setDeadline();
  }

  #finish(answer: Buffer | undefined): void {
    this.#working--;
    if (this.#socket.destroyed) return;
    // Octets without a valid answer are not DNS, so the rest of the stream is not read.
    if (answer === undefined) return void this.#socket.destroy();
    this.#socket.write(framed(answer));
    this.#work();
  }

  /** Sets the deadline for the current expectation. If the expectation has not changed, the running deadline stays. */
  #setDeadline(): void {
    const awaits = this.#awaited();
    if (awaits === this.#awaits) return;
    this.#awaits = awaits;
    clearTimeout(this.#deadline);
    if (awaits === undefined) return;
    const ms = awaits === 'client' ? this.#limits.idleMs : this.#limits.messageMs;
    this.#deadline = setTimeout(() => this.#socket.destroy(), ms);
  }

  /** What the client must do: anything at all, or complete its n-th message. Undefined while the server must act. */
  #awaited(): string | undefined {
    if (this.#socket.writableNeedDrain) return 'client';
    if (this.#queue.length > 0) return undefined;
    if (this.#frames.inMessage && !this.#ending) return `message ${this.#frames.ended}`;
    return this.isIdle ? 'client' : undefined;
  }
}
