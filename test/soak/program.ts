// What the soak test runs, natively and with the hook: program.js SHARE. It prints a JSON line for each time that it is measured:
// at the start, in the middle and at the end.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import type { Measured, Time } from './measured.js';
import { COUNTS, PHASES } from './phases.js';

const share = Number(process.argv[2]);
const turn = () => new Promise(setImmediate);

/** After what is closed is told of, and all that can be collected is. */
async function measure(at: Time): Promise<void> {
  for (let i = 0; i < 4; i++) {
    await turn();
    (globalThis.gc as NodeJS.GCFunction)();
  }
  const { heapUsed, rss } = process.memoryUsage();
  const descriptors = readdirSync('/proc/self/fd').length;
  const measured: Measured = { at, heap: heapUsed, rss, descriptors };
  console.log(JSON.stringify(measured));
}

/** Runs the part of each phase that lies between two fractions of all of it. */
async function run(from: number, to: number): Promise<void> {
  for (const [name, phase] of Object.entries(PHASES)) {
    const numberAt = (fraction: number) => Math.round(COUNTS[name as keyof typeof COUNTS] * share * fraction);
    const [first, end] = [numberAt(from), numberAt(to)];
    const done = await phase(first, end);
    assert.equal(done, end - first, `${name}: ${done} of ${end - first}`);
  }
}

// A part comes first, uncounted: code is compiled then, and buffers are made.
await run(0, 0.1);
await measure('start');
await run(0, 0.5);
await measure('middle');
await run(0.5, 1);
await measure('end');
process.exit();
