import { createHash } from 'node:crypto';
import { printable } from '../../report/printable';
import { type AuditReport, type AuditRow, type AuditTarget, outcomesInWords, type Site } from './entry';
import { PAGE_SCRIPT, PAGE_STYLE } from './page-parts';
import { becameInWords, endInWords, isGood, notAuditedInWords, nothingFound, shortPlace, targetInWords } from './table';

const COLUMNS = ['What', 'Target', 'Became', 'Count', 'Outcome', 'Where'];

/** The report as one self-contained page: it loads no script or style, and is readable without scripts. */
export function auditPage(report: AuditReport): string {
  const { program, node, v6only, processes, rows, name, programVersion, host } = report;
  const total = rows.reduce((sum, { count }) => sum + count, 0);
  const own = rows.filter(({ site }) => site?.packageName === undefined).length;
  const failing = rows.filter((row) => !isGood(row)).length;
  const packages = [...new Set(rows.flatMap(({ site }) => site?.packageName ?? []))].sort();
  const title = [name ?? program[0] ?? '', programVersion].filter(Boolean).join(' ');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ${hashOf(PAGE_STYLE)}; script-src ${hashOf(PAGE_SCRIPT)}; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>IPv4 in ${escapeHtml(title)} on ${escapeHtml(host)}: v6only audit</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<header>
<h1>Where ${escapeHtml(title)} depends on IPv4</h1>
<dl>
${fact('places', rows.length)}${fact('in its own code', own)}${fact('in dependencies', rows.length - own)}${fact('uses', total)}${fact('with errors', failing)}
</dl>
<p><code>${escapeHtml(program.join(' '))}</code> on ${escapeHtml(host)}, Node.js ${escapeHtml(node)}, v6only ${escapeHtml(v6only)}: ${processes === 1 ? 'one process' : `${Number(processes)} processes`}, ${escapeHtml(endInWords(report))}.</p>
</header>
<main>
<form role="search" aria-label="Filter the table">
<label>Search <input type="search" id="text" placeholder="address, name, file, error" autocomplete="off"></label>
${select('kind', 'What', ['connect', 'bind', 'send', 'lookup'])}
${select('origin', 'Code of', ['the program', ...packages])}
${select('result', 'Outcome', ['good', 'with errors'])}
<button type="reset">Show all</button>
<output id="shown" aria-live="polite">${rows.length} of ${rows.length} shown</output>
</form>
<div class="scroll" role="region" aria-label="Uses of IPv4" tabindex="0">
<table>
<caption>Uses of IPv4, one row for each place in the code</caption>
<thead><tr>${COLUMNS.map(head).join('')}</tr></thead>
<tbody>
${rows.map(rowInHtml).join('\n')}
</tbody>
</table>
</div>
${
  rows.length === 0
    ? ''
    : notAuditedInWords(report)
        .map((text) => `<p>${escapeHtml(text)}</p>`)
        .join('')
}
${rows.length === 0 ? `<p>${escapeHtml(capital(nothingFound(report)))}</p>` : '<p id="none" hidden>Nothing matches the filter.</p>'}
</main>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`;
}

/** Further targets of a place are counted, not listed. */
const SHOWN_TARGETS = 5;

function rowInHtml(row: AuditRow): string {
  const { kind, protocol, count, outcomes, targets, site, caller } = row;
  const origin = site?.packageName ?? 'the program';
  const result = isGood(row) ? 'good' : 'with errors';
  const what = escapeHtml(kind);
  const cell = (index: number, content: string, attributes = '') =>
    `<td data-label="${COLUMNS[index]}"${attributes}><div>${content}</div></td>`;
  return `<tr data-kind="${what}" data-origin="${escapeHtml(origin)}" data-result="${result}">
${cell(0, `<span class="kind ${what}">${what}</span> ${escapeHtml(protocol)}`)}
<th scope="row" data-label="${COLUMNS[1]}">${listOf(targets, (one) => escapeHtml(targetInWords(one)))}</th>
${cell(
  2,
  listOf(
    targets,
    (one) =>
      `<span class="${escapeHtml(one.decision)}">${escapeHtml(becameInWords(one))}</span><small>${escapeHtml(one.why)}</small>`,
  ),
)}
${cell(3, String(Number(count)), ` class="number" data-sort="${Number(count)}"`)}
${cell(4, `${isGood(row) ? '' : '<span aria-hidden="true">✕ </span>'}${escapeHtml(outcomesInWords(outcomes))}`, ` class="${isGood(row) ? 'good' : 'bad'}"`)}
${cell(5, `${place(site)}${caller === undefined ? '' : `<small>called from ${place(caller)}</small>`}`)}
</tr>`;
}

/** Each different text once, on its own line. */
function listOf(targets: readonly AuditTarget[], inHtml: (target: AuditTarget) => string): string {
  const texts = [...new Set(targets.map(inHtml))];
  const shown = texts.slice(0, SHOWN_TARGETS).map((text) => `<div>${text}</div>`);
  if (texts.length > SHOWN_TARGETS) shown.push(`<small>and ${texts.length - SHOWN_TARGETS} more</small>`);
  return shown.join('');
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

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

/** The program's data is untrusted. It must not become markup, nor change the direction of the text. */
function escapeHtml(text: string): string {
  return printable(String(text)).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

/** The page allows only its own script, in case something gets past `escapeHtml`. */
const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
