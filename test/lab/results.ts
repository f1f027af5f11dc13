// What the programs of programs/ print.
import type { NetworkInterfaceInfo } from 'node:os';

/** The parts of an error that programs look at. Of several (one for each address tried) `errors`. */
export interface Failure {
  readonly code?: string;
  readonly syscall?: string;
  readonly address?: string;
  readonly port?: number;
  readonly hostname?: string;
  readonly message?: string;
  readonly errors?: readonly Failure[];
}

/** Who a server says it is, and whom it has seen. */
export interface Seen {
  readonly server: string;
  readonly client: string;
}

export interface SocketAddress {
  readonly address: string;
  readonly family: string;
  readonly port: number;
}

/** What the program sees of an exchange, or `error` alone. */
export interface ClientResult {
  readonly error?: Failure;
  readonly seen?: Seen;
  /** The two ends of a TCP connection. */
  readonly remoteAddress?: string;
  readonly remoteFamily?: string;
  readonly remotePort?: number;
  readonly localAddress?: string;
  readonly localFamily?: string;
  readonly localPort?: number;
  /** Of an HTTP answer: its status, and the name that was asked for. */
  readonly status?: number;
  readonly name?: string;
  readonly protocol?: string;
  readonly authorized?: boolean;
  /** From where a datagram came, and where a connected socket says that it is connected to. */
  readonly rinfo?: SocketAddress;
  readonly remote?: SocketAddress;
}

/** The times that something took, in milliseconds. */
interface Times {
  readonly p50: number;
  readonly p99: number;
}

export interface Measured {
  readonly connect: Times;
  readonly exchange: Times;
  readonly datagram: Times | null;
  readonly bytesPerSecond: number;
}

/** Program → the line that it prints. */
export interface Results {
  'net-client.cjs': ClientResult;
  'tls-client.cjs': ClientResult;
  'http-client.cjs': ClientResult;
  'http2-client.cjs': ClientResult;
  'fetch-client.mjs': ClientResult;
  'dgram-client.cjs': ClientResult;
  /** By the address that the datagram came from. */
  'dgram-two.cjs': { readonly replies: Readonly<Partial<Record<string, Seen>>> };
  'udp-error.cjs': { readonly error?: Failure };
  'net-timeout.cjs': { readonly connected?: true; readonly error?: Failure };
  /** `tried`: the addresses that v6only tried, of each attempt. */
  'net-again.cjs': { readonly attempts: readonly string[]; readonly tried: readonly (readonly string[])[] };
  'upload.cjs': { readonly sent?: number; readonly received?: number; readonly error?: Failure };
  'lookup.cjs': { readonly addresses?: readonly { address: string; family: number }[]; readonly error?: Failure };
  /** Name → the server that was reached, or the error's code. */
  'connect-all.cjs': Readonly<Partial<Record<string, string>>>;
  'report.cjs': {
    readonly interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>;
    readonly servers: readonly string[];
    readonly lookups: Readonly<Record<string, unknown>>;
    readonly sockets: Readonly<Record<string, unknown>>;
  };
}

/** A line of follow.cjs: when a try began and ended, by the system's clock, and `ok` and whom the server saw, or why not. */
export interface Try {
  readonly began: number;
  readonly ended: number;
  readonly result: string;
}

/** A line of server.cjs: who came. */
export interface Peer {
  readonly protocol: 'tcp' | 'http' | 'udp';
  readonly remoteAddress: string;
  readonly remoteFamily: string;
  /** Of TCP. */
  readonly localAddress?: string;
  readonly localFamily?: string;
}
