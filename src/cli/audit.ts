import os from 'node:os';
import { readReportFiles } from '../install/report-file';
import { parseBeforeProgram } from './arguments';
import { type AuditEntry, type AuditReport, isAuditEntries, rowsOf } from './audit/entry';
import { auditPage } from './audit/page';
import { PageFile } from './audit/page-file';
import { nameProgram } from './audit/program-name';
import { printAudit } from './audit/table';
import type { Ended } from './child';
import type { Command } from './command';
import { AUDIT } from './definition';
import { EXIT } from './exit-codes';
import { packageVersion, preloadFile, REGISTER_FILE } from './files';
import { outputTo } from './output';
import { findProgram, type Program } from './program';
import { whyNoReport, withReportFolder } from './report-folder';
import { environmentOf, runReported } from './watched';

export const audit: Command = async (argv, out) => {
  const { values, program: words } = parseBeforeProgram(argv, AUDIT);
  if (values.help) return out.help(AUDIT);
  const program = findProgram(words, 'audit');
  const { env } = environmentOf(program, values);
  const page = values.html === undefined ? undefined : new PageFile(values.html);
  return withReportFolder(async (given) => {
    const stdout = values.json ? 'stderr' : 'inherit';
    const preloads = [REGISTER_FILE, preloadFile('audit')];
    const { reports, ...ended } = await runReported(program, { preloads, env, stdout }, values, given);
    const lists = readReportFiles(given, 'audit', isAuditEntries);
    const report = reportOf(reports, lists, whyNoReport(given), program, words, ended);
    const err = outputTo(process.stderr);
    // The other reports do not depend on the page.
    const fault = page?.write(auditPage(report));
    if (values.json) out.json(report);
    else printAudit(report, fault === undefined ? values.html : undefined, err);
    if (fault !== undefined) err.line(`v6only: ${fault}`);
    const failed = report.rows.length > 0 || report.processes === 0 || report.notAudited.length > 0;
    return values['fail-on-ipv4'] && ended.exitCode === 0 && failed ? EXIT.bad : ended.exitCode;
  });
};

type Reports = Awaited<ReturnType<typeof runReported>>['reports'];
type Lists = ReturnType<typeof readReportFiles<AuditEntry[]>>;

function reportOf(
  reports: Reports,
  lists: Lists,
  whyNone: string,
  program: Program,
  words: readonly string[],
  ended: Ended,
): AuditReport {
  const known = (lists ?? []).flatMap(({ pid, report }) => (report === undefined ? [] : [{ pid, report }]));
  return {
    version: 1,
    program: words,
    ...nameProgram(program),
    host: os.hostname(),
    node: process.version,
    v6only: packageVersion(),
    ...ended,
    processes: new Set(known.map(({ pid }) => pid)).size,
    notAudited:
      lists === undefined ? [{ program: words.join(' '), why: GONE, count: 1 }] : notAudited(reports, lists, whyNone),
    rows: rowsOf(known.map(({ report }) => report)),
  };
}

const GONE = 'the folder of the reports was removed while the program ran';

/** Processes for the same reason are one entry. */
function notAudited(reports: Reports, lists: NonNullable<Lists>, whyNone: string): AuditReport['notAudited'] {
  const counts = new Map<string, { program: string; why: string; count: number }>();
  const add = (program: string, why: string, more = 1) => {
    const key = JSON.stringify([program, why]);
    counts.set(key, { program, why, count: (counts.get(key)?.count ?? 0) + more });
  };
  const isAudited = new Set(lists.filter(({ report }) => report).map(({ pid, thread }) => `${pid}-${thread}`));
  for (const { pid, thread, report } of reports ?? []) {
    const program = report?.program ?? `process ${pid}`;
    if (report?.unable)
      add(`started by ${program}`, 'it runs as another user than the audit, so it cannot report', report.unable);
    if (report?.withoutHook !== undefined) add(program, `it ran without the hook: ${report.withoutHook}`);
    else if (!isAudited.has(`${pid}-${thread}`)) add(program, whyNone);
  }
  return [...counts.values()];
}
