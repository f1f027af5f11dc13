import dns from 'node:dns';
import { isIPv4 } from 'node:net';
import type { Pref64 } from '../../address/pref64';
import type { Policy } from '../../policy/types';
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
 * @param hasIPv4 whether there is an IPv4 route
 */
export async function checkNames(policy: Policy, hasIPv4: boolean, timeoutMs: number): Promise<NameServers> {
  const servers = policy.dns64.servers ?? dns.getServers();
  const reachable = servers.filter((server) => hasIPv4 || !isRemoteIPv4(server));
  if (reachable.length === 0) {
    const advice =
      'Configure an IPv6 name server. Or set the NAT64 prefix with V6ONLY_NAT64 or in the policy: v6only then asks the IPv4 name servers through the NAT64. Without an IPv6 name server it cannot discover the prefix';
    const finding = fault(
      'ipv4-only-resolver',
      TITLE,
      servers.length === 0 ? 'none is configured' : `only IPv4 ones: ${servers.join(', ')}`,
      advice,
    );
    return { findings: [finding, skipped('dns64', DNS64, 'no name server can be asked')], discovered: undefined };
  }
  const answers = await Promise.all(reachable.map(async (server) => ({ server, ...(await ask(server, timeoutMs)) })));
  const dead = answers
    .filter(({ prefixes }) => prefixes === undefined)
    .map(({ server, error }) => `${server} (${error})`);
  const answered = answers.filter(({ prefixes }) => prefixes !== undefined);
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
  const discovered = answered.find(({ prefixes }) => prefixes?.length)?.prefixes ?? [];
  findings.push(
    discovered.length > 0
      ? ok('dns64', DNS64, `present, with ${discovered.join(', ')}`)
      : note('no-dns64', DNS64, 'none on this network: v6only synthesizes addresses for IPv4-only names itself'),
  );
  return { findings, discovered };
}

async function ask(server: string, timeoutMs: number): Promise<{ prefixes?: readonly Pref64[]; error?: string }> {
  const client = new DnsClient({ servers: () => [server], timeoutMs, attempts: 2 });
  try {
    const { addresses } = await queryByDns(client);
    return { prefixes: findPrefixes(addresses) };
  } catch (error) {
    return { error: (error as NodeJS.ErrnoException).code ?? (error as Error).message };
  }
}

function isRemoteIPv4(server: string): boolean {
  const address = server.replace(/:\d+$/, '');
  return isIPv4(address) && !address.startsWith('127.');
}
