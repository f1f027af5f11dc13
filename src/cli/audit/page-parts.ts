/** The style of the audit page, in the reader's light or dark mode. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; --line: light-dark(#d5d9e0, #3a404b); --soft: light-dark(#f4f6f9, #1d2129);
  --text: light-dark(#1a1e26, #e6e9ef); --dim: light-dark(#5b6472, #9aa4b5); --accent: light-dark(#1f5fbf, #8ab4ff);
  --good: light-dark(#14713a, #6fd195); --bad: light-dark(#b3261e, #ff8f85); }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 110rem; padding: 1.5rem; font: 15px/1.5 system-ui, sans-serif; color: var(--text);
  background: light-dark(#fff, #14171d); }
h1 { font-size: 1.4rem; margin: 0 0 1rem; }
code { font: 13px/1.4 ui-monospace, monospace; overflow-wrap: anywhere; }
dl { display: flex; flex-wrap: wrap; gap: .75rem; margin: 0 0 .75rem; }
dl div { border: 1px solid var(--line); border-radius: .5rem; padding: .5rem .9rem; background: var(--soft); display: flex; flex-direction: column-reverse; }
dt { color: var(--dim); } dd { margin: 0; font-size: 1.5rem; font-weight: 600; }
header p { color: var(--dim); margin: 0 0 1rem; }
form { display: flex; flex-wrap: wrap; gap: .75rem; align-items: end; margin-bottom: 1rem; }
label { display: flex; flex-direction: column; color: var(--dim); font-size: .85rem; }
input, select, form button { font: inherit; font-size: .95rem; color: var(--text); background: var(--soft); border: 1px solid var(--line);
  border-radius: .4rem; padding: .35rem .6rem; min-height: 2.2rem; }
input { min-width: 18rem; }
output { color: var(--dim); padding: .35rem 0; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: .5rem; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; padding: .6rem .8rem; color: var(--dim); }
th, td { text-align: left; vertical-align: top; padding: .5rem .8rem; border-top: 1px solid var(--line); font-weight: 400; }
thead th { background: var(--soft); position: sticky; top: 0; }
thead button { all: unset; cursor: pointer; font-weight: 600; }
th[aria-sort=ascending] button::after { content: ' ▲'; } th[aria-sort=descending] button::after { content: ' ▼'; }
:focus-visible, thead button:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
tbody th { font-weight: 600; } tbody tr:hover { background: var(--soft); }
small { display: block; color: var(--dim); } small code { font-size: 12px; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.good { color: var(--good); } .bad { color: var(--bad); font-weight: 600; }
.package { border: 1px solid var(--line); border-radius: 1rem; padding: 0 .5rem; font-size: .8rem; white-space: nowrap; }
@media (max-width: 56rem) {
  body { padding: .75rem; } h1 { font-size: 1.2rem; overflow-wrap: anywhere; }
  dl { gap: .4rem; } dl div { padding: .3rem .6rem; } dd { font-size: 1.1rem; }
  label, input, select { width: 100%; min-width: 0; } form { gap: .5rem; }
  /* Too narrow for six columns: each row is a card, each cell says what it is. */
  .scroll { overflow: visible; border: 0; }
  table, caption, tbody, tr, td, tbody th { display: block; width: 100%; } caption { padding: .3rem 0; }
  thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
  tbody tr { border: 1px solid var(--line); border-radius: .5rem; margin-bottom: .75rem; padding: .4rem .75rem; }
  tbody tr[hidden] { display: none; }
  td, tbody th { display: grid; grid-template-columns: 5rem minmax(0, 1fr); border: 0; padding: .15rem 0; text-align: left; overflow-wrap: anywhere; }
  td::before, tbody th::before { content: attr(data-label); color: var(--dim); font-weight: 400; grid-row: 1 / 99; }
  td > *, tbody th > * { grid-column: 2; }
  td.number { text-align: left; } .package { white-space: normal; }
}
@media print { form { display: none; } }
`;

/** Filters and sorts the table. The page is readable without the script, because the table is complete. */
export const PAGE_SCRIPT = `
const form = document.querySelector('form');
const body = document.querySelector('tbody');
const rows = [...body.rows];
const filters = ['kind', 'origin', 'result'].map((id) => document.getElementById(id));
const text = document.getElementById('text');
function filter() {
  const words = text.value.toLowerCase().split(/\\s+/).filter(Boolean);
  let shown = 0;
  for (const row of rows) {
    const content = row.textContent.toLowerCase();
    const fits = words.every((word) => content.includes(word)) &&
      filters.every(({ id, value }) => value === '' || row.dataset[id] === value);
    row.hidden = !fits;
    if (fits) shown++;
  }
  document.getElementById('shown').textContent = shown + ' of ' + rows.length + ' shown';
  const none = document.getElementById('none');
  if (none) none.hidden = shown > 0;
}
form.addEventListener('input', filter);
form.addEventListener('submit', (event) => event.preventDefault());
form.addEventListener('reset', () => setTimeout(filter));
const heads = [...document.querySelectorAll('thead th')];
for (const [index, head] of heads.entries()) {
  head.querySelector('button').addEventListener('click', () => {
    const direction = head.getAttribute('aria-sort') === 'ascending' ? 'descending' : 'ascending';
    for (const other of heads) other.setAttribute('aria-sort', other === head ? direction : 'none');
    const key = (row) => row.cells[index].dataset.sort ?? row.cells[index].textContent;
    const order = new Intl.Collator(undefined, { numeric: true });
    rows.sort((a, b) => order.compare(key(a), key(b)) * (direction === 'ascending' ? 1 : -1));
    body.append(...rows);
  });
}
`;
