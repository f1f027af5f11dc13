import dns from 'node:dns';
import { isIPv4 } from 'node:net';
import { keep } from '../../kept-callbacks';
import type { HookContext } from '../context';
import { patch, patchMethods } from '../patch';
import { setMethod } from '../set-method';
import { UnprovenServers } from './unproven-servers';

/** A query of lib/internal/dns, which c-ares completes. `ttls` in seconds. */
export interface QueryRequest {
  oncomplete: (this: unknown, error: QueryError, result?: unknown, ttls?: number[]) => void;
  /** Set by the callback functions. */
  callback?: ((error: Error | null, ...rest: unknown[]) => void) | undefined;
  /** Set by the functions that return promises. */
  reject?: ((error: Error) => void) | undefined;
}
/** `ETIMEOUT` and similar. */
type QueryError = string | number | null;
export type Query = (this: Channel, req: QueryRequest, name: string) => number;
/** Input: [family, address, port]. Output: [address, port]. */
type ServerIn = [family: number, address: string, port: number];
type ServerOut = [address: string, port: number];

/** A c-ares channel (src/cares_wrap.cc), the handle of each `Resolver`. */
export interface Channel {
  getServers(): ServerOut[];
  /** Returns 0, or a c-ares error code. */
  setServers(servers: ServerIn[]): number;
  setLocalAddress(ipv4: string, ipv6?: string): void;
  cancel(): void;
  queryA: Query;
  queryAaaa: Query;
  getHostByAddr: Query;
  [kState]?: ChannelState;
}
type ChannelClass = new (...options: unknown[]) => Channel;

/** `DNS_ESETSRVPENDING` of src/cares_wrap.h, which `setServers` returns while a query is pending. */
const PENDING = -1000;
/** Any code other than 0. */
const FAILED = -1;
const DNS_PORT = 53;

const kState = Symbol('v6only channels');

/** The hook's state of a program's channel. Each set of translated server addresses has a further channel. */
interface ChannelState {
  /** Undefined if the channel was created before the hook was installed. */
  options: readonly unknown[] | undefined;
  /** Whether the program has set servers. */
  hasOwnServers: boolean;
  localAddress: [ipv4: string, ipv6?: string] | undefined;
  readonly backs: Map<string, Back>;
  /** Functions that end a query's wait for the prefix. */
  readonly held: Set<() => void>;
}
interface Back {
  readonly channel: Channel;
  /** Addresses of its servers that come from the step `nat64`. */
  readonly nat64: readonly string[];
  pending: number;
}
/** The class from which `dns.Resolver` and `dns.promises.Resolver` inherit. */
type Resolvers = Record<symbol, (this: { readonly _handle: Channel }, ...options: unknown[]) => void>;

interface Route {
  readonly servers: readonly ServerIn[];
  readonly nat64: readonly string[];
}

/**
 * The channels of the program's resolvers. c-ares opens its sockets in C, so IPv4 name servers are translated here, for
 * each query, like any other IPv4 destination. c-ares rejects new servers while a query is pending. Therefore each set
 * of addresses has its own channel, and the program's channel keeps the servers that the program set.
 */
export class CaresChannels {
  readonly #context: HookContext;
  readonly #real: Pick<Channel, 'getServers' | 'setServers' | 'setLocalAddress' | 'cancel'>;
  readonly #Channel: ChannelClass;
  readonly #unproven: UnprovenServers;
  /** The options of a channel that the program creates without options. Their number depends on the Node version. */
  #defaults: readonly unknown[] | undefined;

  constructor(context: HookContext, prototype: Channel) {
    const { getServers, setServers, setLocalAddress, cancel } = prototype;
    this.#context = context;
    this.#real = { getServers, setServers, setLocalAddress, cancel };
    this.#Channel = prototype.constructor as ChannelClass;
    this.#unproven = new UnprovenServers(context);
  }

  /** Sends a query over the channel whose servers are reachable now. `query` is Node's method. */
  ask(front: Channel, query: Query, req: QueryRequest, name: string): number {
    const route = this.#route(front);
    if (route === 'wait') return this.#hold(front, query, req, name);
    const back = route && this.#backOf(front, route);
    if (back === undefined) return this.#askAsItIs(front, query, req, name);
    return this.#askBack(back, query, req, name);
  }

