import { isIPv4 } from 'node:net';
import { noSyntheticAddress } from '../../address/refusals';
import type { V6OnlyError } from '../../errors';
import type { HookContext } from '../context';
import { patch, type Undo } from '../patch';

/** A query of lib/internal/dns: c-ares completes it. `ttls` in seconds. */
interface QueryRequest {
  oncomplete: (this: unknown, error: string | null, result?: unknown, ttls?: number[]) => void;
  /** Of the callback functions, */
  callback?: ((error: Error | null, ...rest: unknown[]) => void) | undefined;
  /** and of those that return promises. */
  reject?: ((error: Error) => void) | undefined;
}
type Query = (req: QueryRequest, name: string) => number;
/** [family, address, port] going in, [address, port] coming out. */
type ServerIn = [family: number, address: string, port: number];
type ServerOut = [address: string, port: number];

/** A c-ares channel (src/cares_wrap.cc), the handle of each `Resolver`. */
interface Channel {
  queryA: Query;
  queryAaaa: Query;
  getHostByAddr: Query;
  getServers(): ServerOut[];
  setServers(servers: ServerIn[]): number;
}

/** Those that only have to find their servers translated. */
const QUERIES = [
  'queryAny',
  'queryCaa',
  'queryCname',
  'queryMx',
  'queryNs',
  'queryTxt',
  'queryTlsa',
  'querySrv',
  'queryPtr',
  'queryNaptr',
  'querySoa',
] as const;

/**
 * Patches the handle of every DNS resolver, so that all faces of `dns` but `lookup` follow: name servers given as IPv4 are
 * reached like any other IPv4 destination (c-ares opens its sockets in C), and A and AAAA answers are completed as a DNS64
 * would.
 */
