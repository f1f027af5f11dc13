import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { COMMON, POLICY, POLICY_HELP, parse, policyEnvironment, splitAtProgram } from './arguments';
import { type AuditEntry, type AuditReport, mergeEntries } from './audit/entry';
import { auditPage } from './audit/page';
import { printAudit } from './audit/table';
import { runProgram } from './child';
import { EXIT } from './exit-codes';
import { preloadFile, REGISTER_FILE } from './files';
import { type Output, outputTo } from './output';

export const HELP = `v6only audit [options] app.js [arguments]

Runs a program with the hook and reports every IPv4 address and IPv4-only name
that it used: what, where in its code (or in a dependency, and who called that),
how often, what it became, and how it ended. On a host with IPv4 too: there it
shows what would need the hook. The report follows on stderr at the end.

  --json             the report as JSON on stdout; the program's own output
                     goes to stderr
  --html FILE        the report as one web page that can be read and filtered
  --fail-on-ipv4     end with 1 where there was any, and the program ended well
${POLICY_HELP}

Ends with the program's exit code (128 + n where signal n ended it).`;

export async function audit(argv: readonly string[], out: Output): Promise<number> {
  const options = { ...POLICY, ...COMMON, html: { type: 'string' }, 'fail-on-ipv4': { type: 'boolean' } } as const;
  const { own, program } = splitAtProgram(argv, options);
  const { values } = parse(own, options);
  if (values.help) {
    out.lines(HELP);
    return EXIT.ok;
  }
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'v6only-audit-'));
  try {
    const env = { ...policyEnvironment(values), V6ONLY_AUDIT_FOLDER: folder };
    const stdout = values.json ? 'stderr' : 'inherit';
    const exitCode = await runProgram(program, [REGISTER_FILE, preloadFile('audit')], env, stdout);
    const report = readReport(folder, program, exitCode);
    if (values.html !== undefined) fs.writeFileSync(values.html, auditPage(report));
    if (values.json) out.json(report);
    else printAudit(report, values.html, outputTo(process.stderr));
    return values['fail-on-ipv4'] && exitCode === 0 && report.entries.length > 0 ? EXIT.bad : exitCode;
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

function readReport(folder: string, program: readonly string[], exitCode: number): AuditReport {
  const files = fs.readdirSync(folder).filter((name) => name.endsWith('.json'));
  const lists = files.map((name) => JSON.parse(fs.readFileSync(path.join(folder, name), 'utf8')) as AuditEntry[]);
  return { program, node: process.version, exitCode, processes: files.length, entries: mergeEntries(lists) };
}
