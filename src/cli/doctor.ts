import { isIPv4 } from 'node:net';
import { createContext, installed } from '../enable';
import { noMoreWords, parse, portOf, usage } from './arguments';
import type { Command } from './command';
import { DOCTOR } from './definition';
import { type Finding, type FindingStatus, skipped } from './doctor/finding';
import { checkIPv4, checkIPv6, checkListeners, checkLoopback, checkPolicy, checkRuntime } from './doctor/host';
import { checkNames } from './doctor/names';
import { checkNat64, DEFAULT_TARGETS, type Target } from './doctor/nat64';
import { EXIT } from './exit-codes';
import { columns, type Output } from './output';

export const doctor: Command = async (argv, out) => {
  const { values, words } = parse(argv, DOCTOR.flags);
  if (values.help) return out.help(DOCTOR);
  noMoreWords('doctor', words);
  const targets = values.target === undefined ? DEFAULT_TARGETS : [targetOf(values.target)];
  const timeoutMs = timeoutOf(values.timeout);
  // What is looked at is the host, not the hook, which NODE_OPTIONS may have preloaded here too.
  installed()?.undo();
  const findings = await examine(values, targets, timeoutMs);
  const healthy = findings.every(({ status }) => status !== 'fault');
  if (values.json) out.json({ healthy, findings });
  else print(findings, out);
  return healthy ? EXIT.ok : EXIT.bad;
};

async function examine(
  options: Parameters<typeof checkPolicy>[0],
  targets: readonly Target[],
  timeoutMs: number,
): Promise<Finding[]> {
  const { finding: policyFinding, policy } = checkPolicy(options);
  const ipv6 = await checkIPv6();
  const runtime = checkRuntime();
  if (runtime.status === 'fault') return [runtime, policyFinding, ipv6];
  const context = createContext(policy);
  const hasIPv4 = context.kernel.hasGeneralRoute();
  const findings = [runtime, policyFinding, ipv6, checkIPv4(context), checkListeners(context)];
  findings.push(...(await checkLoopback()));
  if (ipv6.status === 'fault' && !hasIPv4) {
    findings.push(skipped('name-servers', 'Name servers', 'they cannot be asked without a route'));
    findings.push(skipped('nat64', 'NAT64', 'it cannot be reached without a route'));
    return findings;
  }
  const names = await checkNames(policy, hasIPv4, timeoutMs);
  const nat64 = await checkNat64(policy, names.discovered, targets, timeoutMs);
  findings.push(...names.findings, ...nat64);
  // With IPv4 of its own the host needs neither NAT64 nor an IPv6 route for what is IPv4.
  return hasIPv4 && policy.mode !== 'always' ? findings.map(asNote) : findings;
}

function asNote(finding: Finding): Finding {
  const concernsNetwork = ['no-prefix', 'nat64-down', 'no-ipv6-route'].includes(finding.id);
  return concernsNetwork
    ? { ...finding, status: 'note', detail: `${finding.detail} (not needed: there is IPv4)` }
    : finding;
}

const MARKS: Readonly<Record<FindingStatus, readonly [text: string, format: Parameters<Output['paint']>[0]]>> = {
  ok: ['ok', 'green'],
  note: ['note', 'yellow'],
  fault: ['FAULT', 'red'],
  skipped: ['-', 'dim'],
};

function print(findings: readonly Finding[], out: Output): void {
  const rows = findings.map(({ status, title, detail }) => {
    const [text, format] = MARKS[status];
    return [out.paint(format, text), title, detail.split('\n')[0] ?? ''];
  });
  for (const [index, line] of columns(rows).entries()) {
    out.line(line);
    const { status, detail, advice } = findings[index] as Finding;
    for (const more of detail.split('\n').slice(1)) out.line(`       ${more}`);
    if (status === 'fault' && advice !== undefined) out.line(`       ${out.paint('bold', `→ ${advice}`)}`);
  }
  const faults = findings.filter(({ status }) => status === 'fault').length;
  out.line();
  out.line(faults === 0 ? 'Nothing is wrong.' : faults === 1 ? 'One fault was found.' : `${faults} faults were found.`);
}

function targetOf(text: string): Target {
  const [address = '', port, ...rest] = text.split(':');
  if (!isIPv4(address) || rest.length > 0)
    throw usage(`--target ${text} is not an IPv4 address`, 'Write it as 192.0.2.1:80');
  return { address, port: portOf(port ?? '443') ?? 443 };
}

function timeoutOf(text = '3000'): number {
  const timeoutMs = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (timeoutMs < 1) throw usage(`--timeout ${text} is not a number of milliseconds`);
  return timeoutMs;
}
