import dns from 'node:dns';
import { Pref64 } from '../../address/pref64';
import { endpointOf, parseServer, type ToServerAddress } from '../../address/server-address';
import type { Context } from '../../install/context';
import { findPrefixes } from '../../prefix/find-prefixes';
import { queryByDns } from '../../prefix/rfc7050';
import { DnsClient } from '../../resolver/client';
import { type Finding, fault, note, ok, skipped } from './finding';

/** The answers of the name servers. */
export interface NameServers {
  readonly findings: readonly Finding[];
  /** The prefixes of RFC 7050. Undefined if no name server answered. */
  readonly discovered: readonly Pref64[] | undefined;
}

const TITLE = 'Name servers';
const DNS64 = 'DNS64';

/**
 * Asks each name server of the host separately for the AAAA records of ipv4only.arpa (RFC 7050).
 * @param advertised the prefixes that the router advertises
 */
export async function checkNames(
  { policy, translator, kernel }: Context,
  advertised: readonly Pref64[],
  timeoutMs: number,
): Promise<NameServers> {
  const servers = policy.dns64.servers ?? dns.getServers();
  // As the hook reaches them: over IPv4 where there is a route, else through the NAT64.
  const assumed = new Set<string>();
  const toServerAddress: ToServerAddress = (ipv4) => {
    const decision = translator.destination(ipv4, { port: 53, protocol: 'udp' });
    if (decision.kind === 'translate') return decision.address;
    if (decision.kind === 'direct') return kernel.routeSource(ipv4) === undefined ? undefined : `::ffff:${ipv4}`;
    if (decision.kind === 'refuse') return undefined;
    const [prefix] = advertised;
    if (prefix === undefined) assumed.add(ipv4);
    return (prefix ?? Pref64.WELL_KNOWN).embed(ipv4);
  };
  const reachable = servers.filter((server) => endpointOf(parseServer(server), toServerAddress) !== undefined);
  const isAssumed = (server: string) => assumed.has(parseServer(server).address);
  const answers = await Promise.all(
    reachable.map(async (server) => ({ server, ...(await ask(server, toServerAddress, timeoutMs)) })),
  );
  const answered = answers.filter(({ prefixes }) => prefixes !== undefined);
  if (answered.length === 0 && reachable.every(isAssumed)) {
    const others =
      policy.nat64 === 'discover'
        ? 'Or set the NAT64 prefix with V6ONLY_NAT64 or in the policy: v6only then asks the IPv4 name servers through the NAT64. Without an IPv6 name server it cannot discover the prefix'
        : `Or use IPv4 ones to which the NAT64 prefix leads (${policy.nat64.join(', ')})`;
    const advice = `Configure an IPv6 name server. ${others}`;
    const finding = fault(
      'ipv4-only-resolver',
      TITLE,
      servers.length === 0 ? 'none is configured' : `only IPv4 ones, and none can be reached: ${servers.join(', ')}`,
      advice,
    );
    return { findings: [finding, skipped('dns64', DNS64, 'no name server can be asked')], discovered: undefined };
  }
  const dead = answers
    .filter(({ prefixes }) => prefixes === undefined)
    .map(({ server, error }) => `${server} (${error})`);
  if (answered.length === 0) {
    const advice =
      'Check that a name server is running and can be reached (dig @SERVER ipv4only.arpa AAAA). Meanwhile V6ONLY_NAT64 can set the prefix, but names still need a name server';
    const finding = fault('dns64-down', TITLE, `none answers: ${dead.join(', ')}`, advice);
    return { findings: [finding, skipped('dns64', DNS64, 'no name server answers')], discovered: undefined };
  }
  const verb = answered.length === 1 ? 'answers' : 'answer';
  const findings = [ok('name-servers', TITLE, `${answered.map(({ server }) => server).join(', ')} ${verb}`)];
  if (dead.length > 0) {
    findings[0] = note(
      'name-server-down',
      TITLE,
      `no answer from ${dead.join(', ')}`,
      'Remove it from the configuration: every lookup may wait for it',
    );
  }
  // v6only learns no prefix from a server that it reaches only under an assumed one.
  const discovered = answered.find(({ server, prefixes }) => prefixes?.length && !isAssumed(server))?.prefixes ?? [];
  findings.push(
    discovered.length > 0
      ? ok('dns64', DNS64, `present, with ${discovered.join(', ')}`)
      : note('no-dns64', DNS64, 'none on this network: v6only synthesizes addresses for IPv4-only names itself'),
  );
  return { findings, discovered };
}

async function ask(
  server: string,
  toServerAddress: ToServerAddress,
  timeoutMs: number,
): Promise<{ prefixes?: readonly Pref64[]; error?: string }> {
  const client = new DnsClient({ servers: () => [server], toServerAddress, timeoutMs, attempts: 2 });
  try {
    const { addresses } = await queryByDns(client);
    return { prefixes: findPrefixes(addresses) };
  } catch (error) {
    return { error: (error as NodeJS.ErrnoException).code ?? (error as Error).message };
  }
}
