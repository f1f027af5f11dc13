import dns from 'node:dns';
import net, { isIPv4 } from 'node:net';
import type { HookContext } from '../context';
import { patch, type Undo } from '../patch';
import { setMethod } from '../set-method';

/** A query of lib/internal/dns: c-ares completes it. `ttls` in seconds. */
export interface QueryRequest {
  oncomplete: (this: unknown, error: QueryError, result?: unknown, ttls?: number[]) => void;
  /** Of the callback functions, */
  callback?: ((error: Error | null, ...rest: unknown[]) => void) | undefined;
  /** and of those that return promises. */
  reject?: ((error: Error) => void) | undefined;
}
/** `ETIMEOUT` and the like. */
type QueryError = string | number | null;
export type Query = (this: Channel, req: QueryRequest, name: string) => number;
/** [family, address, port] going in, [address, port] coming out. */
type ServerIn = [family: number, address: string, port: number];
type ServerOut = [address: string, port: number];

/** A c-ares channel (src/cares_wrap.cc), the handle of each `Resolver`. */
export interface Channel {
  getServers(): ServerOut[];
  /** 0, or a c-ares error code. */
  setServers(servers: ServerIn[]): number;
  setLocalAddress(ipv4: string, ipv6?: string): void;
  cancel(): void;
  queryA: Query;
  queryAaaa: Query;
  getHostByAddr: Query;
  [kState]?: ChannelState;
}
type ChannelClass = new (...options: unknown[]) => Channel;

/** `DNS_ESETSRVPENDING` of src/cares_wrap.h: what `setServers` returns while a query is under way. */
const PENDING = -1000;
const DNS_PORT = 53;

const kState = Symbol('v6only channels');

/** What a channel of the program has besides: one channel more for each set of addresses by which its servers are reached. */
interface ChannelState {
  /** Undefined for one that was made before there was a hook to see it. */
  options: readonly unknown[] | undefined;
  /** Whether the program has set servers. */
  hasOwnServers: boolean;
  localAddress: [ipv4: string, ipv6?: string] | undefined;
  readonly backs: Map<string, Back>;
  /** Ends the wait of a query for the prefix. */
  readonly held: Set<() => void>;
}
interface Back {
  readonly channel: Channel;
  /** Addresses of its servers that step `nat64` gave. */
  readonly nat64: readonly string[];
  pending: number;
}
/** What `dns.Resolver` and `dns.promises.Resolver` inherit from. */
type Resolvers = Record<symbol, (this: { readonly _handle: Channel }, ...options: unknown[]) => void>;

interface Route {
  readonly servers: readonly ServerIn[];
  readonly nat64: readonly string[];
}

/**
 * The channels of the program's resolvers. c-ares opens its sockets in C, so name servers given as IPv4 are translated here:
 * for each query, by what holds then, like any other IPv4 destination. c-ares takes no other servers while a query is under
 * way, so each set of addresses has a channel of its own, and the program's channel keeps what the program set.
 */
export class CaresChannels {
  readonly #context: HookContext;
  readonly #real: Pick<Channel, 'getServers' | 'setServers' | 'setLocalAddress' | 'cancel'>;
  readonly #Channel: ChannelClass;
  /** What a channel is made with where the program gives nothing. How many there are is Node's affair, and it counts them. */
  #defaults: readonly unknown[] | undefined;

  constructor(context: HookContext, prototype: Channel) {
    const { getServers, setServers, setLocalAddress, cancel } = prototype;
    this.#context = context;
    this.#real = { getServers, setServers, setLocalAddress, cancel };
    this.#Channel = prototype.constructor as ChannelClass;
  }

