import dns from 'node:dns';
import { monotonicMs } from './address/clock';
import { Pref64 } from './address/pref64';
import { prefixChannel } from './hooks/diagnostics';
import { warn } from './hooks/warn';
import type { Policy } from './policy/types';
import type { PrefixDiscovery } from './resolver/discovery';

/** Where the NAT64 prefixes in use come from. `assumed`: the network named none, so the well-known one is tried (RFC 6147 §5.2). */
export type PrefixOrigin = 'policy' | 'discovery' | 'assumed' | 'unknown';

/** For how long a prefix that gave no answer is not used for new connections, where there is another. */
const SET_ASIDE_MS = 30_000;

/** The NAT64 prefixes of this process: from the policy, or discovered when the first IPv4 address has to be translated. */
export class Prefixes {
  readonly #log: Policy['log'];
  readonly #fixed: readonly Pref64[] | undefined;
  readonly #deadlineMs: number;
  readonly #onChange: () => void;
  readonly #asideUntilMs = new Map<Pref64, number>();
  #discovery: PrefixDiscovery | undefined;
  #learned: readonly Pref64[] | undefined;
  #origin: PrefixOrigin;
  #ready: Promise<void> | undefined;
  readonly #realLookup = dns.promises.lookup;
  readonly #servers: readonly string[];

  /** @param systemServers the host's own, whatever the program gives to `dns.setServers` (RFC 8880 §7.1) */
  constructor(policy: Policy, systemServers: readonly string[], onChange: () => void) {
    this.#log = policy.log;
    this.#fixed = policy.nat64 === 'discover' ? undefined : policy.nat64;
    this.#origin = this.#fixed ? 'policy' : 'unknown';
    this.#deadlineMs = policy.dns64.deadlineMs;
    this.#onChange = onChange;
    this.#servers = policy.dns64.servers ?? systemServers;
  }

  get origin(): PrefixOrigin {
    return this.#origin;
  }

  /** All that are known, also those set aside: what an address is recognized by. */
  get all(): readonly Pref64[] | undefined {
    return this.#fixed ?? this.#learned;
  }

  /** In order of preference; those that gave no answer lately stand last. Undefined while nothing is known yet. */
  readonly list = (): readonly Pref64[] | undefined => {
    const all = this.all;
    if (all === undefined || this.#asideUntilMs.size === 0) return all;
    const now = monotonicMs();
    const isAside = (prefix: Pref64) => (this.#asideUntilMs.get(prefix) ?? 0) > now;
    return [...all.filter((prefix) => !isAside(prefix)), ...all.filter(isAside)];
  };

  /** Resolves when the prefixes are known, at the latest after the deadline of the policy; never rejects. */
  readonly ready = (): Promise<void> => {
    if (this.all !== undefined) return Promise.resolve();
    this.#ready ??= this.#discover().catch((error: Error) => {
      const message = `discovery of the NAT64 prefix failed: ${error.message}. The well-known prefix is used`;
      warn(message, 'V6ONLY_NO_PREFIX', this.#log);
      this.#learn([]);
    });
    return this.#ready;
  };

  get hasSeveral(): boolean {
    return (this.all?.length ?? 0) > 1;
  }

  /** A connect to an address under a prefix found no way: the next prefix takes over, and the network is asked again. */
  failed(ipv6: string): void {
    const all = this.all ?? [];
    const prefix = all.find((p) => p.extract(ipv6) !== undefined);
    if (prefix && all.length > 1) {
      this.#asideUntilMs.set(prefix, monotonicMs() + SET_ASIDE_MS);
      this.#onChange();
    }
    void this.#discovery?.rediscover();
  }

  stop(): void {
    this.#discovery?.stop();
  }

  async #discover(): Promise<void> {
    // Loaded only now: a program that never needs a prefix does not pay for a DNS client.
    const { PrefixDiscovery } = require('./resolver/discovery') as typeof import('./resolver/discovery');
    const { firstAnswer, queryByDns, queryByLookup } =
      require('./resolver/discovery-query') as typeof import('./resolver/discovery-query');
    const { DnsClient } = require('./resolver/client') as typeof import('./resolver/client');
    const client = (background: boolean) =>
      new DnsClient({ servers: () => this.#servers, background, timeoutMs: 1500, attempts: 2 });
    this.#discovery = new PrefixDiscovery({
      query: firstAnswer(
        queryByDns(client),
        queryByLookup((name, options) => this.#realLookup(name, options)),
      ),
      onChange: (found) => this.#learn(found),
    });
    // One query: name servers that are out of reach are not waited for. Discovery goes on, and is heard when it has an answer.
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<readonly Pref64[]>((resolve) => {
      timer = setTimeout(resolve, this.#deadlineMs, []);
    });
    const found = await Promise.race([this.#discovery.rediscover(), deadline]);
    clearTimeout(timer);
    if (this.#learned === undefined) this.#learn(found);
  }

  #learn(found: readonly Pref64[]): void {
    this.#origin = found.length > 0 ? 'discovery' : 'assumed';
    this.#learned = found.length > 0 ? found : [Pref64.WELL_KNOWN];
    this.#asideUntilMs.clear();
    this.#onChange();
    if (prefixChannel.hasSubscribers)
      prefixChannel.publish({ prefixes: this.#learned.map(String), source: this.#origin });
  }
}
