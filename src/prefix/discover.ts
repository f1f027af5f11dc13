import type { Pref64 } from '../address/pref64';
import { ownNetworks } from '../kernel/own-networks';
import { isOutOfResources } from '../report/out-of-resources';
import { DnsClient } from '../resolver/client';
import { systemServers } from '../resolver/system-servers';
import { mayLearn } from './acceptable';
import { findPrefixes } from './find-prefixes';
import { askNetworkd } from './networkd';
import {
  askPatiently,
  type DiscoveryAnswer,
  isSilence,
  type LookupAll,
  PATIENCE_MS,
  queryByDns,
  queryByLookup,
} from './rfc7050';
import type { Ask } from './source';

export interface DiscoverOptions {
  /** Name servers that replace the host's own. */
  readonly servers: readonly string[] | undefined;
  /** Whether the kernel has an IPv4 route to this name server. If so, no prefix is needed to ask it. */
  readonly isDirect: (ipv4: string) => boolean;
  /** Node's own function, not a patched one. */
  readonly lookup: LookupAll;
  /** Whether a call waits for the answer. Only then the process may stay alive for it, as it does during a look-up. */
  readonly isAwaited: () => boolean;
}

/**
 * Asks the sources for the NAT64 prefix of this network, in order: the router (RFC 9872 §3.1), then the network's DNS64
 * (RFC 7050).
 */
export function askNetwork(options: DiscoverOptions): Ask {
  return async (signal) => {
    const own = ownNetworks();
    if (own === undefined) throw outOfDescriptors();
    const learned = (prefixes: readonly Pref64[]) => prefixes.filter((prefix) => mayLearn(prefix, own));
    const advertised = await askNetworkd(signal);
    const prefixes = learned(advertised?.prefixes ?? []);
    if (advertised !== undefined && prefixes.length > 0) return { ...advertised, prefixes };
    const { addresses, ttlSeconds } = await askDns64(options, signal);
    const holdsMs = ttlSeconds === undefined ? undefined : ttlSeconds * 1000;
    return { source: 'discovery', prefixes: learned(findPrefixes(addresses)), holdsMs, ends: false };
  };
}

async function askDns64(options: DiscoverOptions, signal: AbortSignal): Promise<DiscoveryAnswer> {
  const toServerAddress = (ipv4: string) => (options.isDirect(ipv4) ? `::ffff:${ipv4}` : undefined);
  const ask = (server: string, each: AbortSignal) => {
    const settings = { servers: () => [server], toServerAddress, timeoutMs: PATIENCE_MS, attempts: 1 };
    return queryByDns(new DnsClient({ ...settings, background: true }), each);
  };
  try {
    const servers = options.servers ?? systemServers();
    if (servers.length === 0) throw outOfDescriptors();
    return await askPatiently(servers, ask, signal);
  } catch (error) {
    if (signal.aborted || isSilence(error) || isOutOfResources(error) || !options.isAwaited()) throw error;
    return queryByLookup(options.lookup);
  }
}

/** Nothing was asked, so nothing is known. */
const outOfDescriptors = (): Error => Object.assign(new Error('no descriptor is left'), { code: 'EMFILE' });
