import { domainToASCII } from 'node:url';
import { mappedIPv4 } from '../address/mapped';
import type { Pref64 } from '../address/pref64';
import { addressesWithoutQuery, embeddedAddresses, fromA, fromAaaa, type ResolvedAddress } from './addresses';
import { AnswerCache } from './answer-cache';
import { CachingUpstream } from './cache';
import { followChain, recordsAt } from './chain';
import { type ClientOptions, DnsClient } from './client';
import { codeOfRcode, DnsError, isDnsError } from './dns-error';
import { answer } from './dns64';
import { type Dns64Config, dns64Config } from './dns64-config';
import { type ResolvConf, readResolvConf, searchList } from './resolv-conf';
import { queryFor, RCODE, type ResourceRecord } from './types';

export interface ResolverOptions extends ClientOptions {
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

const NO_PREFIXES: readonly Pref64[] = [];

/** What a cached address takes, roughly. */
const ADDRESS_OCTETS = 200;

interface CachedAddresses {
  readonly addresses: readonly ResolvedAddress[];
  readonly prefixes: readonly Pref64[];
}

/** Resolves names with DNS64: a name without IPv6 addresses gets addresses under the NAT64 prefix. */
export class Resolver {
  readonly #options: ResolverOptions;
  readonly #conf: ResolvConf;
  readonly #upstream: CachingUpstream;
  /** Names as they were looked up, by family. */
  readonly #known: Readonly<Record<0 | 4 | 6, AnswerCache<CachedAddresses>>>;

  constructor(options: ResolverOptions, conf = readResolvConf()) {
    this.#options = options;
    this.#conf = conf;
    const { timeoutMs, attempts, rotate } = conf;
    const { cacheEntries: maxEntries = 1000, staleSeconds = 0 } = options;
    this.#upstream = new CachingUpstream(new DnsClient({ timeoutMs, attempts, rotate, ...options }), {
      maxEntries,
      staleSeconds,
    });
    const cache = () => new AnswerCache<CachedAddresses>({ maxEntries });
    this.#known = { 0: cache(), 4: cache(), 6: cache() };
  }

  /**
   * The addresses of `name`, also with the search domains of resolv.conf, as `dns.lookup` tries them. Family 6: native
   * ones, else synthesized ones. Family 4: A records, else the IPv4 addresses that the network's DNS64 embeds in AAAA
   * records. Family 0: native IPv6 addresses first, then IPv4 addresses, without synthesis, because the caller translates
   * IPv4 addresses itself.
   * @throws DnsError with the codes of `dns.resolve`: ENOTFOUND, ENODATA, ESERVFAIL, ETIMEOUT, …
   */
  async resolveAddresses(name: string, family: 0 | 4 | 6): Promise<readonly ResolvedAddress[]> {
    const known = addressesWithoutQuery(name, family) ?? this.cachedAddresses(name, family);
    if (known !== undefined) return known;
    const prefixes = this.#prefixes();
    let first: unknown;
    for (const candidate of searchList(name, this.#conf)) {
      try {
        const addresses = await this.#addressesOf(candidate, family).catch((error) =>
          this.#mappedAlone(candidate, family, error),
        );
        const ttlSeconds = Math.min(...addresses.map(({ ttl }) => ttl));
        this.#known[family].set(name, { addresses, prefixes }, ttlSeconds, addresses.length * ADDRESS_OCTETS);
        return addresses;
      } catch (error) {
        // Try the next name only if this one does not exist or has no addresses.
        if (!provesNoAddress(error)) throw error;
        first ??= error;
      }
    }
    throw first;
  }

  /** The addresses of `name` if they are cached and valid. Needs no promise and no query. */
  cachedAddresses(name: string, family: 0 | 4 | 6): readonly ResolvedAddress[] | undefined {
    const cache = this.#known[family];
    const known = cache.get(name)?.value;
    if (known === undefined) return undefined;
    if (known.prefixes === this.#prefixes()) return known.addresses;
    cache.delete(name);
    return undefined;
  }

  #prefixes(): readonly Pref64[] {
    return this.#options.prefixes?.() ?? NO_PREFIXES;
  }

  async #addressesOf(name: string, family: 0 | 4 | 6): Promise<readonly ResolvedAddress[]> {
    if (family === 6) return this.#aaaa(name);
    if (family === 4) {
      return this.#a(name).catch(async (error: unknown) => {
        // If the name does not exist, AAAA records cannot help.
        if (!isDnsError(error) || error.code === 'ENOTFOUND' || this.#prefixes().length === 0) throw error;
        const hidden = embeddedAddresses(await this.#aaaa(name).catch(() => []));
        if (hidden.length === 0) throw error;
        return hidden;
      });
    }
    const [six, four] = await Promise.allSettled([this.#aaaa(name), this.#a(name)]);
    const found = six.status === 'fulfilled' ? six.value : [];
    const native = found.filter(({ ipv4 }) => ipv4 === undefined);
    const all = [...native, ...(four.status === 'fulfilled' ? four.value : embeddedAddresses(found))];
    if (all.length > 0) return all;
    throw gravest(six, four);
  }

  /**
   * The addresses of a name that has only IPv4-mapped AAAA records, which a DNS64 leaves out (RFC 6147 §5.1.4): IPv4
   * addresses by another name.
   * @throws `error` if the name has none either
   */
  async #mappedAlone(name: string, family: 0 | 4 | 6, error: unknown): Promise<readonly ResolvedAddress[]> {
    if (!isDnsError(error) || error.code !== 'ENODATA') throw error;
    // The answer of a moment ago, from the cache.
    const query = queryFor(asciiName(name, 'AAAA'), 'AAAA');
    const { answers } = await this.#upstream.query(query);
    const found = recordsAt(followChain(query.name, answers).target, 'AAAA', answers).flatMap(({ data, ttl }) => {
      const ipv4 = mappedIPv4(data as string);
      if (ipv4 === undefined) return [];
      return family === 6 ? { address: data as string, family, ttl } : { address: ipv4, family: 4 as const, ttl };
    });
    if (found.length === 0) throw error;
    return found;
  }

  async #aaaa(name: string): Promise<ResolvedAddress[]> {
    return fromAaaa(await this.#records(name, 'AAAA'), this.#prefixes());
  }

  async #a(name: string): Promise<ResolvedAddress[]> {
    return fromA(await this.#records(name, 'A'));
  }

  /** The records of a name. AAAA records are synthesized if there are none. */
  async #records(name: string, type: 'A' | 'AAAA'): Promise<readonly ResourceRecord[]> {
    const prefixes = this.#prefixes();
    // Without a prefix the network must answer ipv4only.arpa.
    const config = dns64Config({ ...this.#options.dns64, prefixes, answersIpv4Only: prefixes.length > 0 });
    const query = queryFor(asciiName(name, type), type);
    const { rcode, answers } = await answer(query, this.#upstream, config);
    if (rcode !== RCODE.NOERROR) throw new DnsError(codeOfRcode(rcode), type, name);
    const records = recordsAt(followChain(query.name, answers).target, type, answers);
    if (records.length === 0) throw new DnsError('ENODATA', type, name);
    return records;
  }
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

/** Whether an error proves that a name has no address. */
function provesNoAddress(error: unknown): boolean {
  return isDnsError(error) && (error.code === 'ENOTFOUND' || error.code === 'ENODATA');
}

/**
 * Of two failures, the one that leaves open whether the name exists: a time-out does not prove that it has no address.
 */
function gravest(...results: readonly PromiseSettledResult<unknown>[]): unknown {
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
  return errors.find((error) => !provesNoAddress(error)) ?? errors[0];
}
