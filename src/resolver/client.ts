import { monotonicMs } from '../address/monotonic-clock';
import {
  type Endpoint,
  endpointOf,
  parseServer,
  type ServerAddress,
  type ToServerAddress,
} from '../address/server-address';
import { isOutOfResources } from '../report/out-of-resources';
import { DnsError, type DnsErrorCode } from './dns-error';
import { type Exchange, ExchangeTimeout, exchangeOverTcp, exchangeOverUdp } from './exchange';
import { encodeMessage, queryMessage } from './message';
import { mixCase, randomId } from './mixed-case';
import { encodeName } from './name';
import { questionKey } from './question-key';
import { type Asked, type Reply, readReply } from './reply';
import { type Message, type Query, SERVER_ERRORS, type Upstream } from './types';

export interface ClientOptions {
  /** The name servers in order, as `dns.setServers` accepts them. Called for every query. */
  readonly servers: () => readonly string[];
  /** Translates the addresses of IPv4 name servers. Without it only those on the loopback are reached. */
  readonly toServerAddress?: ToServerAddress;
  /** Per server and attempt. Default 5000. */
  readonly timeoutMs?: number;
  /** Rounds over the servers. Default 2. */
  readonly attempts?: number;
  /** Whether each query starts with another server. Default false. */
  readonly rotate?: boolean;
  /** Whether names are sent in mixed case ("0x20"). Default true. */
  readonly mixedCase?: boolean;
  /** Whether the queries must not keep the process alive. Default false. */
  readonly background?: boolean;
}

/** For how long a server that did not answer moves to the end of the list. */
const FAILED_FOR_MS = 30_000;

/** The changes of form: to TCP, without EDNS, without mixed case. No server needs more. */
const MAX_STEPS = 6;

/** The form of a query to one server. */
type Form = Pick<Asked, 'mixedCase' | 'withEdns' | 'overTcp'>;

interface InFlight {
  readonly promise: Promise<Message>;
  readonly controller: AbortController;
}

