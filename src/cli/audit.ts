import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { ProcessReport } from '../install/process-reports';
import { parse, splitAtProgram } from './arguments';
import { type AuditEntry, type AuditReport, rowsOf } from './audit/entry';
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
import { withReportFolder } from './report-folder';
import { environmentOf, runReported } from './watched';

export const audit: Command = async (argv, out) => {
  const { own, program: words } = splitAtProgram(argv, AUDIT.flags);
  const { values } = parse(own, AUDIT.flags);
  if (values.help) return out.help(AUDIT);
  const program = findProgram(words, 'audit');
  const { env: given } = environmentOf(program, values);
  const page = values.html === undefined ? undefined : new PageFile(values.html);
  return withReportFolder(async (reportFolder) => {
    const folder = path.join(reportFolder, 'audit');
    fs.mkdirSync(folder);
    const env = { ...given, V6ONLY_AUDIT_FOLDER: folder };
    const stdout = values.json ? 'stderr' : 'inherit';
    const preloads = [REGISTER_FILE, preloadFile('audit')];
    const { reports, ...ended } = await runReported(program, { preloads, env, stdout }, values, reportFolder);
    const report = { ...readReport(folder, program, words, ended), notAudited: notAudited(reports) };
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

/** Processes for the same reason are one entry. */
function notAudited(reports: readonly ProcessReport[]): AuditReport['notAudited'] {
  const counts = new Map<string, { program: string; why: string; count: number }>();
  for (const { program, withoutHook: why } of reports) {
    if (why === undefined) continue;
    const key = JSON.stringify([program, why]);
    const known = counts.get(key) ?? { program, why, count: 0 };
    counts.set(key, { ...known, count: known.count + 1 });
  }
  return [...counts.values()];
}

function readReport(
  folder: string,
  program: Program,
  words: readonly string[],
  ended: Ended,
): Omit<AuditReport, 'notAudited'> {
  const files = fs.readdirSync(folder).filter((name) => name.endsWith('.json'));
  const lists = files.map((name) => entriesIn(path.join(folder, name)));
  return {
    version: 1,
    program: words,
    ...nameProgram(program),
    host: os.hostname(),
    node: process.version,
    v6only: packageVersion(),
    ...ended,
    processes: files.length,
    rows: rowsOf(lists),
  };
}

/** The program can write to this folder too. A file that is not a report counts as empty. */
function entriesIn(file: string): AuditEntry[] {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')) as AuditEntry[];
  } catch {
    return [];
  }
}