  #askBack(back: Back, query: Query, req: QueryRequest, name: string): number {
    const { oncomplete } = req;
    setMethod(req, 'oncomplete', (error, ...rest) => {
      back.pending--;
      this.#tellOf(back, error);
      oncomplete.call(req, error, ...rest);
    });
    back.pending++;
    const status = query.call(back.channel, req, name);
    if (status !== 0) {
      back.pending--;
      req.oncomplete = oncomplete;
    }
    return status;
  }

  /** Sends a query unchanged, over IPv4 if the servers are IPv4. */
  #askAsItIs(front: Channel, query: Query, req: QueryRequest, name: string): number {
    const { kernel } = this.#context;
    const servers = kernel.evidence.hasAnswered()
      ? []
      : this.#serversOf(front).filter(([address]) => isIPv4(address) && kernel.evidence.isUnproven(address));
    if (servers.length === 0) return query.call(front, req, name);
    const again = (second: QueryRequest) => {
      const route = this.#route(front);
      const back = route && route !== 'wait' && this.#backOf(front, route);
      return back ? this.#askBack(back, query, second, name) : FAILED;
    };
    return this.#unproven.ask(query, front, req, name, servers, again);
  }

  patch(prototype: Channel): void {
    const channels = this;
    const { setServers, setLocalAddress, cancel } = this.#real;
    patchMethods(prototype, {
      setServers(servers) {
        if (channels.#isBusy(this)) return PENDING;
        const status = setServers.call(this, servers);
        if (status === 0) stateOf(this).hasOwnServers = true;
        return status;
      },
      setLocalAddress(...addresses: [ipv4: string, ipv6?: string]) {
        setLocalAddress.apply(this, addresses);
        const state = stateOf(this);
        state.localAddress = addresses;
        for (const { channel } of state.backs.values()) setLocalAddress.apply(channel, addresses);
      },
      cancel() {
        cancel.call(this);
        const state = this[kState];
        if (state === undefined) return;
        for (const { channel } of state.backs.values()) cancel.call(channel);
        for (const end of [...state.held]) end();
      },
    });
    // A channel does not reveal its time-out and number of tries, so they are recorded when it is created.
    patch(
      this.#context.classes.dnsResolvers as Resolvers,
      this.#context.classes.dnsInitialize,
      (real) =>
        function (this: { readonly _handle: Channel }, ...options: unknown[]) {
          real.apply(this, options);
          stateOf(this._handle).options = options;
        },
    );
  }

  /** How to reach the servers of a channel now. Undefined: unchanged. */
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

  /** If c-ares finds no servers, it uses 127.0.0.1, and searches again with each query. So use those of a new channel. */
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

  /** The channel for a set of addresses. Undefined if none can be created. */
  #backOf(front: Channel, { servers, nat64 }: Route): Back | undefined {
    const state = stateOf(front);
    // Not of the list as a whole: `join` would call the `toString` of the lists in it, which the program may have replaced.
    const key = servers.map((server) => server.join(' ')).join();
    const known = state.backs.get(key);
    if (known) return known;
    for (const [other, { pending }] of state.backs) if (pending === 0) state.backs.delete(other);
    try {
      this.#defaults ??= stateOf(channelOf(new dns.Resolver())).options;
      const options = state.options ?? this.#defaults;
      if (options === undefined) return undefined; // the hook has been removed
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

  /** Holds a query: until the prefix is known, the address of an IPv4 name server is not known. */
  #hold(front: Channel, query: Query, req: QueryRequest, name: string): number {
    const { held } = stateOf(front);
    const cancelled = keep(() => req.oncomplete('ECANCELLED'));
    const stop = this.#context.prefixes.whenReady(() => {
      held.delete(end);
      const status = this.ask(front, query, req, name);
      // lib/internal/dns creates the same error from a code, whether it is returned or reported later.
      if (status !== 0) req.oncomplete(status);
    });
    const end = () => {
      held.delete(end);
      stop();
      setImmediate(cancelled);
    };
    held.add(end);
    return 0;
  }

  #isBusy(front: Channel): boolean {
    const state = front[kState];
    return state !== undefined && (state.held.size > 0 || [...state.backs.values()].some(({ pending }) => pending > 0));
  }

  /** The result of a query shows whether the prefix of its servers works. */
  #tellOf({ nat64, channel }: Back, error: QueryError): void {
    const { prefixes } = this.#context;
    if (nat64.length === 0 || error === 'ECANCELLED' || error === 'EDESTRUCTION') return;
    if (error === 'ETIMEOUT' || error === 'ECONNREFUSED') for (const address of nat64) prefixes.failed(address);
    // With several servers, c-ares does not say which one answered.
    else if (prefixes.wantsProof && nat64.length === 1 && this.#real.getServers.call(channel).length === 1)
      prefixes.succeeded(nat64[0] as string);
  }
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
