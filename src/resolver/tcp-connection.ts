import type { Socket } from 'node:net';
import { framed, MessageFrames } from './message-frames';

export interface TcpLimits {
  /** RFC 7766 §6.2.3: how long a connection may be without a query. */
  readonly idleMs: number;
  /** How long a message may take from its first octet to its last. */
  readonly messageMs: number;
  /** Queries of one connection in work at once. */
  readonly maxQueries: number;
}

type Respond = (query: Buffer) => Buffer | undefined | Promise<Buffer | undefined>;

/**
 * The server's side of a connection (RFC 7766). It has a deadline whenever the client is to do something: to begin a query,
 * to end one, to read its answers. A trickle of octets does not move it.
 */
export class TcpConnection {
  readonly #socket: Socket;
  readonly #respond: Respond;
  readonly #limits: TcpLimits;
  readonly #frames = new MessageFrames();
  /** When it has given out its last answer, or is gone. */
  readonly flushed: Promise<void>;
  #queue: Buffer[] = [];
  #working = 0;
  /** No query will be taken any more: the connection ends when those in work are answered. */
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

  /** Nothing is asked and nothing is being answered: whoever waits longest in this state can be done without. */
  get isIdle(): boolean {
    return this.#working === 0 && this.#queue.length === 0;
  }

  /** Reads no more; closes when what was read is answered. */
  stop(): void {
    this.#ending = true;
    this.#work();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** RFC 7766 §6.2.1.1: answered as they come, in any order; but who sends without reading is held back by TCP itself. */
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
    // What deserves no answer is not DNS: the rest of the stream is not worth reading.
    if (answer === undefined) return void this.#socket.destroy();
    this.#socket.write(framed(answer));
    this.#work();
  }

  /** Sets the deadline for what is awaited now; one that is set already for the same runs on. */
  #setDeadline(): void {
    const awaits = this.#awaited();
    if (awaits === this.#awaits) return;
    this.#awaits = awaits;
    clearTimeout(this.#deadline);
    if (awaits === undefined) return;
    const ms = awaits === 'client' ? this.#limits.idleMs : this.#limits.messageMs;
    this.#deadline = setTimeout(() => this.#socket.destroy(), ms);
  }

  /** What the client is to do: anything at all, or to end its n-th message; undefined while it is the server's turn. */
  #awaited(): string | undefined {
    if (this.#socket.writableNeedDrain) return 'client';
    if (this.#queue.length > 0) return undefined;
    if (this.#frames.inMessage && !this.#ending) return `message ${this.#frames.ended}`;
    return this.isIdle ? 'client' : undefined;
  }
}