  /** Asks by the channel by which the servers are reached now: `query` is the real method. */
  ask(front: Channel, query: Query, req: QueryRequest, name: string): number {
    const route = this.#route(front);
    if (route === 'wait') return this.#hold(front, query, req, name);
    const back = route && this.#backOf(front, route);
    if (back === undefined) return this.#askAsItIs(front, query, req, name);
    const done = (error: QueryError) => {
      back.pending--;
      this.#tellOf(back, error);
    };
    back.pending++;
    const status = askAnd(done, back.channel, query, req, name);
    if (status !== 0) back.pending--;
    return status;
  }

  /**
   * Over IPv4, if by IPv4. Where the network denies that route c-ares, whose sockets are UDP, hears of it no more than others do;
   * a connection does, and goes on through the NAT64. A name server takes those, too (RFC 7766 §5).
   */
  #askAsItIs(front: Channel, query: Query, req: QueryRequest, name: string): number {
    const { kernel } = this.#context;
    const unproven = kernel.hasAnswered()
      ? []
      : this.#serversOf(front).filter(([address]) => isIPv4(address) && kernel.isUnproven(address));
    if (unproven.length === 0) return query.call(front, req, name);
    const done = (error: QueryError) => {
      if (error === 'ETIMEOUT') for (const [host, port] of unproven) tryConnection(host, port);
    };
    return askAnd(done, front, query, req, name);
  }

  patches(prototype: Channel): Undo[] {
    const channels = this;
    // A channel does not tell the time-out and the tries that it was made with; what makes it is told.
    const resolvers = Object.getPrototypeOf(dns.Resolver.prototype) as Resolvers;
    return [
      patch(
        prototype,
        'setServers',
        (real) =>
          function (this: Channel, servers: ServerIn[]) {
            if (channels.#isBusy(this)) return PENDING;
            const status = real.call(this, servers);
            if (status === 0) stateOf(this).hasOwnServers = true;
            return status;
          },
      ),
      patch(
        prototype,
        'setLocalAddress',
        (real) =>
          function (this: Channel, ...addresses: [string, string?]) {
            real.apply(this, addresses);
            const state = stateOf(this);
            state.localAddress = addresses;
            for (const { channel } of state.backs.values()) real.apply(channel, addresses);
          },
      ),
      patch(
        prototype,
        'cancel',
        (real) =>
          function (this: Channel) {
            real.call(this);
            const state = this[kState];
            if (state === undefined) return;
            for (const { channel } of state.backs.values()) real.call(channel);
            for (const end of [...state.held]) end();
          },
      ),
      patch(
        resolvers,
        this.#context.classes.dnsInitialize,
        (real) =>
          function (this: { readonly _handle: Channel }, ...options: unknown[]) {
            real.apply(this, options);
            stateOf(this._handle).options = options;
          },
      ),
    ];
  }

  /** How the servers of a channel are reached now; undefined: as they are. */
  #route(front: Channel): Route | 'wait' | undefined {
    const servers = this.#serversOf(front);
    if (!servers.some(([address]) => isIPv4(address))) return undefined;
    const nat64: string[] = [];
    let differs = false;
    const reached: ServerIn[] = [];
    for (const [address, port] of servers) {
      const decision = isIPv4(address)
        ? this.#context.translator.destination(address, { port, protocol: 'udp' })
        : undefined;
      if (decision?.kind === 'wait') return 'wait';
      if (decision?.kind === 'translate') {
        differs = true;
        if (decision.step === 'nat64') nat64.push(decision.address);
        reached.push([6, decision.address, port]);
      } else reached.push([decision === undefined ? 6 : 4, address, port]);
    }
    return differs ? { servers: reached, nat64 } : undefined;
  }

  /**
   * c-ares takes 127.0.0.1 where it finds no servers, and Node.js lets it look again with each query, since a network may
   * come up late. So the servers of a new channel count then.
   */
  #serversOf(front: Channel): readonly ServerOut[] {
    const servers = this.#real.getServers.call(front) ?? [];
    const [[address, port] = []] = servers;
    const isFallback = servers.length === 1 && address === '127.0.0.1' && port === DNS_PORT;
    if (!isFallback || front[kState]?.hasOwnServers) return servers;
    try {
      return this.#real.getServers.call(channelOf(new dns.Resolver())) ?? servers;
    } catch {
      return servers; // no descriptor or memory is left
    }
  }

  /** The channel for a set of addresses; undefined where none can be made. */
  #backOf(front: Channel, { servers, nat64 }: Route): Back | undefined {
    const state = stateOf(front);
    const key = servers.join();
    const known = state.backs.get(key);
    if (known) return known;
    for (const [other, { pending }] of state.backs) if (pending === 0) state.backs.delete(other);
    try {
      this.#defaults ??= stateOf(channelOf(new dns.Resolver())).options;
      const options = state.options ?? this.#defaults;
      if (options === undefined) return undefined; // the hook has been taken back
      const channel = new this.#Channel(...options);
      if (this.#real.setServers.call(channel, [...servers]) !== 0) return undefined;
      if (state.localAddress) this.#real.setLocalAddress.apply(channel, state.localAddress);
      const back = { channel, nat64, pending: 0 };
      state.backs.set(key, back);
      return back;
    } catch {
      return undefined; // no descriptor or memory is left
    }
  }

  /** Until the prefix is known nobody can say where an IPv4 name server is. */
  #hold(front: Channel, query: Query, req: QueryRequest, name: string): number {
    const { held } = stateOf(front);
    const stop = this.#context.prefixes.whenReady(() => {
      held.delete(end);
      const status = this.ask(front, query, req, name);
      // lib/internal/dns makes the same error of a code, whether it is returned or comes later.
      if (status !== 0) req.oncomplete(status);
    });
    const end = () => {
      held.delete(end);
      stop();
      setImmediate(() => req.oncomplete('ECANCELLED'));
    };
    held.add(end);
    return 0;
  }

  #isBusy(front: Channel): boolean {
    const state = front[kState];
    return state !== undefined && (state.held.size > 0 || [...state.backs.values()].some(({ pending }) => pending > 0));
  }

  /** What became of a query says something about the prefix by which its servers were asked. */
  #tellOf({ nat64, channel }: Back, error: QueryError): void {
    const { prefixes } = this.#context;
    if (nat64.length === 0 || error === 'ECANCELLED' || error === 'EDESTRUCTION') return;
    if (error === 'ETIMEOUT' || error === 'ECONNREFUSED') for (const address of nat64) prefixes.failed(address);
    // Of several servers nobody says which has answered.
    else if (prefixes.wantsProof && nat64.length === 1 && this.#real.getServers.call(channel).length === 1)
      prefixes.succeeded(nat64[0] as string);
  }
}

/** Asks, and calls `done` before the query completes; a query that cannot be made is left as it was. @returns its status */
function askAnd(
  done: (error: QueryError) => void,
  channel: Channel,
  query: Query,
  req: QueryRequest,
  name: string,
): number {
  const { oncomplete } = req;
  setMethod(req, 'oncomplete', function (error, ...rest) {
    done(error);
    oncomplete.call(this, error, ...rest);
  });
  const status = query.call(channel, req, name);
  if (status !== 0) req.oncomplete = oncomplete;
  return status;
}

/** In milliseconds: the network answers sooner, or not at all. */
const CONNECTION_MS = 5000;

function tryConnection(host: string, port: number): void {
  const socket = net.connect({ host, port }).unref();
  const end = () => void socket.destroy();
  socket.on('error', end).on('connect', end).setTimeout(CONNECTION_MS, end);
}

const channelOf = (resolver: dns.Resolver): Channel => (resolver as unknown as { _handle: Channel })._handle;

function stateOf(channel: Channel): ChannelState {
  channel[kState] ??= {
    options: undefined,
    hasOwnServers: false,
    localAddress: undefined,
    backs: new Map(),
    held: new Set(),
  };
  return channel[kState];
}
