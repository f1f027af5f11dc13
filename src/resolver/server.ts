import dgram from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';
import { literalOnly } from './exchange';
import { Responder, type ResponderOptions } from './responder';
import { formatServer, type ServerAddress } from './server-address';
import type { Dns64Statistics } from './statistics';

export interface Dns64ServerOptions extends ResponderOptions {
  /** Where to listen, over UDP and TCP. Port 0: any, the same for both where possible. */
  readonly listen: readonly ServerAddress[];
}

/** RFC 7766 §6.2.3: idle connections are closed. */
const TCP_IDLE_MS = 10_000;
const MAX_TCP_CONNECTIONS = 200;
/** Queries of one connection in work at once. */
const MAX_TCP_QUERIES = 64;
/** How long `stop` waits for queries that are being answered. */
const STOP_GRACE_MS = 3_000;

/** A DNS64 server (RFC 6147) over UDP and TCP (RFC 7766). */
export class Dns64Server {
  readonly #responder: Responder;
  readonly #listen: readonly ServerAddress[];
  readonly #udp: dgram.Socket[] = [];
  readonly #tcp: net.Server[] = [];
  readonly #connections = new Set<net.Socket>();

  constructor(options: Dns64ServerOptions) {
    this.#responder = new Responder(options);
    this.#listen = options.listen;
  }

  /**
   * Listens; gives the addresses with their ports.
   * @throws the error of the socket, EADDRINUSE for example; nothing is left open then
   */
  async start(): Promise<readonly string[]> {
    try {
      const addresses: string[] = [];
      for (const address of this.#listen) addresses.push(formatServer(await this.#open(address)));
      return addresses;
    } catch (error) {
      this.#close();
      throw error;
    }
  }

  statistics(): Dns64Statistics {
    return this.#responder.counters.snapshot();
  }

  /** Takes no more queries, answers those it has, and closes. */
  async stop(): Promise<void> {
    for (const socket of this.#udp) socket.removeAllListeners('message');
    for (const server of this.#tcp) server.close();
    const deadline = Date.now() + STOP_GRACE_MS;
    while (this.#responder.counters.pending > 0 && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    this.#close();
  }

  #close(): void {
    for (const socket of this.#udp.splice(0)) socket.close();
    for (const server of this.#tcp.splice(0)) server.close();
    for (const connection of this.#connections) connection.destroy();
  }

  async #open(server: ServerAddress): Promise<ServerAddress> {
    // One kind of socket for both families: an IPv4 address is bound in its mapped form.
    const address = server.family === 4 ? `::ffff:${server.address}` : server.address;
    const udp = dgram.createSocket({ type: 'udp6', lookup: literalOnly });
    this.#udp.push(udp);
    const bound = once(udp, 'listening');
    udp.bind({ address, port: server.port, exclusive: true });
    await bound;
    udp.on('error', () => {});
    udp.on('message', (bytes, from) => this.#onDatagram(udp, bytes, from));
    const { port } = udp.address();
    const tcp = net.createServer((connection) => this.#onConnection(connection));
    tcp.maxConnections = MAX_TCP_CONNECTIONS;
    this.#tcp.push(tcp);
    const listening = once(tcp, 'listening');
    tcp.listen({ host: address, port, exclusive: true });
    await listening;
    tcp.on('error', () => {});
    return { ...server, port };
  }

  #onDatagram(udp: dgram.Socket, bytes: Buffer, from: dgram.RemoteInfo): void {
    // Port 0 is nobody's: a forged source, and `send` would throw.
    if (from.port === 0) return;
    const send = (answer: Buffer | undefined) => {
      if (answer !== undefined && this.#udp.includes(udp)) udp.send(answer, from.port, from.address, ignoreError);
    };
    const answer = this.#responder.respond(bytes, false);
    if (answer instanceof Promise) void answer.then(send);
    else send(answer);
  }

  #onConnection(connection: net.Socket): void {
    this.#connections.add(connection);
    connection.setTimeout(TCP_IDLE_MS, () => connection.destroy());
    connection.on('error', () => connection.destroy());
    connection.on('close', () => this.#connections.delete(connection));
    let received: Buffer = Buffer.alloc(0);
    let working = 0;
    // RFC 7766 §6.2.1.1: answered as they come, in any order; but who sends without reading is held back by TCP itself.
    const work = () => {
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        if (working >= MAX_TCP_QUERIES || connection.writableNeedDrain) return void connection.pause();
        const end = 2 + received.readUInt16BE(0);
        working++;
        void Promise.resolve(this.#responder.respond(received.subarray(2, end), true)).then(finish);
        received = received.subarray(end);
      }
      connection.resume();
    };
    const finish = (answer: Buffer | undefined) => {
      working--;
      if (connection.destroyed) return;
      // What deserves no answer is not DNS: the rest of the stream is not worth reading.
      if (answer === undefined) return void connection.destroy();
      connection.write(Buffer.concat([Buffer.from([answer.length >> 8, answer.length & 255]), answer]));
      work();
    };
    connection.on('drain', work);
    connection.on('data', (chunk) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      work();
    });
  }
}

function ignoreError(): void {
  // The asker is gone; that is his loss.
}
