import path from 'node:path';
import { columns, type Output } from '../output';
import { type AuditEntry, type AuditReport, outcomesInWords, type Site } from './entry';

export function printAudit({ entries, processes }: AuditReport, htmlFile: string | undefined, out: Output): void {
  out.line();
  if (entries.length === 0) {
    out.line(`${out.paint('bold', 'v6only audit')}: the program did not use IPv4.`);
    return;
  }
  const own = entries.filter(({ site }) => site?.packageName === undefined);
  const theirs = entries.filter(({ site }) => site?.packageName !== undefined);
  const places = entries.length === 1 ? 'one use' : `${entries.length} uses`;
  const where = processes > 1 ? ` in ${processes} processes` : '';
  out.line(`${out.paint('bold', 'v6only audit')}: ${places} of IPv4${where}`);
  printGroup("the program's own code", own, out);
  printGroup('dependencies', theirs, out);
  if (htmlFile !== undefined) {
    out.line();
    out.line(`As a page: ${htmlFile}`);
  }
}

function printGroup(title: string, entries: readonly AuditEntry[], out: Output): void {
  if (entries.length === 0) return;
  out.line();
  out.line(out.paint('underline', title));
  const head = ['what', 'target', 'became', 'count', 'outcome', 'where'].map((text) => out.paint('dim', text));
  const rows = entries.map((entry) => [
    `${entry.kind} ${entry.protocol}`,
    targetInWords(entry),
    becameInWords(entry),
    String(entry.count),
    out.paint(isGood(entry) ? 'green' : 'red', outcomesInWords(entry.outcomes)),
    whereInWords(entry),
  ]);
  for (const line of columns([head, ...rows], '  ')) out.line(line);
}

export function targetInWords({ target, address, port }: AuditEntry): string {
  const resolved = address === '' || address === target ? '' : ` (${address})`;
  return `${target}${resolved}${port === undefined ? '' : ` port ${port}`}`;
}

export function becameInWords({ decision, became }: AuditEntry): string {
  if (decision === 'direct') return 'left on IPv4';
  if (decision === 'refuse') return 'refused';
  return became;
}

/** Whether none of its outcomes is an error. */
export function isGood({ outcomes }: AuditEntry): boolean {
  return !Object.keys(outcomes).some((outcome) => /^E[A-Z]/.test(outcome));
}

function whereInWords({ site, caller }: AuditEntry): string {
  if (site === undefined) return 'unknown';
  const from = caller === undefined ? '' : ` ← ${shortPlace(caller)}`;
  return `${shortPlace(site)}${site.packageName === undefined ? '' : ` [${site.packageName}]`}${from}`;
}

/** Relative to the working directory where that is shorter. */
export function shortPlace({ file, line, column }: Site): string {
  const relative = path.relative('', file);
  return `${relative.startsWith('..') ? file : relative}:${line}:${column}`;
}
