import { domainToASCII } from 'node:url';
import type { Pref64 } from '../address/pref64';
import { addressesWithoutQuery, embeddedAddresses, fromA, fromAaaa, leastTtl, type ResolvedAddress } from './addresses';
import { AnswerCache } from './answer-cache';
import { CachingUpstream } from './cache';
import { followChain, recordsAt } from './chain';
import { type ClientOptions, DnsClient } from './client';
import { codeOfRcode, DnsError, isDnsError } from './dns-error';
import { answer } from './dns64';
import { type Dns64Config, dns64Config } from './dns64-config';
import { typeCode, typeName } from './packet';
import { type ResolvConf, readResolvConf, searchList } from './resolv-conf';
import { reverseName } from './reverse-name';
import { formatServer, parseServer } from './server-address';
import { type Message, queryFor, RCODE, type ResourceRecord } from './types';

export interface ResolverOptions extends Partial<ClientOptions> {
  /**
   * The NAT64 prefixes known now, in order; called with every query. Another array means that they have changed, and that
   * cached addresses no longer hold. Default: none, so nothing is synthesized.
   */
  readonly prefixes?: () => readonly Pref64[];
  /** How synthesis is done, `prefixes` apart. */
  readonly dns64?: Partial<Omit<Dns64Config, 'prefixes'>>;
  /** Answers kept; default 1000. */
  readonly cacheEntries?: number;
  /** How long an answer that has run out may serve when no server answers (RFC 8767); seconds, default 0. */
  readonly staleSeconds?: number;
}

export interface ResolveOptions {
  readonly signal?: AbortSignal;
  /** Whether the search domains of resolv.conf are tried, as `dns.lookup` does and `dns.resolve` does not. */
  readonly search?: boolean;
}

/** Records of one type, with the aliases that led to them. */
export interface Answer {
  readonly records: readonly ResourceRecord[];
  readonly aliases: readonly ResourceRecord[];
}

const NO_PREFIXES: readonly Pref64[] = [];

interface CachedAddresses {
  readonly addresses: readonly ResolvedAddress[];
  readonly prefixes: readonly Pref64[];
}

/** Names, the DNS64 way: what has no IPv6 address gets one under the NAT64 prefix. */
export class Resolver {
  readonly #options: ResolverOptions;
  readonly #client: DnsClient;
  readonly #cache: CachingUpstream;
  /** Names as they were looked up, by family, and apart by whether search domains were tried. */
  readonly #plain: AddressCaches;
  readonly #searched: AddressCaches;
  #servers: readonly string[] | undefined;
  #conf: ResolvConf | undefined;