/** A stub client: asks recursive name servers over UDP and TCP, always from AF_INET6 sockets. */
export class DnsClient implements Upstream {
  readonly #options: ClientOptions;
  readonly #inFlight = new Map<string, InFlight>();
  readonly #failedUntil = new Map<string, number>();
  /** Servers that do not preserve the case of the name ("0x20"). */
  readonly #changesCase = new Set<string>();
  #next = 0;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /**
   * Sends a query. Identical queries at the same time share one exchange, except those that a signal may end.
   * @throws DnsError ETIMEOUT, ECONNREFUSED (no server can be reached), EBADRESP, EBADNAME, EBADQUERY, ECANCELLED
   */
  async query(query: Query, signal?: AbortSignal): Promise<Message> {
    const key = signal === undefined ? questionKey(query) : undefined;
    // Without a key, the query may also be invalid. `#ask` reports why.
    if (key === undefined) return this.#ask(query, signal ?? new AbortController().signal);
    const known = this.#inFlight.get(key);
    if (known !== undefined) return known.promise;
    const controller = new AbortController();
    const promise = this.#ask(query, controller.signal).finally(() => {
      if (this.#inFlight.get(key)?.controller === controller) this.#inFlight.delete(key);
    });
    this.#inFlight.set(key, { promise, controller });
    return promise;
  }

  /** Ends every pending query with ECANCELLED, except those with a signal of their own. */
  cancel(): void {
    for (const { controller } of this.#inFlight.values()) controller.abort();
    this.#inFlight.clear();
  }

  async #ask(query: Query, signal: AbortSignal): Promise<Message> {
    const fail = (code: DnsErrorCode, cause?: unknown) => new DnsError(code, query.type, query.name, { cause });
    let servers: readonly ServerAddress[];
    try {
      encodeName(query.name);
    } catch (error) {
      throw fail('EBADNAME', error);
    }
    try {
      servers = this.#order(this.#options.servers().map((text) => parseServer(text)));
      encodeMessage(queryMessage(0, query, query.name));
    } catch (error) {
      throw fail('EBADQUERY', error);
    }
    let lastReply: Message | undefined;
    let lastError: unknown;
    for (let attempt = 0; attempt < (this.#options.attempts ?? 2) && servers.length > 0; attempt++) {
      // In the next round, only servers that did not answer are asked again.
      const silent: ServerAddress[] = [];
      for (const server of servers) {
        if (signal.aborted) throw fail('ECANCELLED');
        // Computed again for each attempt, because the NAT64 prefix may have become known since.
        const endpoint = endpointOf(server, this.#options.toServerAddress ?? (() => undefined));
        if (endpoint === undefined) continue;
        try {
          const reply = await this.#askServer(query, endpoint, signal);
          this.#failedUntil.delete(serverKey(server));
          if (!SERVER_ERRORS.has(reply.rcode)) return reply;
          lastReply = reply;
        } catch (error) {
          if (signal.aborted) throw fail('ECANCELLED');
          lastError = error;
          silent.push(server);
          if (!isOutOfResources(error)) this.#failedUntil.set(serverKey(server), monotonicMs() + FAILED_FOR_MS);
        }
      }
      servers = silent;
    }
    if (lastReply !== undefined) return lastReply;
    throw fail(codeOfFailure(lastError), lastError);
  }

  /** Asks one server, first over UDP. Changes to TCP, or omits EDNS or mixed case, if the server requires it. */
  async #askServer(query: Query, endpoint: Endpoint, signal: AbortSignal): Promise<Message> {
    const key = serverKey(endpoint);
    let withEdns = true;
    let overTcp = false;
    let doubted = false;
    for (let steps = 0; steps < MAX_STEPS; steps++) {
      const mixedCase = this.#options.mixedCase !== false && !this.#changesCase.has(key);
      let reply: Reply;
      try {
        reply = await this.#exchange(query, endpoint, signal, { mixedCase, withEdns, overTcp });
      } catch (error) {
        if (!doubted || !overTcp || signal.aborted) throw error;
        // The server neither preserves the case nor supports TCP. Id and port must suffice, as for most stub resolvers.
        this.#changesCase.add(key);
        overTcp = doubted = false;
        continue;
      }
      if (reply.kind === 'answer') {
        // A reply over TCP is hard to forge, so this server itself changes the case.
        if (doubted && !reply.preservesCase) this.#changesCase.add(key);
        return reply.message;
      }
      if (reply.kind === 'no-edns') withEdns = false;
      else overTcp = true;
      if (reply.kind === 'other-case') doubted = true;
    }
    throw new ExchangeTimeout('the server rejects every form of the query');
  }

  async #exchange(query: Query, endpoint: Endpoint, signal: AbortSignal, form: Form): Promise<Reply> {
    const sent = form.mixedCase ? mixCase(query.name) : query.name;
    const asked: Asked = { id: randomId(), query, name: encodeName(query.name), sentName: encodeName(sent), ...form };
    const exchange: Exchange<Reply> = {
      endpoint,
      query: encodeMessage(queryMessage(asked.id, query, sent, form.withEdns)),
      accept: (bytes) => readReply(bytes, asked),
      timeoutMs: this.#options.timeoutMs ?? 5000,
      signal,
      background: this.#options.background ?? false,
    };
    return form.overTcp ? exchangeOverTcp(exchange) : exchangeOverUdp(exchange);
  }

  /** The servers in the order in which to ask them: rotated if configured, with recently failed ones at the end. */
  #order(servers: readonly ServerAddress[]): readonly ServerAddress[] {
    const start = this.#options.rotate === true ? this.#next++ % Math.max(servers.length, 1) : 0;
    const rotated = [...servers.slice(start), ...servers.slice(0, start)];
    if (this.#failedUntil.size === 0) return rotated;
    const now = monotonicMs();
    const failed = (server: ServerAddress) => (this.#failedUntil.get(serverKey(server)) ?? 0) > now;
    return [...rotated.filter((server) => !failed(server)), ...rotated.filter(failed)];
  }
}

function serverKey({ address, port }: Endpoint): string {
  return `${address}|${port}`;
}

/**
 * Why no server answered, as a code of `dns.*`. Like c-ares, this uses ECONNREFUSED for every reason why a server
 * cannot be reached.
 */
function codeOfFailure(error: unknown): DnsErrorCode {
  if (error instanceof ExchangeTimeout) return 'ETIMEOUT';
  return (error as { code?: unknown } | undefined)?.code === 'V6ONLY_MALFORMED_MESSAGE' ? 'EBADRESP' : 'ECONNREFUSED';
}
