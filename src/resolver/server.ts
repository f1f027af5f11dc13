import dgram from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';
import { formatEndpoint, formatServer, type ServerAddress } from '../address/server-address';
import { clientNetwork } from './client-network';
import { literalOnly } from './exchange';
import { loadPacketTables } from './packet';
import { RateLimit, type RateLimitOptions } from './rate-limit';
import { Responder, type ResponderOptions } from './responder';
import type { Dns64Statistics } from './statistics';
import { TcpConnection, type TcpLimits } from './tcp-connection';

export interface Dns64ServerOptions extends ResponderOptions {
  /** The addresses to listen on, over UDP and TCP. Port 0: any port, the same for both if possible. */
  readonly listen: readonly ServerAddress[];
  /** The rate limit of responses over UDP. Default: none. */
  readonly rate?: RateLimitOptions | undefined;
  readonly limits?: Partial<ServerLimits> | undefined;
}

export interface ServerLimits extends TcpLimits {
  /** Of TCP, in total. Above it, the connection that has been without a query for longest is closed. */
  readonly maxConnections: number;
  /** Of TCP, from one IPv4 address or IPv6 /64. New connections above it are closed. */
  readonly maxConnectionsPerClient: number;
  /** How long `stop` waits for pending queries. */
  readonly stopMs: number;
}

const LIMITS: ServerLimits = {
  idleMs: 10_000,
  messageMs: 5_000,
  maxQueries: 32,
  maxConnections: 200,
  maxConnectionsPerClient: 20,
  stopMs: 3_000,
};

const CLIENT_BITS = { ipv4: 32, ipv6: 64 } as const;

/** Names the address as it was given: the text of the socket's error has its form in the kernel. */
export class ListenError extends Error {
  readonly code: string | undefined;

  constructor(server: ServerAddress, cause: NodeJS.ErrnoException) {
    super(`${formatEndpoint(server)}: ${cause.code ?? cause.message}`, { cause });
    this.code = cause.code;
  }
}

/** An ephemeral port that UDP has free may be in use for TCP. */
const PORT_ATTEMPTS = 64;

/** A DNS64 server (RFC 6147) over UDP and TCP (RFC 7766). */
export class Dns64Server {
  readonly #responder: Responder;
  readonly #listen: readonly ServerAddress[];
  readonly #limits: ServerLimits;
  readonly #rate: RateLimit | undefined;
  readonly #udp = new Set<dgram.Socket>();
  readonly #tcp = new Set<net.Server>();
  /** The connections with the network of each client, ordered by the time of the last query. The oldest comes first. */
  readonly #connections = new Map<TcpConnection, string>();
  readonly #pending = new Set<Promise<void>>();

  constructor(options: Dns64ServerOptions) {
    this.#responder = new Responder(options);
    this.#listen = options.listen;
    this.#limits = { ...LIMITS, ...options.limits };
    this.#rate = options.rate === undefined ? undefined : new RateLimit(options.rate);
  }

  /**
   * Starts to listen. Returns the addresses with their ports.
   * @throws ListenError with the code of the socket's error, such as EADDRINUSE, after closing all sockets
   */
  async start(): Promise<readonly string[]> {
    loadPacketTables();
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

  /** Accepts no new queries, waits up to `stopMs` for the pending ones, and closes. */
  async stop(): Promise<void> {
    for (const socket of this.#udp) socket.removeAllListeners('message');
    for (const server of this.#tcp) server.close();
    for (const connection of this.#connections.keys()) connection.stop();
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.#limits.stopMs);
    });
    await Promise.race([this.#settled(), tooLate]);
    clearTimeout(timer);
    this.#close();
  }

  /** Resolves when no query is pending and every connection has sent its answers. */
  async #settled(): Promise<void> {
    await Promise.all(this.#pending);
    await Promise.all([...this.#connections.keys()].map((connection) => connection.flushed));
  }

  #close(): void {
    for (const socket of this.#udp) socket.close();
    for (const server of this.#tcp) server.close();
    for (const connection of this.#connections.keys()) connection.destroy();
    this.#udp.clear();
    this.#tcp.clear();
  }

  async #open(server: ServerAddress): Promise<ServerAddress> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#openBoth(server);
      } catch (error) {
        const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
        if (!isTaken || server.port !== 0 || attempt === PORT_ATTEMPTS)
          throw new ListenError(server, error as NodeJS.ErrnoException);
      }
    }
  }

  async #openBoth(server: ServerAddress): Promise<ServerAddress> {
    // AF_INET6 sockets serve both families: an IPv4 address is bound in its mapped form.
    const address = server.family === 4 ? `::ffff:${server.address}` : server.address;
    const udp = dgram.createSocket({ type: 'udp6', lookup: literalOnly });
    this.#udp.add(udp);
    const bound = once(udp, 'listening');
    udp.bind({ address, port: server.port, exclusive: true });
    await bound;
    udp.on('error', () => {});
    udp.on('message', (bytes, from) => this.#onDatagram(udp, bytes, from));
    const { port } = udp.address();
    // A client that has ended its side may still read the answers.
    const tcp = net.createServer({ allowHalfOpen: true }, (socket) => this.#onConnection(socket));
    this.#tcp.add(tcp);
    const listening = once(tcp, 'listening');
    tcp.listen({ host: address, port, exclusive: true });
    try {
      await listening;
    } catch (error) {
      this.#udp.delete(udp);
      this.#tcp.delete(tcp);
      udp.close();
      throw error;
    }
    tcp.on('error', () => {});
    return { ...server, port };
  }

  #onDatagram(udp: dgram.Socket, bytes: Buffer, from: dgram.RemoteInfo): void {
    // No host sends from port 0: the source is forged, and `send` would throw.
    if (from.port === 0) return;
    const send = (answer: Buffer | undefined) => {
      if (answer !== undefined && this.#udp.has(udp)) udp.send(answer, from.port, from.address, ignoreError);
    };
    const verdict = this.#rate?.take(from.address) ?? 'answer';
    const answer =
      verdict === 'answer'
        ? this.#responder.respond(bytes, false, from.address)
        : this.#responder.decline(bytes, verdict);
    if (answer instanceof Promise) this.#track(answer.then(send));
    else send(answer);
  }

  #onConnection(socket: net.Socket): void {
    const { remoteAddress: client = '::' } = socket;
    const network = clientNetwork(client, CLIENT_BITS);
    const { maxConnections, maxConnectionsPerClient } = this.#limits;
    const own = [...this.#connections.values()].filter((other) => other === network).length;
    if (own >= maxConnectionsPerClient || (this.#connections.size >= maxConnections && !this.#closeIdlest())) {
      socket.on('error', () => {});
      socket.destroy();
      return;
    }
    const respond = (query: Buffer) => {
      this.#connections.delete(connection);
      this.#connections.set(connection, network);
      const answer = this.#responder.respond(query, true, client);
      if (answer instanceof Promise) this.#track(answer.then(() => {}));
      return answer;
    };
    const connection: TcpConnection = new TcpConnection(socket, respond, this.#limits);
    this.#connections.set(connection, network);
    socket.on('close', () => this.#connections.delete(connection));
  }

  /** Makes room (RFC 7766 §6.2.3): closes a connection without pending queries. */
  #closeIdlest(): boolean {
    for (const connection of this.#connections.keys()) {
      if (!connection.isIdle) continue;
      this.#connections.delete(connection);
      connection.destroy();
      return true;
    }
    return false;
  }

  #track(work: Promise<void>): void {
    this.#pending.add(work);
    void work.finally(() => this.#pending.delete(work));
  }
}

function ignoreError(): void {
  // The client is gone and needs no answer.
}
