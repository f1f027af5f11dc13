/**
 * All knowledge about Node's internals in one place. Checked on Node 20.20, 22.23, 24.21 and 26.12: lib/net.js,
 * lib/dgram.js, lib/internal/child_process.js, lib/internal/cluster/child.js, src/tcp_wrap.cc, src/udp_wrap.cc,
 * src/cares_wrap.cc. Besides it only replace-handle.ts, host-looked-up.ts and udp/dgram-state.ts know one each. Before
 * anything is patched, this file checks that every internal that the hooks use exists.
 */
import { ChildProcess } from 'node:child_process';
import dgram from 'node:dgram';
import dns from 'node:dns';
import net from 'node:net';
import { isMainThread } from 'node:worker_threads';
import { V6OnlyError } from '../report/errors';
import { handleReplacer, isHeld } from './replace-handle';

/** Filled in by libuv in getsockname and getpeername. */
export interface SocketName {
  address?: string;
  family?: string;
  port?: number;
}

/** 0 or a negative libuv error code. */
export type Errno = number;

/** The request of `connect`. lib/net.js sets `oncomplete` before it calls the handle. */
export interface ConnectRequest {
  address?: string;
  port?: number;
  /** The local address, if the program bound the socket. */
  localAddress?: string;
  localPort?: number;
  oncomplete?: OnComplete | undefined;
}

export type OnComplete = (
  this: unknown,
  status: Errno,
  handle: TcpHandle,
  req: ConnectRequest,
  readable: boolean,
  writable: boolean,
) => void;

export type OnConnection = (this: unknown, status: Errno, client: TcpHandle | undefined) => void;

/** A TCP handle, whose methods map to system calls. */
export interface TcpHandle {
  readonly fd?: number;
  onconnection?: OnConnection | undefined;
  bind(address: string, port: number, flags?: number): Errno;
  bind6(address: string, port: number, flags?: number): Errno;
  listen(backlog: number): Errno;
  connect(req: ConnectRequest, address: string, port: number): Errno;
  connect6(req: ConnectRequest, address: string, port: number): Errno;
  getsockname(out: SocketName): Errno;
  getpeername(out: SocketName): Errno;
  open(fd: number): Errno;
  /** Closes with RST. */
  reset(callback?: () => void): Errno;
  close(callback?: () => void): void;
  ref(): void;
  unref(): void;
  hasRef(): boolean;
}

/** The request of `send`. lib/dgram.js sets `callback` and `oncomplete` if the program gave a callback. */
export interface SendRequest {
  callback?: (error: Error | null, sent?: number) => void;
  oncomplete?: (status: Errno, sent: number) => void;
  address?: string;
  port?: number;
}

export interface RemoteInfo {
  address: string;
  family: 'IPv4' | 'IPv6';
  port: number;
  size?: number;
}

export type OnMessage = (this: unknown, nread: number, handle: UdpHandle, buffer?: Buffer, rinfo?: RemoteInfo) => void;

/**
 * A UDP handle. On a udp6 handle lib/dgram.js sets own properties: `bind = bind6`, `connect = connect6`, `send =
 * send6`.
 */
export interface UdpHandle {
  readonly fd?: number;
  onmessage?: OnMessage | undefined;
  /** Set by lib/dgram.js: `dns.lookup`, or the program's `lookup` option, for the family of the socket. */
  lookup?: (address: string, callback: (error: Error | null, ip?: string, family?: number) => void) => unknown;
  bind(address: string, port: number, flags: number): Errno;
  bind6(address: string, port: number, flags: number): Errno;
  connect(address: string, port: number): Errno;
  connect6(address: string, port: number): Errno;
  disconnect(): Errno;
  /** Takes six arguments, or four on a connected socket: without port and address. */
  send(req: SendRequest, list: unknown, count: number, port: number, address: string, hasCallback: boolean): Errno;
  send6(req: SendRequest, list: unknown, count: number, port: number, address: string, hasCallback: boolean): Errno;
  recvStart(): Errno;
  recvStop(): Errno;
  getsockname(out: SocketName): Errno;
  getpeername(out: SocketName): Errno;
  open(fd: number): Errno;
  addMembership(group: string, interfaceAddress?: string): Errno;
  dropMembership(group: string, interfaceAddress?: string): Errno;
  addSourceSpecificMembership(source: string, group: string, interfaceAddress?: string): Errno;
  dropSourceSpecificMembership(source: string, group: string, interfaceAddress?: string): Errno;
  setMulticastInterface(interfaceAddress: string): Errno;
  setMulticastTTL(ttl: number): Errno;
  setMulticastLoopback(on: number): Errno;
  setBroadcast(on: number): Errno;
  setTTL(ttl: number): Errno;
  /**
   * Sets the size of a buffer and returns the actual one. With a size of 0 it only returns it. Undefined: `context` has
   * the error.
   */
  bufferSize(size: number, isReceive: boolean, context: object): number | undefined;
  getSendQueueSize(): number;
  getSendQueueCount(): number;
  close(callback?: () => void): void;
  ref(): void;
  unref(): void;
  hasRef(): boolean;
}

