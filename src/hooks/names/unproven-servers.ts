import net from 'node:net';
import { keep } from '../../kept-callbacks';
import type { HookContext } from '../context';
import { setMethod } from '../set-method';
import type { Query, QueryRequest } from './resolve-channels';

/** For how many milliseconds a query may stay without an answer. */
const PATIENCE_MS = 300;
/** In milliseconds. A network that reports the denial does so sooner. */
const CONNECTION_MS = 5000;

/** Sends the query of a program by the way that is right now. Returns 0, or a c-ares error code. */
type AskAgain = (req: QueryRequest) => number;

/**
 * Queries to IPv4 name servers whose route may be denied. c-ares uses UDP, so it does not learn that the network denies
 * the route. A TCP connection does, and continues through the NAT64. Name servers accept TCP (RFC 7766 §5). Once the
 * denial is known, a query that is under way is sent again through the NAT64. The first answer counts.
 */
export class UnprovenServers {
  readonly #underWay = new Set<() => void>();
  readonly #tried = new Set<string>();
  readonly #evidence: HookContext['kernel']['evidence'];

  constructor({ kernel: { evidence } }: Pick<HookContext, 'kernel'>) {
    this.#evidence = evidence;
    evidence.onDenied(() => {
      for (const again of this.#underWay) again();
    });
  }

  ask(
    query: Query,
    channel: ThisParameterType<Query>,
    req: QueryRequest,
    name: string,
    servers: Servers,
    again: AskAgain,
  ): number {
    const { oncomplete } = req;
    let pending = 1;
    const timer = setTimeout(() => {
      for (const [host, port] of servers) this.#tryConnection(host, port);
    }, PATIENCE_MS).unref();
    const end = () => {
      clearTimeout(timer);
      this.#underWay.delete(sendAgain);
    };
    const completed: QueryRequest['oncomplete'] = (error, ...rest) => {
      pending--;
      // Both end with ECANCELLED if the program cancels.
      if (pending < 0 || (error === 'ETIMEOUT' && pending > 0)) return;
      pending = -1;
      end();
      oncomplete.call(req, error, ...rest);
    };
    // The second request belongs to the program's call, like the first.
    const sendAgain = keep(() => {
      this.#underWay.delete(sendAgain);
      const second = Reflect.construct(req.constructor, []) as QueryRequest;
      setMethod(second, 'oncomplete', completed);
      if (again(second) === 0) pending++;
    });
    setMethod(req, 'oncomplete', completed);
    const status = query.call(channel, req, name);
    if (status === 0) this.#underWay.add(sendAgain);
    else {
      end();
      req.oncomplete = oncomplete;
    }
    return status;
  }

  /** Finds out whether the network denies the routes to these servers, and calls `then`. At once if they are proven. */
  prove(servers: Servers, then: () => void): void {
    let pending = 1;
    const done = () => {
      if (--pending === 0) then();
    };
    for (const [host, port] of servers) {
      if (!this.#evidence.hasAnswered() && this.#evidence.isUnproven(host)) {
        pending++;
        this.#connection(host, port).on('close', done);
      }
    }
    done();
  }

  #tryConnection(host: string, port: number): void {
    const key = `${host} ${port}`;
    if (this.#tried.has(key)) return;
    this.#tried.add(key);
    this.#connection(host, port).on('close', () => this.#tried.delete(key));
  }

  #connection(host: string, port: number): net.Socket {
    const socket = net.connect({ host, port }).unref();
    const end = () => void socket.destroy();
    socket.on('error', end).on('connect', end).setTimeout(CONNECTION_MS, end);
    return socket;
  }
}

export type Servers = readonly (readonly [address: string, port: number])[];
