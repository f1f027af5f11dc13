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
   * The NAT64 prefixes known now, in order. Called for every query. A different array means that the prefixes have
   * changed and cached addresses are invalid. Default: none, so nothing is synthesized.
   */
  readonly prefixes?: () => readonly Pref64[];
  /** The settings of synthesis other than `prefixes`. */
  readonly dns64?: Partial<Omit<Dns64Config, 'prefixes'>>;
  /** The maximum number of cached answers. Default 1000. */
  readonly cacheEntries?: number;
  /** Seconds for which an expired answer may be used if no server answers (RFC 8767). Default 0. */
  readonly staleSeconds?: number;
}

export interface ResolveOptions {
  readonly signal?: AbortSignal;
  /** Whether to try the search domains of resolv.conf, as `dns.lookup` does and `dns.resolve` does not. */
  readonly search?: boolean;
}

/** Records of one type, and the aliases that led to them. */
export interface Answer {
  readonly records: readonly ResourceRecord[];
  readonly aliases: readonly ResourceRecord[];
}

const NO_PREFIXES: readonly Pref64[] = [];

interface CachedAddresses {
  readonly addresses: readonly ResolvedAddress[];
  readonly prefixes: readonly Pref64[];
}

/** Resolves names with DNS64: a name without IPv6 addresses gets addresses under the NAT64 prefix. */
export class Resolver {
  readonly #options: ResolverOptions;
  readonly #client: DnsClient;
  readonly #cache: CachingUpstream;
  /** Names as they were looked up, by family. Look-ups with search domains have a cache of their own. */
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
   * The records of `type` of a name. AAAA records are synthesized if there are none.
   * @throws DnsError with the codes of `dns.resolve`: ENOTFOUND, ENODATA, ESERVFAIL, ETIMEOUT, …
   */
  async resolve(name: string, type: string, options: ResolveOptions = {}): Promise<Answer> {
    // `TYPE28` is AAAA, so it is synthesized too.
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
   * The addresses of `name`. Family 6: native ones, else synthesized ones. Family 4: A records, else the IPv4 addresses
   * that the network's DNS64 embeds in AAAA records. Family 0: native IPv6 addresses first, then IPv4 addresses,
   * without synthesis, because the caller translates IPv4 addresses itself.
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
        // Try the next name only if this one does not exist or has no addresses.
        if (!isDnsError(error) || (error.code !== 'ENOTFOUND' && error.code !== 'ENODATA')) throw error;
        first ??= error;
      }
    }
    throw first;
  }

  /**
   * The addresses of `name` if they are cached and valid. Needs no promise and no query. `name` and `search` as in the
   * look-up.
   */
  cachedAddresses(name: string, family: 0 | 4 | 6, search = false): readonly ResolvedAddress[] | undefined {
    const cache = (search ? this.#searched : this.#plain)[family];
    const known = cache.get(name)?.value;
    if (known === undefined) return undefined;
    if (known.prefixes === this.#prefixes()) return known.addresses;
    cache.delete(name);
    return undefined;
  }

  /**
   * The names of `address`. For a synthesized address, those of the IPv4 address that it embeds.
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
   * Sets name servers, in the forms of `dns.setServers`, that replace the host's.
   * @throws V6OnlyError V6ONLY_INVALID_OPTION
   */
  setServers(servers: readonly string[]): void {
    this.#servers = servers.map((server) => formatServer(parseServer(server)));
    this.clearCache();
  }

  /** The servers in the form in which they were set. */
  getServers(): readonly string[] {
    return this.#servers ?? this.#options.servers?.() ?? this.#resolvConf().servers;
  }

  /** Ends every pending query with ECANCELLED. */
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
    // Without a prefix the network must answer ipv4only.arpa.
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

/** Errors of an A query after which AAAA records cannot help: the name does not exist, or the caller has given up. */
const NO_MORE_TO_ASK: ReadonlySet<string> = new Set(['ENOTFOUND', 'ECANCELLED']);

type AddressCaches = Readonly<Record<0 | 4 | 6, AnswerCache<CachedAddresses>>>;

function addressCaches(maxEntries: number): AddressCaches {
  const make = () => new AnswerCache<CachedAddresses>({ maxEntries });
  return { 0: make(), 4: make(), 6: make() };
}

/** Names with non-ASCII characters are sent in their ASCII form (RFC 5890), as Node does. */
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

/** For a query of type CNAME: the first alias only. */
function ownAlias(message: Message): readonly ResourceRecord[] {
  return message.answers.filter((record) => record.type === 'CNAME').slice(0, 1);
}

/**
 * Of two failures, the one that leaves open whether the name exists: a time-out does not prove that it has no address.
 */
function gravest(...results: readonly PromiseSettledResult<unknown>[]): unknown {
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
  const isVerdict = (error: unknown) => isDnsError(error) && (error.code === 'ENOTFOUND' || error.code === 'ENODATA');
  return errors.find((error) => !isVerdict(error)) ?? errors[0];
}
