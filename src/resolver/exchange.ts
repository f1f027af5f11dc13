import dgram from 'node:dgram';
import net from 'node:net';
import type { Endpoint } from '../address/server-address';
import { framed, MessageFrames } from './message-frames';

/** One question to one server. */
export interface Exchange<T> {
  readonly endpoint: Endpoint;
  readonly query: Buffer;
  /**
   * Reads the octets received. Undefined if they are not the answer: the exchange then keeps waiting. Throws if no
   * answer will come.
   */
  readonly accept: (bytes: Buffer) => T | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** The exchange must not keep the process alive. */
  readonly background: boolean;
}

/** The server did not answer in time. */
export class ExchangeTimeout extends Error {}

/**
 * Asks over UDP from a new socket, so that the kernel chooses the port (RFC 5452 §9.2). The socket is connected: the
 * kernel then accepts only datagrams of this server, and reports a closed port at once.
 */
export function exchangeOverUdp<T>(exchange: Exchange<T>): Promise<T> {
  const { endpoint, query } = exchange;
  const socket = dgram.createSocket({ type: 'udp6', lookup: literalOnly });
  if (exchange.background) socket.unref();
  return settle(exchange, closeUdp(socket), (resolve, reject) => {
    socket.on('error', reject);
    socket.on('message', (bytes) => tryAccept(exchange, bytes, resolve, reject));
    // Not the callback of `connect`: Node would pass the error to it instead of emitting the event.
    socket.on('connect', () => socket.send(query));
    socket.connect(endpoint.port, endpoint.address);
  });
}

/** Asks over TCP (RFC 7766): each message follows its length in two octets. */
export function exchangeOverTcp<T>(exchange: Exchange<T>): Promise<T> {
  const { endpoint, query } = exchange;
  const socket = net.connect({ host: endpoint.address, port: endpoint.port });
  if (exchange.background) socket.unref();
  return settle(
    exchange,
    () => socket.destroy(),
    (resolve, reject) => {
      socket.write(framed(query));
      const frames = new MessageFrames();
      socket.on('data', (chunk) => {
        for (const message of frames.push(chunk)) tryAccept(exchange, message, resolve, reject);
      });
      socket.on('error', reject);
      socket.on('close', () => reject(new ExchangeTimeout('the server closed the connection without an answer')));
    },
  );
}

function tryAccept<T>(exchange: Exchange<T>, bytes: Buffer, resolve: (value: T) => void, reject: (e: Error) => void) {
  try {
    const value = exchange.accept(bytes);
    if (value !== undefined) resolve(value);
  } catch (error) {
    reject(error as Error);
  }
}

/** Runs `start` within the time limit and the signal of the exchange. Always calls `close`. */
async function settle<T>(
  { timeoutMs, signal, background }: Exchange<T>,
  close: () => void,
  start: (resolve: (value: T) => void, reject: (error: Error) => void) => void,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  try {
    return await new Promise<T>((resolve, reject) => {
      timer = setTimeout(() => reject(new ExchangeTimeout(`no answer within ${timeoutMs} ms`)), timeoutMs);
      if (background) timer.unref();
      onAbort = () => reject(signal.reason as Error);
      signal.addEventListener('abort', onAbort, { once: true });
      if (signal.aborted) return onAbort();
      start(resolve, reject);
    });
  } finally {
    clearTimeout(timer);
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
    close();
  }
}

/** A socket that is being closed may still emit `connect` or `error`. Both are ignored. */
function closeUdp(socket: dgram.Socket): () => void {
  return () => {
    socket.removeAllListeners('connect');
    socket.on('error', () => {});
    socket.close();
  };
}

/**
 * Name servers are given as addresses. The socket must not resolve them, above all not through the resolver that waits
 * for it.
 */
export function literalOnly(
  address: string,
  _options: unknown,
  callback: (error: NodeJS.ErrnoException | null, address: string, family: number) => void,
): void {
  callback(null, address, 6);
}