export interface TcpHandleClass {
  new (type: number): TcpHandle;
  readonly prototype: TcpHandle;
}
export interface UdpHandleClass {
  new (): UdpHandle;
  readonly prototype: UdpHandle;
}

/** `TCPConstants.SOCKET` of src/tcp_wrap.cc. */
export const TCP_SOCKET = 0;
/** `TCPConstants.SERVER`. */
export const TCP_SERVER = 1;
/** `UV_TCP_IPV6ONLY` and `UV_UDP_IPV6ONLY` of uv.h: the same bit. */
export const UV_IPV6ONLY = 1;
/** `UV_TCP_REUSEPORT` of uv.h, since libuv 1.49. Older versions ignore it. */
export const UV_TCP_REUSEPORT = 2;

/** `UV_UDP_REUSEADDR` of uv.h. */
export const UV_UDP_REUSEADDR = 4;
/** `UV_UDP_LINUX_RECVERR` of uv.h: IP_RECVERR, on Linux. */
export const UV_UDP_LINUX_RECVERR = 32;
/** `UV_UDP_REUSEPORT` of uv.h, since libuv 1.49. */
export const UV_UDP_REUSEPORT = 64;

/** The methods of the handles that the hooks use. */
export const TCP_METHODS =
  'bind bind6 listen connect connect6 getsockname getpeername open close ref unref hasRef'.split(' ');
export const UDP_METHODS = (
  'bind bind6 connect connect6 send send6 disconnect recvStart recvStop getsockname getpeername open addMembership dropMembership ' +
  'addSourceSpecificMembership dropSourceSpecificMembership setMulticastInterface setMulticastTTL setMulticastLoopback setBroadcast setTTL bufferSize getSendQueueSize getSendQueueCount close ref unref hasRef'
).split(' ');

const DNS_METHODS = ['getServers', 'setServers', 'queryA', 'queryAaaa', 'getHostByAddr'] as const;

export interface HandleClasses {
  readonly Tcp: TcpHandleClass;
  readonly Udp: UdpHandleClass;
  /** The `net.Socket`, `net.Server` or `dgram.Socket` that owns the handle, if it has an owner yet. */
  readonly ownerOf: (handle: object) => object | undefined;
  /** The symbol under which a `dgram.Socket` stores its state, including the handle. */
  readonly dgramStateSymbol: symbol;
  /** The prototype of each `dns.Resolver`'s handle, a c-ares channel. */
  readonly dnsChannel: object;
  /** The prototype that `dns.Resolver` and `dns.promises.Resolver` inherit. */
  readonly dnsResolvers: object;
  /**
   * The symbol of its method with which they create their channel. Its number of
   * options depends on the Node.js version: two on 20, three since 22.15. A channel created with another number ends
   * the process.
   */
  readonly dnsInitialize: symbol;
  /**
   * Replaces the handle `from` of a `net.Socket` by `to`, as Node's Happy Eyeballs does (`kReinitializeHandle` of
   * lib/net.js and lib/internal/tls/wrap.js), and closes `from`.
   * @returns the socket's new handle (a different one for TLS); undefined if `from` no longer has a live socket
   */
  readonly replaceHandle: (from: TcpHandle, to: TcpHandle) => TcpHandle | undefined;
  /**
   * Whether TLS already reads from the handle of a socket, with which `tls.connect({ socket })` was called before it was
   * connected: no other handle can take its place. lib/internal/tls/wrap.js.
   */
  readonly isHeldByTls: (handle: TcpHandle) => boolean;
}

/**
 * Finds the two handle classes without `process.binding`, which warns and which `--permission` forbids. A `net.Socket`
 * that is told to connect to a literal address has its handle at once and connects on the next tick. It is destroyed
 * before that, so no system call is made. A `dgram.Socket` has its handle from the start.
 * @throws V6OnlyError V6ONLY_UNSUPPORTED_RUNTIME if a class, a method or a symbol is missing
 */
