#!/usr/bin/env node
// npm run test:native: arbitrary calls of net, dgram and dns, on native Node and with the hook. Native Node on a dual-stack
// host is the oracle: on such a host the outcome must be equal, and where there is no IPv4 too. What differs stands in
// accepted.ts with its reason, or is a fault.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { nodeUnderTest, runOnHost } from '../support/host.js';
import { type Api, ARBITRARIES, type Case } from './cases.js';
import { compare, type Difference, type Host, summary } from './compare.js';
import type { Outcome } from './outcome.js';

const USAGE = `npm run test:native -- [options]
  --cases N     cases of each API (1000)
  --seed N      an integer; printed, so that a run can be repeated
  --api LIST    ${Object.keys(ARBITRARIES).join(',')} (all)
  --host LIST   kinds of host to compare with native Node on dual (dual,v6)
  --show N      differences of a kind that are shown (1)
  --all         show what is accepted too`;

const { values: options } = parseArgs({
  options: {
    cases: { type: 'string', default: '1000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    api: { type: 'string', default: Object.keys(ARBITRARIES).join(',') },
    host: { type: 'string', default: 'dual,v6' },
    show: { type: 'string', default: '1' },
    all: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(USAGE);
  process.exit();
}
const seed = Number(options.seed);
const apis = options.api.split(',') as Api[];
const hosts = options.host.split(',') as Host[];
const scratch = mkdtempSync(path.join(tmpdir(), 'v6only-native-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));

const EXECUTE = path.join(import.meta.dirname, 'execute.js');
/** IPv6 is the same on all hosts: those without IPv4 have NAT64 addresses for their own, and so has this one here. */
const PREPARE: Partial<Record<Host, string>> = {
  dual: 'ip addr add 64:ff9b::cb00:7107/128 dev lo nodad && ip route add local 64:ff9b::/96 dev lo &&',
};
/** A case takes a millisecond or two; a busy machine much more. */
const CASE_MS = 100;

/** 128 and SIGABRT: an assertion of Node.js itself failed. Node.js 20 does so where a `lookup` answers with an object, say. */
const ABORTED = 134;
const ABORTS: Outcome = [['the process aborts']];

/** Most of the time that a case takes it waits. Each part has a host of its own. */
const PARTS = 4;
const MIN_PART = 100;

/** What came of each case. */
async function outcomes(kind: Host, hook: 'require' | false, cases: readonly Case[]): Promise<Outcome[]> {
  const count = Math.max(Math.min(PARTS, Math.floor(cases.length / MIN_PART)), 1);
  // Dealt in turn: those of one API take longer than those of another.
  const parts = Array.from({ length: count }, (_, part) => cases.filter((_one, i) => i % count === part));
  const ended = await Promise.all(parts.map((part) => outcomesOfPart(kind, hook, part)));
  return cases.map((_, i) => ended[i % count]?.[Math.floor(i / count)] as Outcome);
}

let runs = 0;
/** One that ends the process is the last of its process, and the others are run in the next. */
async function outcomesOfPart(kind: Host, hook: 'require' | false, cases: readonly Case[]): Promise<Outcome[]> {
  const results: Outcome[] = [];
  while (results.length < cases.length) {
    const { code, lines, text } = await execute(kind, hook, cases.slice(results.length));
    for (const line of lines) results.push(JSON.parse(line));
    if (code === ABORTED && results.length < cases.length) results.push(ABORTS);
    else if (code !== 0 || results.length < cases.length) {
      console.error(text);
      const last = JSON.stringify(cases[results.length]);
      throw new Error(`on ${kind} the run ended with ${code} after ${results.length} cases, at ${last}`);
    }
  }
  return results;
}

async function execute(
  kind: Host,
  hook: 'require' | false,
  cases: readonly Case[],
): Promise<{ code: number | string | null; lines: string[]; text: string }> {
  const folder = mkdtempSync(path.join(scratch, `${runs++}-`));
  const file = path.join(folder, 'cases.json');
  const out = path.join(folder, 'out');
  writeFileSync(file, JSON.stringify(cases));
  writeFileSync(out, '');
  // In a folder of its own: listen('x') makes a file.
  const command = ['sh', '-c', `${PREPARE[kind] ?? ''} cd "$0" && exec "$@"`, folder, nodeUnderTest];
  const timeoutMs = 60_000 + CASE_MS * cases.length;
  const end = await runOnHost(kind, ['--no-warnings', EXECUTE, file, out], { hook, dns: 'plain', timeoutMs, command });
  const lines = readFileSync(out, 'utf8').split('\n').filter(Boolean);
  return { code: end.code ?? end.signal, lines, text: end.stdout + end.stderr };
}

/** The differences of `all` in whose case `others` has none. */
function except(all: readonly Difference[], others: readonly Difference[]): Difference[] {
  const seen = new Set(others.map(({ one }) => one));
  return all.filter(({ one }) => !seen.has(one));
}

async function compareOn(
  kind: Host,
  cases: readonly Case[],
  native: readonly Outcome[],
): Promise<{ found: Difference[]; once: Difference[] }> {
  const hooked = await outcomes(kind, 'require', cases);
  const suspects = compare(kind, cases, native, hooked);
  if (suspects.length === 0) return { found: [], once: [] };
  // Once more in processes of their own: what does not differ again was the machine, or needs what went before.
  const twice = async (again: readonly Case[]) =>
    compare(kind, again, await outcomes('dual', false, again), await outcomes(kind, 'require', again));
  const found = await twice(suspects.map(({ one }) => one));
  const rest = except(suspects, found);
  if (rest.length === 0) return { found, once: [] };
  // Once more after all that went before. Only the machine differs from one such run to the next.
  const late = except(await twice(cases), except(suspects, rest));
  const once = except(rest, late);
  return { found: [...found, ...except(rest, once)], once };
}

console.log(`seed ${seed}, ${options.cases} cases for each of ${apis.join(', ')}`);
const sampled = apis.flatMap((api) => fc.sample(ARBITRARIES[api], { numRuns: Number(options.cases), seed }));
const all = await outcomes('dual', false, sampled);
// What ends the process natively tells nothing of what it would have done.
const cases = sampled.filter((_, i) => all[i] !== ABORTS);
const native = all.filter((outcome) => outcome !== ABORTS);
if (cases.length < sampled.length)
  console.log(`${sampled.length - cases.length} cases left out: native Node.js aborts`);
let failed = 0;
for (const kind of hosts) {
  const { found, once } = await compareOn(kind, cases, native);
  const { text, unexplained } = summary(found, { show: Number(options.show), all: options.all });
  failed += unexplained;
  console.log(
    `${kind}: ${cases.length} cases, ${found.length} differ, ${unexplained} of them without a reason; ${once.length} differed once only`,
  );
  if (text) console.log(text);
  if (options.all && once.length > 0)
    console.log(`  once only:\n${summary(once, { show: Number(options.show), all: true }).text}`);
}
console.log(`${cases.length * hosts.length - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
