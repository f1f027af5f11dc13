import fs from 'node:fs';
import { addUp, note, readReports, summaryInWords } from '../install/process-reports';
import { findPolicyFile } from '../policy/find-file';
import { loadPolicy } from '../policy/load';
import type { Policy } from '../policy/types';
import { V6OnlyError } from '../report/errors';
import { type PolicyFlags, policyEnvironment } from './arguments';
import { commandLineOf, type Ended, runProgram, type Start } from './child';
import { workingFolder } from './files';
import { interpreterOf, isNode } from './interpreter';
import { type Output, outputTo } from './output';
import type { Program } from './program';
import { whyNoReport, withReportFolder } from './report-folder';

/** The optional output of a command about the program that it runs. */
export interface Wishes {
  readonly verbose?: boolean | undefined;
  readonly summary?: boolean | undefined;
}

/**
 * The environment of a program to run. A command's main script may be deep in node_modules, so it gets the policy of
 * the working directory: a user who runs a command there means the program of this folder.
 * @throws V6OnlyError V6ONLY_USAGE if the program would not be started with this policy
 */
export function environmentOf(
  program: Program,
  flags: PolicyFlags,
): { readonly env: NodeJS.ProcessEnv; readonly policy: Policy } {
  const given = policyEnvironment(flags);
  const folder = program.kind === 'node' || given.V6ONLY_POLICY ? undefined : workingFolder();
  let file: string | undefined;
  // The file that cannot be read is the policy too: to pass over it would run the program with the defaults.
  const found =
    folder &&
    findPolicyFile(fs.realpathSync(folder), (unreadable) => {
      file = unreadable;
    });
  if (found) file = found.file;
  const env = file === undefined ? given : { ...given, V6ONLY_POLICY: file };
  try {
    // As the preload does, but with an exit code that is not the program's.
    return { env, policy: loadPolicy({ mainScript: program.script, env }).policy };
  } catch (error) {
    if (!(error instanceof V6OnlyError)) throw error;
    const hint = `The program was not started (${error.code}). V6ONLY_STRICT=0 runs it without the hook.`;
    throw new V6OnlyError('V6ONLY_USAGE', [...error.message.split('\n'), hint]);
  }
}

/** `npm start` and its like are Node.js: they would get the hook, and the program that they start would not. */
export function warnOfChildren({ kind, file }: Program): void {
  if (kind !== 'command' || interpreterOf(file) !== 'node' || isNode(file)) return;
  outputTo(process.stderr).line(
    `v6only: "children": false in the policy: ${file} has the hook, and the Node.js processes that it starts do not. To give it to one of them, name its JavaScript file: v6only run app.js`,
  );
}

/** Runs a program and prints on stderr what the options ask for. @returns its exit code */
export async function runWatched(program: Program, start: Start, wishes: Wishes): Promise<number> {
  if (!wishes.verbose && !wishes.summary) return (await runProgram(program, start)).exitCode;
  let isStarted = false;
  try {
    return await withReportFolder(async (given) => {
      isStarted = true;
      return (await runReported(program, start, wishes, given)).exitCode;
    });
  } catch (error) {
    if (isStarted || !(error instanceof V6OnlyError)) throw error;
    // What was asked for beside the program is no reason not to run it.
    outputTo(process.stderr).line(`v6only: nothing will be said about the processes of the program: ${error.message}`);
    return (await runProgram(program, start)).exitCode;
  }
}

/** Also returns the reports of its processes. */
export async function runReported(
  program: Program,
  start: Start,
  { verbose, summary }: Wishes,
  given: string,
): Promise<Ended & { readonly reports: Reports }> {
  const out = outputTo(process.stderr);
  if (verbose) sayStart(program, start, out);
  // Another such command may run this one, as a part of its program.
  note({ withoutHook: 'its processes report to another v6only command, which it is' });
  const env = { ...start.env, V6ONLY_REPORT_FOLDER: given };
  const ended = await runProgram(program, { ...start, env });
  const reports = readReports(given);
  if (verbose) sayProcesses(program, reports, whyNoReport(given), out);
  if (summary) saySummary(reports, verbose === true, out);
  return { ...ended, reports };
}

function sayStart(program: Program, start: Start, out: Output): void {
  const { file, args, env } = commandLineOf(program, start);
  out.line(`v6only: running ${[file, ...args].join(' ')}`);
  if (program.kind === 'command') {
    out.line(`v6only: with NODE_OPTIONS=${env.NODE_OPTIONS}`);
    const kind = interpreterOf(file);
    if (kind === 'script') {
      out.line(
        'v6only: this is a script; the Node.js processes that it starts get the hook, unless it clears NODE_OPTIONS',
      );
    } else if (kind === 'binary') {
      out.line(
        'v6only: this is not Node.js; its own sockets are not changed, and the Node.js processes that it starts get the hook',
      );
    }
  }
  const policy = env.V6ONLY_POLICY || 'found by each program itself';
  out.line(`v6only: policy ${policy.trimStart().startsWith('{') ? 'of V6ONLY_POLICY' : policy}`);
}

/** Undefined if their folder is gone. */
type Reports = ReturnType<typeof readReports>;
const GONE = 'not known: the folder of the reports was removed while the program ran';

function sayProcesses({ file }: Program, reports: Reports, whyNone: string, out: Output): void {
  if (reports === undefined) out.line(`v6only: which processes had the hook is ${GONE}`);
  if (reports?.length === 0) {
    out.line(
      `v6only: no process wrote a report. ${file} started no Node.js process, cleared NODE_OPTIONS, may not write files (--permission), or ended before it loaded the hook`,
    );
  }
  for (const { pid, thread, report } of reports ?? []) {
    const who = `process ${pid}${thread === 0 ? '' : `, thread ${thread}`}`;
    if (report === undefined) out.line(`v6only: ${who}: ${whyNone}`);
    else if (report.withoutHook === undefined) out.line(`v6only: ${who} had the hook: ${report.program}`);
    else out.line(`v6only: ${who} did not have the hook: ${report.program}: ${report.withoutHook}`);
  }
}

function saySummary(found: Reports, isVerbose: boolean, out: Output): void {
  const reports = (found ?? []).flatMap(({ pid, report }) => (report === undefined ? [] : [{ pid, ...report }]));
  const counters = reports.flatMap(({ counters }) => counters ?? []);
  const silent = (found ?? []).length - reports.length + reports.reduce((sum, { unable = 0 }) => sum + unable, 0);
  const missing = silent === 0 ? '' : `; not known of ${silent} more, which wrote no report`;
  if (counters.length === 0) {
    const [reason] = reports.flatMap(({ withoutHook }) => withoutHook ?? []);
    if (found === undefined) out.line(`v6only: the summary is ${GONE}`);
    else if (reason !== undefined) out.line(`v6only: no process had the hook: ${reason}${missing}`);
    else out.line(`v6only: no process wrote a report${isVerbose ? '' : '; see --verbose'}`);
    return;
  }
  const nat64 = reports.map((report) => report.nat64).find((one) => one?.prefixes.length);
  const processes = new Set(reports.flatMap(({ pid, counters }) => (counters ? [pid] : []))).size;
  const where = processes === 1 ? '' : `${processes} processes: `;
  out.line(`v6only: ${where}${summaryInWords(addUp(counters), nat64)}${missing}`);
}
