import { createHash } from 'node:crypto';
import { printable } from '../../printable';
import { type AuditEntry, type AuditReport, outcomesInWords, type Site } from './entry';
import { PAGE_SCRIPT, PAGE_STYLE } from './page-parts';
import { becameInWords, isGood, shortPlace, targetInWords } from './table';

/** The report as one page that needs nothing but itself: no script or style from elsewhere, and readable without script. */
export function auditPage(report: AuditReport): string {
  const { program, node, exitCode, processes, entries } = report;
  const total = entries.reduce((sum, { count }) => sum + count, 0);
  const own = entries.filter(({ site }) => site?.packageName === undefined).length;
  const failing = entries.filter((entry) => !isGood(entry)).length;
  const packages = [...new Set(entries.flatMap(({ site }) => site?.packageName ?? []))].sort();
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ${hashOf(PAGE_STYLE)}; script-src ${hashOf(PAGE_SCRIPT)}; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>v6only audit: ${escapeHtml(program[0] ?? '')}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<header>
<h1>Where <code>${escapeHtml(program.join(' '))}</code> depends on IPv4</h1>
<dl>
${fact('places', entries.length)}${fact('in its own code', own)}${fact('in dependencies', entries.length - own)}${fact('uses', total)}${fact('with errors', failing)}
</dl>
<p>Node.js ${escapeHtml(node)}, ${processes === 1 ? 'one process' : `${processes} processes`}, ended with exit code ${exitCode}.</p>
</header>
<main>
<form role="search" aria-label="Filter the table">
<label>Search <input type="search" id="text" placeholder="address, name, file, error" autocomplete="off"></label>
${select('kind', 'What', ['connect', 'bind', 'send', 'lookup'])}
${select('origin', 'Code of', ['the program', ...packages])}
${select('result', 'Outcome', ['good', 'with errors'])}
<button type="reset">Show all</button>
<output id="shown" aria-live="polite">${entries.length} of ${entries.length} shown</output>
</form>
<div class="scroll" role="region" aria-label="Uses of IPv4" tabindex="0">
<table>
<caption>Uses of IPv4, one line for each place in the code and target</caption>
<thead><tr>${['What', 'Target', 'Became', 'Count', 'Outcome', 'Where'].map(head).join('')}</tr></thead>
<tbody>
${entries.map(row).join('\n')}
</tbody>
</table>
</div>
${entries.length === 0 ? '<p>The program did not use IPv4.</p>' : '<p id="none" hidden>Nothing matches the filter.</p>'}
</main>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`;
}

function row(entry: AuditEntry): string {
  const { kind, protocol, count, outcomes, why, site, caller } = entry;
  const origin = site?.packageName ?? 'the program';
  const result = isGood(entry) ? 'good' : 'with errors';
  const what = escapeHtml(kind);
  return `<tr data-kind="${what}" data-origin="${escapeHtml(origin)}" data-result="${result}">
<td><span class="kind ${what}">${what}</span> ${escapeHtml(protocol)}</td>
<th scope="row">${escapeHtml(targetInWords(entry))}</th>
<td class="${escapeHtml(entry.decision)}">${escapeHtml(becameInWords(entry))}<small>${escapeHtml(why)}</small></td>
<td class="number" data-sort="${Number(count)}">${Number(count)}</td>
<td class="${isGood(entry) ? 'good' : 'bad'}">${isGood(entry) ? '' : '<span aria-hidden="true">✕ </span>'}${escapeHtml(outcomesInWords(outcomes))}</td>
<td>${place(site)}${caller === undefined ? '' : `<small>called from ${place(caller)}</small>`}</td>
</tr>`;
}

function place(site: Site | undefined): string {
  if (site === undefined) return 'unknown';
  const { functionName, packageName } = site;
  const name = functionName === undefined ? '' : `<small>in ${escapeHtml(functionName)}</small>`;
  const from = packageName === undefined ? '' : ` <span class="package">${escapeHtml(packageName)}</span>`;
  return `<code>${escapeHtml(shortPlace(site))}</code>${from}${name}`;
}

const fact = (name: string, value: number): string => `<div><dt>${name}</dt><dd>${value}</dd></div>`;
const head = (text: string): string => `<th scope="col" aria-sort="none"><button type="button">${text}</button></th>`;

function select(id: string, label: string, values: readonly string[]): string {
  const options = values.map((value) => `<option>${escapeHtml(value)}</option>`).join('');
  return `<label>${label} <select id="${id}"><option value="">all</option>${options}</select></label>`;
}

/** What the program did comes from outside: never as markup, and nothing that turns the text around. */
function escapeHtml(text: string): string {
  return printable(String(text)).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

/** The page runs its own script and no other, should anything get past `escapeHtml`. */
const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
