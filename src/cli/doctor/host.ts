import dgram from 'node:dgram';
import os from 'node:os';
import type { Context } from '../../enable';
import { V6OnlyError } from '../../errors';
import { findHandleClasses } from '../../hooks/handle/internals';
import { type LoadedPolicy, loadPolicy } from '../../policy/load';
import { describeProblem, PolicyError } from '../../policy/report';
import type { Policy } from '../../policy/types';
import { policyOfProgram } from '../program-policy';
import { probeRoute } from '../route-probe';
import { type Finding, fault, note, ok } from './finding';

/** Any address of the Internet will do to ask for a general route; this one is a root name server's (iana.org/domains/root/servers). */
const SOMEWHERE_IPV6 = '2001:503:ba3e::2:30';

export function checkRuntime(): Finding {
  const title = 'Node.js';
  try {
    findHandleClasses();
    return ok('runtime', title, `${process.version}, which v6only can hook`);
  } catch (error) {
    if (!(error instanceof V6OnlyError)) throw error;
    return fault('unknown-runtime', title, error.message, 'Use Node.js 20, 22, 24 or 26, or a newer v6only');
  }
}

type PolicyOptions = Parameters<typeof policyOfProgram>[0];

/** The policy that the program would get; where it has faults, the defaults stand in for the checks that follow. */
export function checkPolicy(options: PolicyOptions): { finding: Finding; policy: Policy } {
  const title = 'Policy';
  let loaded: LoadedPolicy;
  try {
    loaded = policyOfProgram(options);
  } catch (error) {
    if (!(error instanceof V6OnlyError)) throw error;
    const detail = error instanceof PolicyError ? error.problems.map(describeProblem).join('\n').trim() : error.message;
    const { policy } = loadPolicy({ mainScript: undefined, env: {} });
    return { finding: fault('faulty-policy', title, detail, 'Mend it: v6only check shows all faults'), policy };
  }
  const { policy, source } = loaded;
  const rules = policy.rules.length === 1 ? '1 rule' : `${policy.rules.length} rules`;
  const where = source === undefined ? 'no file found: the defaults hold' : `${source} is valid, ${rules}`;
  if (policy.mode === 'off')
    return { finding: note('mode-off', title, `${where}; mode off: nothing is patched`), policy };
  return { finding: ok('policy', title, `${where}, mode ${policy.mode}`), policy };
}

export async function checkIPv6(): Promise<Finding> {
  const title = 'IPv6';
  const addresses = Object.values(os.networkInterfaces())
    .flat()
    .filter((a) => a !== undefined && a.family === 'IPv6' && !a.internal && !/^fe[89ab]/i.test(a.address))
    .map((a) => (a as os.NetworkInterfaceInfo).address);
  const route = await probeRoute(SOMEWHERE_IPV6);
  if (route.ok) return ok('ipv6', title, `there is a route to the Internet, from ${route.from}`);
  const have = addresses.length === 0 ? 'no global IPv6 address' : `the address ${addresses[0]}`;
  return fault(
    'no-ipv6-route',
    title,
    `there is ${have} and no route to the Internet (${route.error})`,
    'See that a router advertises a prefix and itself on this network (ip -6 route; rdisc6), or set a default route',
  );
}

/** What IPv4 there is, and what the hook does about it: by the questions that the hook asks itself. */
export function checkIPv4({ kernel, policy }: Context): Finding {
  const title = 'IPv4';
  const own = kernel.ipv4Interfaces().filter(({ internal }) => !internal);
  const addresses = own.map(({ address, interfaceName }) => `${address} on ${interfaceName}`).join(', ');
  if (kernel.hasGeneralRoute()) {
    const does = policy.mode === 'always' ? 'mode always translates all the same' : 'v6only leaves IPv4 as it is';
    return note(
      'ipv4-present',
      title,
      `there is a route to the Internet (${addresses || 'no address'}): ${does}`,
      'Nothing; mode always would translate',
    );
  }
  if (own.length === 0)
    return ok('no-ipv4', title, 'there is no route to the Internet: what is IPv4 goes through the NAT64');
  return note(
    'some-ipv4',
    title,
    `${addresses}, and no route to the Internet: what has a route stays on IPv4, the rest goes through the NAT64`,
  );
}

export function checkListeners({ kernel, policy, translator }: Context): Finding {
  const title = 'Listeners';
  if (translator.opensToIPv6())
    return ok('listeners', title, 'what listens on 0.0.0.0 hears IPv6 too, since no other machine comes in over IPv4');
  const detail = `what listens on 0.0.0.0 hears IPv4 alone (listen: ${policy.listen})`;
  if (kernel.hasGeneralRoute() || policy.listen !== 'auto') return note('listeners-ipv4', title, detail);
  return note(
    'listeners-not-reachable',
    title,
    `${detail}: its neighbours reach it there, and the Internet does not`,
    'Set "listen": "both" in the policy to open it to IPv6',
  );
}

export async function checkLoopback(): Promise<Finding[]> {
  const title = 'Loopback';
  const six = await canBind('udp6', '::1');
  const four = await canBind('udp4', '127.0.0.1');
  const findings: Finding[] = [];
  if (six) findings.push(ok('loopback', title, '::1 is there'));
  else {
    findings.push(
      fault(
        'no-loopback',
        title,
        '::1 is not there: what a program says to itself at 127.0.0.1 or localhost may get nowhere',
        'Bring the loopback interface up with its address: ip link set lo up; ip -6 addr add ::1/128 dev lo',
      ),
    );
  }
  if (four) findings.push(ok('ipv4-loopback', title, '127.0.0.1 is there: it is left on IPv4'));
  else {
    findings.push(
      note(
        'no-ipv4-loopback',
        title,
        '127.0.0.1 is not there: it becomes ::1, and so do 127.0.0.2 and the rest',
        'Where they must be told apart, give them addresses, such as ip -6 addr add fd00:7f::7f00:1/128 dev lo for 127.0.0.1, and set "loopback": "fd00:7f::/96" in the policy (docs/sockets.md)',
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
