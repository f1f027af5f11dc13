// npm run test:lab [-- AVA ARGUMENTS]: builds the lab, runs the lab tests in it, removes it. As root.
// Without arguments two labs work side by side: the faults of changes.test.js, where most of the time is spent waiting, have one
// of their own. A lab that is already up is used and left. Exit status: that of AVA.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { compiled, REPOSITORY } from '../support/paths.js';
import { down, isWhole, up } from './actions.js';
import { type Lab, labOf } from './settings.js';

const OF_THEIR_OWN = 'build/test/lab/tests/changes.test.js';

/** Runs AVA in a lab; the output of one that is `quiet` comes at its end, in one piece. */
async function runTests(lab: Lab, args: readonly string[], { quiet = false } = {}): Promise<number> {
  const wasUp = isWhole(lab);
  await up(lab);
  const ava = path.join(REPOSITORY, 'node_modules/ava/entrypoints/cli.mjs');
  const argv = [ava, '--config', compiled('test/lab/ava.config.js'), ...args];
  try {
    const child = spawn(process.execPath, argv, {
      cwd: REPOSITORY,
      stdio: ['ignore', quiet ? 'pipe' : 'inherit', quiet ? 'pipe' : 'inherit'],
      env: { ...process.env, V6ONLY_LAB_PREFIX: lab.prefix },
    });
    const output: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data: Buffer) => output.push(data));
    const [status] = (await once(child, 'close')) as [number | null];
    process.stdout.write(Buffer.concat(output));
    return status ?? 1;
  } finally {
    if (!wasUp) await down(lab);
  }
}

const lab = labOf();
const args = process.argv.slice(2);
process.exitCode = 2;
try {
  const runs =
    args.length > 0
      ? [runTests(lab, args)]
      : [
          runTests(lab, ['build/test/lab/tests/*.test.js', `!${OF_THEIR_OWN}`]),
          runTests(labOf(`${lab.prefix}b-`), [OF_THEIR_OWN], { quiet: true }),
        ];
  const statuses: number[] = [];
  for (const run of await Promise.allSettled(runs)) {
    if (run.status === 'rejected') throw run.reason;
    statuses.push(run.value);
  }
  process.exitCode = Math.max(...statuses);
} catch (error) {
  console.error(`test:lab: ${error instanceof Error ? error.message : error}`);
}