  constructor(options: ResolverOptions = {}) {
    this.#options = options;
    const maxEntries = options.cacheEntries ?? 1000;
    this.#plain = addressCaches(maxEntries);
    this.#searched = addressCaches(maxEntries);
    const { timeoutMs, attempts, rotate, ...rest } = options;
    const resolver = this;
    this.#client = new DnsClient({
      ...rest,
      servers: () => this.getServers(),
      // Read with the first query, not before.
      get timeoutMs() {
        return timeoutMs ?? resolver.#resolvConf().timeoutMs;
      },
      get attempts() {
        return attempts ?? resolver.#resolvConf().attempts;
      },
      get rotate() {
        return rotate ?? resolver.#resolvConf().rotate;
      },
    });
    const staleSeconds = options.staleSeconds ?? 0;
    this.#cache = new CachingUpstream(this.#client, { maxEntries, staleSeconds });
  }

  /**
   * The records of `type` that `name` has, AAAA synthesized where there is none.
   * @throws DnsError with the codes of `dns.resolve`: ENOTFOUND, ENODATA, ESERVFAIL, ETIMEOUT, …
   */
  async resolve(name: string, type: string, options: ResolveOptions = {}): Promise<Answer> {
    // `TYPE28` is AAAA, and synthesized like it.
    const code = typeCode(type);
    const wanted = code === undefined ? type.toUpperCase() : typeName(code);
    const message = await this.#answer(asciiName(name, wanted), wanted, options.signal);
    if (message.rcode !== RCODE.NOERROR) throw new DnsError(codeOfRcode(message.rcode), wanted, name);
    const { target, aliases } = followChain(message.question?.name ?? name, message.answers);
    const records =
      wanted === 'ANY'
        ? message.answers
        : wanted === 'CNAME'
          ? ownAlias(message)
          : recordsAt(target, wanted, message.answers);
    if (records.length === 0) throw new DnsError('ENODATA', wanted, name);
    return { records, aliases };
  }

  /**
   * The addresses of `name`. Family 6: native ones, else synthesized ones. Family 4: A records, else what the network's
   * DNS64 hides in AAAA records. Family 0: native IPv6 addresses first, then IPv4 addresses, nothing synthesized: the
   * caller translates IPv4 addresses by itself.
   * @throws DnsError as `resolve`
   */
  async resolveAddresses(
    name: string,
    family: 0 | 4 | 6,
    options: ResolveOptions = {},
  ): Promise<readonly ResolvedAddress[]> {
    const known = addressesWithoutQuery(name, family) ?? this.cachedAddresses(name, family, options.search);
    if (known !== undefined) return known;
    const prefixes = this.#prefixes();
    const names = options.search === true ? searchList(name, this.#resolvConf()) : [name];
    let first: unknown;
    for (const candidate of names) {
      try {
        const addresses = await this.#addressesOf(candidate, family, options.signal);
        const cache = (options.search === true ? this.#searched : this.#plain)[family];
        cache.set(name, { addresses, prefixes }, leastTtl(addresses));
        return addresses;
      } catch (error) {
        // Only "there is no such name" makes the next one worth a try.
        if (!isDnsError(error) || (error.code !== 'ENOTFOUND' && error.code !== 'ENODATA')) throw error;
        first ??= error;
      }
    }
    throw first;
  }

  /** The addresses of `name` where they are known and still hold: no promise, no query. `name` and `search` as looked up. */
  cachedAddresses(name: string, family: 0 | 4 | 6, search = false): readonly ResolvedAddress[] | undefined {
    const cache = (search ? this.#searched : this.#plain)[family];
    const known = cache.get(name)?.value;
    if (known === undefined) return undefined;
    if (known.prefixes === this.#prefixes()) return known.addresses;
    cache.delete(name);
    return undefined;
  }

  /**
   * The names that `address` has; for a synthesized address those of the IPv4 address that it stands for.
   * @throws DnsError as `resolve`, with the syscall `getHostByAddr`; V6OnlyError V6ONLY_INVALID_ADDRESS
   */
  async reverse(address: string, options: ResolveOptions = {}): Promise<string[]> {
    const name = reverseName(address);
    try {
      const { records } = await this.resolve(name, 'PTR', options);
      return records.map(({ data }) => data as string);
    } catch (error) {
      if (!isDnsError(error)) throw error;
      throw new DnsError(error.code, 'reverse', address, { cause: error.cause });
    }
  }

  /**
   * Name servers in the forms of `dns.setServers`, instead of the host's.
   * @throws V6OnlyError V6ONLY_INVALID_OPTION
   */
  setServers(servers: readonly string[]): void {
    this.#servers = servers.map((server) => formatServer(parseServer(server)));
    this.clearCache();
  }

  /** As they were given. */
  getServers(): readonly string[] {
    return this.#servers ?? this.#options.servers?.() ?? this.#resolvConf().servers;
  }

  /** Ends every query under way with ECANCELLED. */
  cancel(): void {
    this.#client.cancel();
  }

  clearCache(): void {
    this.#cache.clear();
    for (const caches of [this.#plain, this.#searched]) for (const cache of Object.values(caches)) cache.clear();
  }

  #resolvConf(): ResolvConf {
    this.#conf ??= readResolvConf();
    return this.#conf;
  }

  #prefixes(): readonly Pref64[] {
    return this.#options.prefixes?.() ?? NO_PREFIXES;
  }

  #answer(name: string, type: string, signal: AbortSignal | undefined): Promise<Message> {
    const prefixes = this.#prefixes();
    // Without a prefix ipv4only.arpa is for the network to answer.
    const config = dns64Config({ ...this.#options.dns64, prefixes, answersIpv4Only: prefixes.length > 0 });
    return answer(queryFor(name, type), this.#cache, config, signal);
  }

  async #addressesOf(name: string, family: 0 | 4 | 6, signal?: AbortSignal): Promise<readonly ResolvedAddress[]> {
    if (family === 6) return this.#aaaa(name, signal);
    if (family === 4) {
      return this.#a(name, signal).catch(async (error: unknown) => {
        if (!isDnsError(error) || NO_MORE_TO_ASK.has(error.code) || this.#prefixes().length === 0) throw error;
        const hidden = embeddedAddresses(await this.#aaaa(name, signal).catch(() => []));
        if (hidden.length === 0) throw error;
        return hidden;
      });
    }
    const [six, four] = await Promise.allSettled([this.#aaaa(name, signal), this.#a(name, signal)]);
    const native = six.status === 'fulfilled' ? six.value.filter(({ synthesized }) => !synthesized) : [];
    const hidden = six.status === 'fulfilled' ? embeddedAddresses(six.value) : [];
    const all = [...native, ...(four.status === 'fulfilled' ? four.value : hidden)];
    if (all.length > 0) return all;
    throw gravest(six, four);
  }

  async #aaaa(name: string, signal: AbortSignal | undefined): Promise<ResolvedAddress[]> {
    const { records } = await this.resolve(name, 'AAAA', signal === undefined ? {} : { signal });
    return fromAaaa(records, this.#prefixes());
  }

  async #a(name: string, signal: AbortSignal | undefined): Promise<ResolvedAddress[]> {
    const { records } = await this.resolve(name, 'A', signal === undefined ? {} : { signal });
    return fromA(records);
  }
}

/** Why A records failed, where AAAA records are not worth a query: there is no such name, or nobody waits any more. */
const NO_MORE_TO_ASK: ReadonlySet<string> = new Set(['ENOTFOUND', 'ECANCELLED']);

type AddressCaches = Readonly<Record<0 | 4 | 6, AnswerCache<CachedAddresses>>>;

function addressCaches(maxEntries: number): AddressCaches {
  const make = () => new AnswerCache<CachedAddresses>({ maxEntries });
  return { 0: make(), 4: make(), 6: make() };
}

/** Names with other letters are asked for in their ASCII form (RFC 5890), as Node does. */
function asciiName(name: string, type: string): string {
  if (isAscii(name)) return name;
  const ascii = domainToASCII(name);
  if (ascii === '') throw new DnsError('EBADNAME', type, name);
  return ascii;
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}

/** For a query of type CNAME: the first alias, not what it leads to. */
function ownAlias(message: Message): readonly ResourceRecord[] {
  return message.answers.filter((record) => record.type === 'CNAME').slice(0, 1);
}

/** Of two failures the one that says the least about the name: a time-out is no proof that there is none. */
function gravest(...results: readonly PromiseSettledResult<unknown>[]): unknown {
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
  const isVerdict = (error: unknown) => isDnsError(error) && (error.code === 'ENOTFOUND' || error.code === 'ENODATA');
  return errors.find((error) => !isVerdict(error)) ?? errors[0];
}
