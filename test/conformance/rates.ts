// From the results of the four lanes to the three rates, and to text.
import type { Lane, Outcome } from './run-test.js';
import { MODULE_ORDER } from './select.js';

/** What came of a test in each lane that it ran in. */
export type Outcomes = Readonly<Partial<Record<Lane, Outcome>>>;

export interface Result {
  readonly id: string;
  readonly module: string;
  readonly lanes: Outcomes;
}

const passed = (outcome: Outcome | undefined): boolean => outcome?.status === 'pass';
const judged = (outcome: Outcome | undefined): boolean => outcome !== undefined && outcome.status !== 'skip';

interface RateDefinition {
  readonly title: string;
  /** Which tests it is of. */
  of(outcomes: Outcomes): boolean;
  /** Where those that pass are counted. */
  readonly lane: Lane;
}

export type RateName = 'informative' | 'unharmed' | 'dual';
export const RATE_NAMES: readonly RateName[] = ['informative', 'unharmed', 'dual'];
export const RATES: Readonly<Record<RateName, RateDefinition>> = {
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

/** How many tests a rate is of, how many of them the lane has run, how many passed there, and the ids of the others. */
interface Row {
  of: number;
  run: number;
  passed: number;
  readonly failed: string[];
}

/** Module, or `total` → its row. */
type Rows = Readonly<Record<string, Row>>;
export type Rates = Readonly<Record<RateName, Rows>>;

/** The rates by module and in total. Tests that skip with the hook count as failed. */
export const rate = (results: readonly Result[]): Rates => ({
  informative: rowsOf(results, RATES.informative),
  unharmed: rowsOf(results, RATES.unharmed),
  dual: rowsOf(results, RATES.dual),
});

function rowsOf(results: readonly Result[], { of, lane }: RateDefinition): Rows {
  const rows: Record<string, Row> = {};
  for (const { id, module, lanes } of results) {
    if (!of(lanes)) continue;
    for (const key of [module, 'total']) {
      rows[key] ??= { of: 0, run: 0, passed: 0, failed: [] };
      const row = rows[key];
      row.of += 1;
      if (lanes[lane] === undefined) continue;
      row.run += 1;
      if (passed(lanes[lane])) row.passed += 1;
      else row.failed.push(id);
    }
  }
  return rows;
}

/** A Markdown table of the rates. */
export function table(rates: Rates): string {
  const percent = (row: Row) => ((100 * row.passed) / row.of).toFixed(1);
  const cell = (row: Row | undefined) => {
    if (!row) return '-';
    return row.run < row.of ? `${row.run} of ${row.of} run` : `${row.passed}/${row.of} (${percent(row)} %)`;
  };
  const lines = [
    '| module | informative | unharmed without IPv4 | unharmed on dual stack |',
    '| --- | --- | --- | --- |',
  ];
  for (const module of [...MODULE_ORDER, 'total']) {
    const cells = RATE_NAMES.map((name) => cell(rates[name][module]));
    if (cells.some((text) => text !== '-')) lines.push(`| ${module} | ${cells.join(' | ')} |`);
  }
  return lines.join('\n');
}

/** A test's id → the lanes in which its failure is accepted, and why: accepted.json. */
export type Accepted = Readonly<Record<string, { readonly lanes: readonly Lane[]; readonly reason: string }>>;

export interface Failure extends Pick<Outcome, 'status' | 'cause' | 'ms'> {
  readonly rate: RateName;
  readonly id: string;
  /** Why, if it is accepted. */
  readonly accepted: string | undefined;
}

/** The failures, grouped by rate. */
export function failures(results: readonly Result[], rates: Rates, accepted: Accepted): Failure[] {
  return RATE_NAMES.flatMap((rate) => {
    const { lane } = RATES[rate];
    const failed = new Set(rates[rate].total?.failed);
    return results.flatMap(({ id, lanes }) => {
      const outcome = lanes[lane];
      if (outcome === undefined || !failed.has(id)) return [];
      const { status, cause, ms } = outcome;
      const reason = accepted[id]?.lanes.includes(lane) ? accepted[id].reason : undefined;
      return { rate, id, status, cause, ms, accepted: reason };
    });
  });
}
