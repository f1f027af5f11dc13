import { isIPv4 } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { ipv4ToInteger } from '../address/ipv4';
import { mayEmbed } from '../address/special-purpose';
import { createContext } from '../install/context';
import { installed } from '../install/installation';
import { noMoreWords, parse, readPort, usage } from './arguments';
import type { Command } from './command';
import { DOCTOR } from './definition';
import { type Finding, type FindingStatus, skipped } from './doctor/finding';
import { checkIPv4, checkIPv6, checkListeners, checkLoopback, checkPolicy, checkRuntime } from './doctor/host';
import { checkIPv4Route, checkPermission } from './doctor/ipv4-route';
import { checkLoopbackPrefix } from './doctor/loopback-prefix';
import { checkNames } from './doctor/names';
import { checkNat64, DEFAULT_TARGETS, type Target } from './doctor/nat64';
import { checkRouter } from './doctor/router';
import { checkTarget, decisionOf, testsNat64 } from './doctor/target';
import { checkTransfer } from './doctor/transfer';
import { EXIT } from './exit-codes';
import { columns, type Output } from './output';

export const doctor: Command = async (argv, out) => {
  const { values, words } = parse(argv, DOCTOR.flags);
  if (values.help) return out.help(DOCTOR);
  noMoreWords('doctor', words);
  const target = values.target === undefined ? undefined : targetOf(values.target);
  const timeoutMs = millisecondsOf('--timeout', values.timeout ?? '3000');
  const everyMs = millisecondsOf('--every', values.every ?? '5000');
  if (values.every !== undefined && !values.watch) throw usage('--every is for --watch', 'Add --watch');
  // The doctor examines the host, not the hook. NODE_OPTIONS may have preloaded the hook in this process too.
  installed()?.undo();
  const look = () => examine(values, target, timeoutMs);
  if (values.watch) return watch(look, everyMs, out, values.json === true);
  const findings = await look();
  const healthy = isHealthy(findings);
  if (values.json) out.json({ healthy, findings });
  else print(findings, out);
  return healthy ? EXIT.ok : EXIT.bad;
};

async function examine(
  options: Parameters<typeof checkPolicy>[0],
  target: Target | undefined,
  timeoutMs: number,
): Promise<Finding[]> {
  const { finding: policyFinding, policy } = checkPolicy(options);
  const ipv6 = await checkIPv6();
  const runtime = checkRuntime();
  if (runtime.status === 'fault') return [runtime, policyFinding, ipv6];
  const context = createContext(policy);
  const hasIPv4 = context.kernel.hasGeneralRoute();
  const findings = [runtime, policyFinding, ipv6, checkIPv4(context), checkListeners(context)];
  findings.push(...(await checkLoopback(context)), ...checkLoopbackPrefix(context));
  if (ipv6.status === 'fault' && !hasIPv4) {
    findings.push(skipped('name-servers', 'Name servers', 'they cannot be asked without a route'));
    findings.push(skipped('nat64', 'NAT64', 'it cannot be reached without a route'));
    if (target) findings.push(skipped('target', 'Target', 'it cannot be reached without a route'));
    return findings;
  }
  const forbidden = await checkPermission(timeoutMs);
  if (forbidden) return [...findings, forbidden];
  const router = await checkRouter();
  const names = await checkNames(context, router?.prefixes ?? [], timeoutMs);
  const discovered = router?.prefixes ?? names.discovered;
  const decision = target && (await decisionOf(context, target));
  context.prefixes.stop();
  const targets = target && decision && testsNat64(decision, target) ? [target] : DEFAULT_TARGETS;
  const nat64 = await checkNat64(policy, discovered, targets, timeoutMs);
  const dead = hasIPv4 ? await checkIPv4Route(context, targets, nat64.working !== undefined, timeoutMs) : undefined;
  findings.push(...(router ? [router.finding] : []), ...names.findings);
  if (target && decision) findings.push(await checkTarget(context, target, decision, dead !== undefined, timeoutMs));
  findings.push(...nat64.findings);
  if (nat64.working && target && targets.includes(target) && mayEmbed(ipv4ToInteger(target.address), nat64.working))
    findings.push(await checkTransfer(nat64.working, target, timeoutMs));
  if (dead) return [...findings, dead];
  // A host with its own IPv4 needs neither a NAT64 nor an IPv6 route to reach IPv4 hosts.
  return hasIPv4 && policy.mode !== 'always' ? findings.map(asNote) : findings;
}

function asNote(finding: Finding): Finding {
  const concernsNetwork = ['no-prefix', 'nat64-down', 'no-ipv6-route'].includes(finding.id);
  return concernsNetwork
    ? { ...finding, status: 'note', detail: `${finding.detail} (not needed: this host has IPv4)` }
    : finding;
}

/** Repeats the checks until it is interrupted or nobody reads what has changed. @returns the exit code of the last round */
async function watch(look: () => Promise<Finding[]>, everyMs: number, out: Output, json: boolean): Promise<number> {
  const unread = new AbortController();
  process.stdout.once('error', () => unread.abort());
  let before = await look();
  if (json) out.json({ healthy: isHealthy(before), findings: before });
  else print(before, out);
  for (;;) {
    await setTimeout(everyMs, undefined, { signal: unread.signal }).catch(() => {});
    if (unread.signal.aborted) return isHealthy(before) ? EXIT.ok : EXIT.bad;
    const now = await look();
    const changed = now.filter((finding) => !before.some((old) => isSame(old, finding)));
    const gone = before.filter(({ title }) => !now.some((finding) => finding.title === title));
    before = now;
    if (changed.length + gone.length === 0) continue;
    if (json) {
      out.json({ time: new Date().toISOString(), healthy: isHealthy(now), changed });
      continue;
    }
    const time = new Date().toLocaleTimeString('en-GB');
    for (const { status, title, detail, advice } of changed) {
      const [text, format] = MARKS[status];
      out.line(`${time}  ${out.paint(format, text)}  ${title}  ${detail}`);
      if (status === 'fault' && advice !== undefined) out.line(`          ${out.paint('bold', `→ ${advice}`)}`);
    }
    for (const { title } of gone) out.line(`${time}  ${out.paint('dim', '-')}  ${title}  no longer checked`);
  }
}

const isHealthy = (findings: readonly Finding[]) => findings.every(({ status }) => status !== 'fault');
const isSame = (a: Finding, b: Finding) => a.id === b.id && a.status === b.status && a.detail === b.detail;

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
  out.line(faults === 0 ? 'No faults found.' : faults === 1 ? '1 fault found.' : `${faults} faults found.`);
}

function targetOf(text: string): Target {
  const [address = '', port, ...rest] = text.split(':');
  if (!isIPv4(address) || rest.length > 0)
    throw usage(`--target ${text} is not an IPv4 address`, 'Write it as 192.0.2.1:80');
  return { address, port: port === undefined ? 443 : readPort(port, `--target ${text}: "${port}" is not a port`) };
}

function millisecondsOf(option: string, text: string): number {
  const milliseconds = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (milliseconds < 1) throw usage(`${option} ${text} is not a number of milliseconds`, 'Give one from 1 to 999999');
  return milliseconds;
}
