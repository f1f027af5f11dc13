import { parseIPv6Network } from '../address/ipv6';
import { mayEmbed } from '../address/special-purpose';
import type { Translator } from '../address/translator';
import type { NameResolver } from '../hooks/context';
import type { Policy } from '../policy/types';
import type { Prefixes } from '../prefix/prefixes';
import { type Dns64Config, dns64Config } from '../resolver/dns64-config';
import type { Resolver } from '../resolver/resolver';
import { answerAaaa } from '../resolver/synthesis';
import { systemServers } from '../resolver/system-servers';

/**
 * v6only's own resolver, for names that the operating system's cannot resolve. Loaded and created with the first such
 * name.
 */
export function createNameResolver(policy: Policy, prefixes: Prefixes, translator: Translator): NameResolver {
  let resolver: Resolver | undefined;
  const { servers, exclude, cacheEntries, staleSeconds, timeoutMs, attempts } = policy.dns64;
  // Not parsed before a name is asked for: most of what a start costs would be Node's regular expression for IPv6.
  const excluded = () => exclude.map((network) => parseIPv6Network(network));
  let config: Dns64Config | undefined;
  const make = (): Resolver => {
    const { Resolver: Class } = require('../resolver/resolver') as typeof import('../resolver/resolver');
    return new Class({
      servers: () => servers ?? systemServers(),
      ...(timeoutMs !== undefined && { timeoutMs }),
      ...(attempts !== undefined && { attempts }),
      cacheEntries,
      staleSeconds,
      dns64: { exclude: excluded(), mayEmbed },
      prefixes: () => prefixes.all ?? [],
      toServerAddress: (ipv4) => {
        const decision = translator.destination(ipv4, { port: 53, protocol: 'udp' });
        return decision.kind === 'translate' || decision.kind === 'direct' ? decision.address : undefined;
      },
    });
  };
  return {
    goesFirst: servers !== undefined,
    answerAaaa(sources) {
      const { all = [] } = prefixes;
      if (config?.prefixes !== all) config = dns64Config({ prefixes: all, exclude: excluded(), mayEmbed });
      return answerAaaa(sources, config);
    },
    async addresses(name, family) {
      await prefixes.ready();
      resolver ??= make();
      return resolver.resolveAddresses(name, family);
    },
  };
}
