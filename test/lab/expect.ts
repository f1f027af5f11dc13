// Checks that are counted, for `lab check`: one that fails says so and lets the others run.

/** One check. `actual` is a function: a check that throws has failed, unless the error's text is what was wanted. */
export type Expect = (what: string, actual: () => unknown, wanted: unknown) => void;

export interface Tally {
  readonly expect: Expect;
  passed: number;
  failed: number;
}

export function tally(): Tally {
  const counts: Tally = {
    passed: 0,
    failed: 0,
    expect: (what, actual, wanted) => {
      let value: unknown;
      try {
        value = actual();
      } catch (error) {
        value = error instanceof Error ? error.message : error;
      }
      const isPattern = wanted instanceof RegExp;
      const ok = isPattern ? wanted.test(String(value)) : JSON.stringify(value) === JSON.stringify(wanted);
      counts[ok ? 'passed' : 'failed'] += 1;
      if (ok) return;
      const shown = isPattern ? wanted : JSON.stringify(wanted);
      console.log(`FAILED ${what}: got ${JSON.stringify(value)}, expected ${shown}`);
    },
  };
  return counts;
}
