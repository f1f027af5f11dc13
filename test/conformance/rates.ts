// From the results of the four lanes to the three rates, and to text.
import { MODULE_ORDER } from './select.mjs';

const passed = (result) => result?.status === 'pass';
const judged = (result) => result !== undefined && result.status !== 'skip';

// What each rate is of, and which of those count.
export const RATES = {
  informative: {
    title: 'pass with IPv4, fail without it: with the hook they pass',
    of: (r) => passed(r.native) && judged(r.bare) && !passed(r.bare),
    lane: 'hook',
  },
  unharmed: {
    title: 'pass with and without IPv4: with the hook and without IPv4 they still pass',
    of: (r) => passed(r.native) && passed(r.bare),
    lane: 'hook',
  },
  dual: {
    title: 'pass on dual stack: with the hook they still pass',
    of: (r) => passed(r.native),
    lane: 'dual',
  },
};

/**
 * The rates by module and in total: {name: {module: {of, run, passed, failed: [id, …]}}}: how many tests a rate is of, how many
 * of them the lane has run. Tests that skip with the hook count as failed.
 */
export function rate(results) {
  const rates = {};
  for (const [name, { of, lane }] of Object.entries(RATES)) {
    rates[name] = {};
    for (const { id, module, lanes } of results) {
      if (!of(lanes)) continue;
      for (const key of [module, 'total']) {
        rates[name][key] ??= { of: 0, run: 0, passed: 0, failed: [] };
        const row = rates[name][key];
        row.of += 1;
        if (lanes[lane] === undefined) continue;
        row.run += 1;
        if (passed(lanes[lane])) row.passed += 1;
        else row.failed.push(id);
      }
    }
  }
  return rates;
}

/** A Markdown table of the rates. */
export function table(rates) {
  const percent = (row) => ((100 * row.passed) / row.of).toFixed(1);
  const cell = (row) => {
    if (!row) return '-';
    return row.run < row.of ? `${row.run} of ${row.of} run` : `${row.passed}/${row.of} (${percent(row)} %)`;
  };
  const lines = [
    '| module | informative | unharmed without IPv4 | unharmed on dual stack |',
    '| --- | --- | --- | --- |',
  ];
  for (const module of [...MODULE_ORDER, 'total']) {
    const cells = Object.keys(RATES).map((name) => cell(rates[name][module]));
    if (cells.some((text) => text !== '-')) lines.push(`| ${module} | ${cells.join(' | ')} |`);
  }
  return lines.join('\n');
}

/** The failures, grouped by rate; `accepted` maps a test's id to the reason why its failure is accepted. */
export function failures(results, rates, accepted) {
  const byId = new Map(results.map((r) => [r.id, r]));
  return Object.entries(RATES).flatMap(([name, { lane }]) =>
    (rates[name].total?.failed ?? []).map((id) => ({
      rate: name,
      id,
      ...pick(byId.get(id).lanes[lane]),
      accepted: accepted[id]?.lanes.includes(lane) ? accepted[id].reason : undefined,
    })),
  );
}

const pick = ({ status, cause, ms }) => ({ status, cause, ms });
