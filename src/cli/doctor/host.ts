import dgram from 'node:dgram';
import os from 'node:os';
import { isLinkLocal } from '../../address/ipv6';
import { findHandleClasses } from '../../hooks/node-internals';
import type { Context } from '../../install/context';
import { type LoadedPolicy, loadPolicy } from '../../policy/load';
import { describeProblem, PolicyError } from '../../policy/problems';
import type { Policy } from '../../policy/types';
import { V6OnlyError } from '../../report/errors';
import { policyOfProgram, rulesInWords } from '../program-policy';
import { probeRoute } from '../route-probe';
import { type Finding, fault, note, ok } from './finding';

/**
 * Any Internet address will do to ask for a general route. This one belongs to a root name server
 * (iana.org/domains/root/servers).
 */
const SOMEWHERE_IPV6 = '2001:503:ba3e::2:30';

export function checkRuntime(): Finding {
  const title = 'Node.js';
  try {
    findHandleClasses();
    return ok('runtime', title, `${process.version} is supported`);
  } catch (error) {
    if (!(error instanceof V6OnlyError)) throw error;
    return fault('unknown-runtime', title, error.message, 'Use Node.js 20, 22, 24 or 26, or a newer v6only');
  }
}

type PolicyOptions = Parameters<typeof policyOfProgram>[0];

/** The policy that the program would get. If it has faults, later checks use the defaults. */
export function checkPolicy(options: PolicyOptions): { finding: Finding; policy: Policy } {
  const title = 'Policy';
  let loaded: LoadedPolicy;
  try {
    loaded = policyOfProgram(options);
  } catch (error) {
    if (!(error instanceof V6OnlyError)) throw error;
    const detail = error instanceof PolicyError ? error.problems.map(describeProblem).join('\n').trim() : error.message;
    const { policy } = loadPolicy({ mainScript: undefined, env: {} });
    return { finding: fault('faulty-policy', title, detail, 'Fix it: v6only check lists all faults'), policy };
  }
  const { policy, source } = loaded;
  const where =
    source === undefined ? 'no policy file: the defaults apply' : `${source} is valid, ${rulesInWords(policy.rules)}`;
  if (policy.mode === 'off')
    return { finding: note('mode-off', title, `${where}; mode off: nothing is patched`), policy };
  return { finding: ok('policy', title, `${where}, mode ${policy.mode}`), policy };
}

export async function checkIPv6(): Promise<Finding> {
  const title = 'IPv6';
  const addresses = Object.values(os.networkInterfaces())
    .flat()
    .filter((a) => a !== undefined && a.family === 'IPv6' && !a.internal && !isLinkLocal(a.address))
    .map((a) => (a as os.NetworkInterfaceInfo).address);
  const route = await probeRoute(SOMEWHERE_IPV6);
  if (route.ok) return ok('ipv6', title, `there is a route to the Internet, from ${route.from}`);
  const have = addresses.length === 0 ? 'no global IPv6 address' : `the address ${addresses[0]}`;
  return fault(
    'no-ipv6-route',
    title,
    `there is ${have} and no route to the Internet (${route.error})`,
    'Check that a router on this network sends Router Advertisements with a prefix (ip -6 route; rdisc6), or set a default route',
  );
}

/** Reports which IPv4 the host has and what the hook does with it, from the same questions that the hook asks. */
export function checkIPv4({ kernel, policy }: Context): Finding {
  const title = 'IPv4';
  const how = policy.mode === 'off' ? 'mode off translates nothing' : undefined;
  const own = kernel.ipv4Interfaces().filter(({ internal }) => !internal);
  const addresses = own.map(({ address, interfaceName }) => `${address} on ${interfaceName}`).join(', ');
  if (kernel.hasGeneralRoute()) {
    const does =
      how ??
      (policy.mode === 'always' ? 'mode always translates anyway' : 'v6only leaves IPv4 unchanged where it works');
    return note(
      'ipv4-present',
      title,
      `there is a route to the Internet (${addresses || 'no address'}): ${does}`,
      'Nothing to do. Mode always would translate anyway',
    );
  }
  if (own.length === 0)
    return ok('no-ipv4', title, `no route to the Internet: ${how ?? 'IPv4 destinations go through the NAT64'}`);
  const rest =
    policy.mode === 'always'
      ? 'mode always sends all destinations through the NAT64'
      : 'destinations with a route stay on IPv4, the others go through the NAT64';
  return note('some-ipv4', title, `${addresses}, but no route to the Internet: ${how ?? rest}`);
}

export function checkListeners({ kernel, policy, translator }: Context): Finding {
  const title = 'Listeners';
  if (policy.mode === 'off') return note('listeners-ipv4', title, 'a listener on 0.0.0.0 accepts IPv4 only (mode off)');
  if (translator.opensToIPv6()) {
    const because =
      policy.listen === 'both' ? 'the policy says "listen": "both"' : 'no other machine can reach this host over IPv4';
    const why = policy.mode === 'always' ? 'mode always' : because;
    return ok('listeners', title, `a listener on 0.0.0.0 also accepts IPv6, because ${why}`);
  }
  const detail = `a listener on 0.0.0.0 accepts IPv4 only (listen: ${policy.listen})`;
  if (kernel.hasGeneralRoute() || policy.listen !== 'auto') return note('listeners-ipv4', title, detail);
  return note(
    'listeners-not-reachable',
    title,
    `${detail}: IPv4 neighbours can reach it, the Internet cannot`,
    'To open it to IPv6, set "listen": "both" in the policy',
  );
}

export async function checkLoopback({ policy, translator }: Context): Promise<Finding[]> {
  const title = 'Loopback';
  const six = await canBind('udp6', '::1');
  const four = await canBind('udp4', '127.0.0.1');
  const findings: Finding[] = [];
  if (six) findings.push(ok('loopback', title, '::1 is present'));
  else {
    findings.push(
      fault(
        'no-loopback',
        title,
        '::1 is missing: connections to 127.0.0.1 or localhost may fail',
        'Bring the loopback interface up with its address: ip link set lo up; ip -6 addr add ::1/128 dev lo',
      ),
    );
  }
  const decision = translator.destination('127.0.0.1');
  const isTranslated = policy.mode !== 'off' && decision.kind === 'translate';
  if (four) {
    const becomes = isTranslated ? `becomes ${decision.address}` : 'stays on IPv4';
    findings.push(ok('ipv4-loopback', title, `127.0.0.1 is present, and ${becomes}`));
  } else if (typeof policy.loopback !== 'object') {
    findings.push(
      note(
        'no-ipv4-loopback',
        title,
        `127.0.0.1 is missing: ${isTranslated ? 'all of 127.0.0.0/8 becomes ::1' : 'connections to it fail'}`,
        'If programs must tell 127.0.0.1 and 127.0.0.2 apart, add an address for each (for 127.0.0.1: ip -6 addr add fd00:7f::7f00:1/128 dev lo), and set "loopback": "fd00:7f::/96" in the policy (docs/sockets.md)',
      ),
    );
  }
  return findings;
}

function canBind(type: 'udp4' | 'udp6', address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = dgram.createSocket(type);
    const settle = (able: boolean) => {
      socket.close();
      resolve(able);
    };
    socket.once('error', () => settle(false));
    socket.bind({ port: 0, address, exclusive: true }, () => settle(true));
  });
}