export function patchCares(context: HookContext): Undo[] {
  const prototype = context.classes.dnsChannel as Channel;
  const { getServers, setServers, queryA, queryAaaa, getHostByAddr } = prototype;
  /** The servers of a channel as the program calls them. */
  const shown = new WeakMap<object, ServerOut[]>();

  const translateServers = (channel: Channel, servers: ServerIn[]): ServerIn[] => {
    const given = servers.map(([, address, port]): ServerOut => [address, port]);
    shown.set(channel, given);
    return servers.map(([family, address, port]): ServerIn => {
      const kernelAddress = family === 4 ? serverAddress(context, address, port) : undefined;
      return kernelAddress === undefined ? [family, address, port] : [6, kernelAddress, port];
    });
  };
  /** The servers of resolv.conf are c-ares' own to find; an IPv4 one among them is translated before the first query. */
  const prepare = (channel: Channel) => {
    if (shown.has(channel)) return;
    const servers = (getServers.call(channel) ?? []).map(
      ([address, port]): ServerIn => [isIPv4(address) ? 4 : 6, address, port],
    );
    const translated = translateServers(channel, servers);
    if (servers.some(([family]) => family === 4)) setServers.call(channel, translated);
  };

  const undo = [
    patch(
      prototype,
      'setServers',
      () =>
        ({
          setServers(this: Channel, servers: ServerIn[]) {
            return setServers.call(this, translateServers(this, servers));
          },
        }).setServers,
    ),
    patch(
      prototype,
      'getServers',
      () =>
        ({
          getServers(this: Channel) {
            return shown.get(this)?.map(([address, port]): ServerOut => [address, port]) ?? getServers.call(this);
          },
        }).getServers,
    ),
  ];
  for (const query of QUERIES) {
    if (typeof (prototype as unknown as Record<string, unknown>)[query] !== 'function') continue; // queryTlsa is new in Node 22.15
    undo.push(
      patch(
        prototype as unknown as Record<string, Query>,
        query,
        (real) =>
          ({
            [query](this: Channel, req: QueryRequest, name: string): number {
              prepare(this);
              return Reflect.apply(real as Query, this, [req, name]);
            },
          })[query] as never,
      ),
    );
  }

  /** An answer without records may be completed from the other family's. */
  const whenEmpty = (req: QueryRequest, complete: (fail: () => void) => void) => {
    const { oncomplete } = req;
    req.oncomplete = function (error, result, ttls) {
      const give = () => oncomplete.call(this, error, result, ttls);
      // RFC 6147 §5.1.2: NXDOMAIN is final.
      if (error !== 'ENODATA' || context.translator.hasGeneralRoute()) give();
      else complete(give);
    };
  };
  const aside = (
    finish: (error: string | null, result?: unknown, ttls?: number[]) => void,
    req: QueryRequest,
  ): QueryRequest => {
    const second = Reflect.construct(Object.getPrototypeOf(req).constructor as new () => QueryRequest, []);
    second.oncomplete = finish;
    return second;
  };
  undo.push(
    patch(
      prototype,
      'queryA',
      (real) =>
        ({
          queryA(this: Channel, req: QueryRequest, name: string): number {
            prepare(this);
            const { oncomplete } = req;
            // An AAAA-only name reads as addresses of the synthetic pool (RFC 6535 §2.3).
            whenEmpty(req, (fail) => {
              const second = aside((error, result, ttls = []) => {
                const addresses = error
                  ? []
                  : (result as string[]).map((ipv6, i) => context.translator.answerIPv4(ipv6, ttls[i]));
                const found = addresses.filter((ipv4) => ipv4 !== undefined);
                const [first] = error ? [] : (result as string[]);
                if (found.length > 0) oncomplete.call(req, null, found, ttls);
                else {
                  if (first !== undefined) explainQuery(req, noSyntheticAddress(first, context.pool.networks));
                  fail();
                }
              }, req);
              if (queryAaaa.call(this, second, name) !== 0) fail();
            });
            return Reflect.apply(real, this, [req, name]);
          },
        }).queryA,
    ),
    patch(
      prototype,
      'queryAaaa',
      (real) =>
        ({
          queryAaaa(this: Channel, req: QueryRequest, name: string): number {
            prepare(this);
            const { oncomplete } = req;
            // An A-only name is synthesized (RFC 6147 §5.1.6).
            whenEmpty(req, (fail) => {
              const second = aside((error, result, ttls = []) => {
                const found: string[] = [];
                const foundTtls: number[] = [];
                for (const [i, ipv4] of (error ? [] : (result as string[])).entries()) {
                  const ipv6 = context.translator.synthesize(ipv4);
                  if (ipv6 === undefined) continue;
                  found.push(ipv6);
                  foundTtls.push(ttls[i] ?? 0);
                }
                if (found.length === 0) fail();
                else oncomplete.call(req, null, found, foundTtls);
              }, req);
              if (queryA.call(this, second, name) !== 0) fail();
            });
            return Reflect.apply(real, this, [req, name]);
          },
        }).queryAaaa,
    ),
    patch(
      prototype,
      'getHostByAddr',
      () =>
        ({
          getHostByAddr(this: Channel, req: QueryRequest, address: string): number {
            prepare(this);
            return getHostByAddr.call(this, req, reverseAddress(context, address));
          },
        }).getHostByAddr,
    ),
  );
  return undo;
}

/** Lets the error that lib/internal/dns makes of an error code carry `cause`. */
function explainQuery(req: QueryRequest, cause: V6OnlyError): void {
  const { callback, reject } = req;
  if (callback) {
    req.callback = (error, ...rest) => {
      if (error) error.cause ??= cause;
      callback.call(req, error, ...rest);
    };
  }
  if (reject) {
    req.reject = (error) => {
      error.cause ??= cause;
      reject(error);
    };
  }
}

/** Where a name server given as IPv4 is reached, or undefined to leave it on IPv4. */
function serverAddress(context: HookContext, address: string, port: number): string | undefined {
  const decision = context.translator.destination(address, { port, protocol: 'udp' });
  return decision.kind === 'translate' ? decision.address : undefined;
}

/** The name of a synthetic address is that of the IPv6 address behind it, and of an IPv4-embedded one that of the IPv4 (RFC 6147 §5.3.1, RFC 6535 §2.3.3). */
function reverseAddress(context: HookContext, address: string): string {
  const { translator, pool } = context;
  if (isIPv4(address)) return pool.toIPv6(address) ?? translator.hosts.toIPv6(address) ?? address;
  return address.includes(':') ? (safeEmbedded(context, address) ?? address) : address;
}

function safeEmbedded(context: HookContext, address: string): string | undefined {
  try {
    return context.translator.embeddedIPv4(address);
  } catch {
    return undefined; // not an address: c-ares refuses it
  }
}