export function findHandleClasses(): HandleClasses {
  const socket = new net.Socket();
  socket.on('error', () => {});
  // An IPv4 literal, because Node 20 needs 6 ms to compile a regular expression for the first IPv6 one.
  try {
    socket.connect({ host: '127.0.0.1', port: 9 });
  } catch (error) {
    throw unsupported(`net.Socket cannot connect: ${(error as Error).message}`);
  }
  const tcp = (socket as unknown as { _handle?: object })._handle;
  const ownerSymbol = findSymbol(tcp, 'owner_symbol')[1];
  const Tcp = classOf<TcpHandleClass>('TCP', tcp, TCP_METHODS);
  if (!Object.hasOwn(socket, '_host')) throw unsupported('net.Socket has no _host');
  socket.destroy();

  const datagram = dgram.createSocket('udp4');
  const dgramStateSymbol = findSymbol(datagram, 'state symbol')[1];
  const udp = (datagram as unknown as Record<symbol, { handle?: object }>)[dgramStateSymbol]?.handle;
  const Udp = classOf<UdpHandleClass>('UDP', udp, UDP_METHODS);
  datagram.close();
  const ownerOf = (handle: object) => (handle as Record<symbol, object | null | undefined>)[ownerSymbol] ?? undefined;
  const channel = (new dns.Resolver() as unknown as { _handle?: object })._handle;
  const dnsChannel = classOf<{ prototype: object }>('DNS', channel, DNS_METHODS).prototype;
  const [dnsResolvers, dnsInitialize] = findSymbol(dns.Resolver.prototype, 'dns:resolver:initializeHandle');
  const reinitialize = findSymbol(net.Socket.prototype, 'kReinitializeHandle')[1];
  const asyncId = findSymbol(socket, 'async_id_symbol')[1];
  const replaceHandle = handleReplacer(ownerOf, reinitialize, asyncId);
  const isHeldByTls = (handle: TcpHandle) => isHeld(handle, ownerOf(handle));
  return { Tcp, Udp, ownerOf, dgramStateSymbol, dnsChannel, dnsResolvers, dnsInitialize, replaceHandle, isHeldByTls };
}

/** The keys of the methods with which an instance moves to another thread. Undefined before Node 24.21. */
export function transferKeys(prototype: object): Record<'list' | 'transfer' | 'deserialize', symbol> | undefined {
  const find = (name: string) =>
    Object.getOwnPropertySymbols(prototype).find((key) => key.description === `messaging_${name}_symbol`);
  const [list, transfer, deserialize] = [find('transfer_list'), find('transfer'), find('deserialize')];
  return list && transfer && deserialize ? { list, transfer, deserialize } : undefined;
}

/** An end of an IPC channel: a `ChildProcess`, or `process` in a child that has one. lib/internal/child_process.js. */
export interface IpcEnd {
  channel?: object | null;
  /** Messages that wait until the other side has received the last handle. They then pass through `_send` again. */
  _handleQueue?: readonly unknown[] | null;
  _send(message: unknown, handle: unknown, ...rest: unknown[]): boolean;
  prependListener(event: 'internalMessage', listener: IpcListener): unknown;
  off(event: 'internalMessage', listener: IpcListener): unknown;
}
export type IpcListener = (message: unknown, handle: unknown) => void;

/** This process's own end, or undefined. A worker thread has no channel, and the getter may throw there. */
export function ownIpcEnd(): IpcEnd | undefined {
  return isMainThread && process.channel ? (process as unknown as IpcEnd) : undefined;
}

/**
 * Checks that the internals that the hooks use besides the handles exist.
 * @throws V6OnlyError V6ONLY_UNSUPPORTED_RUNTIME
 */
export function checkInternals(): void {
  const end = ownIpcEnd();
  // The module of a cluster worker. A process without a primary need not load it.
  const cluster = end && (require('node:cluster') as { isWorker: boolean });
  const reached: readonly (readonly [name: string, owner: unknown, method: string])[] = [
    ['net.Server.prototype', net.Server.prototype, '_listen2'],
    ['ChildProcess.prototype', ChildProcess.prototype, 'spawn'],
    ['process', process, 'dlopen'],
    ...(end ? ([['process', end, '_send']] as const) : []),
    ...(cluster?.isWorker ? ([['cluster', cluster, '_getServer']] as const) : []),
  ];
  for (const [name, owner, method] of reached) {
    if (typeof (owner as Record<string, unknown>)[method] !== 'function') throw unsupported(`${name} has no ${method}`);
  }
}

function classOf<T>(name: string, handle: object | undefined, methods: readonly string[]): T {
  const prototype = handle === undefined ? undefined : (Object.getPrototypeOf(handle) as Record<string, unknown>);
  if (prototype === undefined || typeof prototype.constructor !== 'function')
    throw unsupported(`its ${name} handle was not found`);
  const missing = methods.filter((method) => typeof prototype[method] !== 'function');
  if (missing.length > 0) throw unsupported(`its ${name} handle has no ${missing.join(', ')}`);
  return prototype.constructor as T;
}

/** Also where it is inherited: other code may have replaced a class by one that extends it. */
function findSymbol(object: object | undefined, description: string): [owner: object, symbol: symbol] {
  for (let owner = object; owner; owner = Object.getPrototypeOf(owner) as object | undefined) {
    const symbol = Object.getOwnPropertySymbols(owner).find((one) => one.description === description);
    if (symbol !== undefined) return [owner, symbol];
  }
  throw unsupported(`no symbol "${description}" was found`);
}

export function unsupported(what: string): V6OnlyError {
  return new V6OnlyError(
    'V6ONLY_UNSUPPORTED_RUNTIME',
    `v6only does not know the internals of this runtime (${process.release?.name ?? 'unknown'} ${process.version}): ${what}`,
    'Nothing was patched. Use Node.js 20, 22, 24 or 26, or a newer v6only',
  );
}
