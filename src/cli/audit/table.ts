import path from 'node:path';
import { workingFolder } from '../files';
import { columns, type Output } from '../output';
import { type AuditReport, type AuditRow, type AuditTarget, outcomesInWords, type Site } from './entry';

export function printAudit(report: AuditReport, htmlFile: string | undefined, out: Output): void {
  const { rows, processes } = report;
  out.line();
  if (rows.length === 0) {
    out.line(`${out.paint('bold', 'v6only audit')}: ${nothingFound(report)}`);
  } else {
    const own = rows.filter(({ site }) => site?.packageName === undefined);
    const theirs = rows.filter(({ site }) => site?.packageName !== undefined);
    const places = rows.length === 1 ? 'one use' : `${rows.length} uses`;
    const where = processes > 1 ? ` in ${processes} processes` : '';
    out.line(`${out.paint('bold', 'v6only audit')}: ${places} of IPv4${where}`);
    printGroup("the program's own code", own, out);
    printGroup('dependencies', theirs, out);
    for (const line of notAuditedInWords(report)) out.line(out.paint('red', line));
  }
  if (htmlFile !== undefined) {
    out.line();
    out.line(`HTML report: ${htmlFile}`);
  }
}

/** Claims that a program used no IPv4 only if it was audited. */
export function nothingFound(report: AuditReport): string {
  const { processes, exitCode, signal, notAudited } = report;
  if (notAudited.length > 0) {
    const what = processes === 0 ? 'nothing was audited' : 'the audited part of the program had not used IPv4';
    return `not known: ${what}. ${notAuditedInWords(report).join(' ')}`;
  }
  if (processes === 0) {
    return `not known: nothing was audited, because no process wrote a report. The program is not Node.js, clears NODE_OPTIONS, may not write files (--permission), or could not start (${endInWords(report)}).`;
  }
  if (signal !== undefined) return `the program was ended by ${signal}, and had not used IPv4 until shortly before.`;
  if (exitCode !== 0)
    return `not known: the program ended with exit code ${exitCode} before it used IPv4, or could not start.`;
  // A process without the audit may leave no trace, so no more than this is known.
  return `no audited process used IPv4 (${processes === 1 ? 'one process' : `${processes} processes`}).`;
}

export function endInWords({ exitCode, signal }: AuditReport): string {
  return signal === undefined ? `exit code ${Number(exitCode)}` : `ended by ${signal}`;
}

/** One sentence for each reason. */
export function notAuditedInWords({ notAudited }: AuditReport): string[] {
  return notAudited.map(({ program, why, count }) => {
    const who = count === 1 ? 'A process was' : `${count} processes were`;
    return `${who} not audited (${program}): ${why}.`;
  });
}

function printGroup(title: string, entries: readonly AuditRow[], out: Output): void {
  if (entries.length === 0) return;
  out.line();
  out.line(out.paint('underline', title));
  const head = ['what', 'target', 'became', 'count', 'outcome', 'where'].map((text) => out.paint('dim', text));
  for (const line of columns([head, ...entries.flatMap((row) => linesOf(row, out))], '  ')) out.line(line);
}

/** Further targets of a place are counted, not listed. */
const SHOWN_TARGETS = 10;

/** The first line has the totals of the place. Each further target has its own line. */
function linesOf(row: AuditRow, out: Output): string[][] {
  const targets = new Map(row.targets.map((target) => [targetInWords(target), becameInWords(target)]));
  const [[target, became] = ['', ''], ...more] = [...targets].slice(0, SHOWN_TARGETS);
  const lines = [
    [
      `${row.kind} ${row.protocol}`,
      target,
      became,
      String(row.count),
      out.paint(isGood(row) ? 'green' : 'red', outcomesInWords(row.outcomes)),
      whereInWords(row),
    ],
    ...more.map(([other, otherBecame]) => ['', other, otherBecame]),
  ];
  if (targets.size > SHOWN_TARGETS) lines.push(['', `and ${targets.size - SHOWN_TARGETS} more`]);
  return lines;
}

export function targetInWords({ target, address, ports }: AuditTarget): string {
  const resolved = address === '' || address === target ? '' : ` (${address})`;
  const [port, ...more] = ports;
  if (port === undefined) return `${target}${resolved}`;
  if (more.length === 0) return `${target}${resolved} port ${port}`;
  const list =
    ports.length <= 3 ? ports.join(', ') : `${Math.min(...ports)} to ${Math.max(...ports)} (${ports.length})`;
  return `${target}${resolved} ports ${list}`;
}

export function becameInWords({ decision, became }: AuditTarget): string {
  if (decision === 'direct') return 'left on IPv4';
  if (decision === 'refuse') return 'refused';
  return became;
}

/** Whether no outcome is an error. */
export function isGood({ outcomes }: Pick<AuditRow, 'outcomes'>): boolean {
  return !Object.keys(outcomes).some((outcome) => /^E[A-Z]/.test(outcome));
}

function whereInWords({ site, caller }: AuditRow): string {
  if (site === undefined) return 'unknown';
  const from = caller === undefined ? '' : ` ← ${shortPlace(caller)}`;
  return `${shortPlace(site)}${site.packageName === undefined ? '' : ` [${site.packageName}]`}${from}`;
}

/** Relative to the working directory, if the file is in it. */
export function shortPlace({ file, line, column }: Site): string {
  const folder = workingFolder();
  const relative = folder === undefined ? '..' : path.relative(folder, file);
  return `${relative === '..' || relative.startsWith(`..${path.sep}`) ? file : relative}:${line}:${column}`;
}
