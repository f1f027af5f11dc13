// npm run test:lab [-- AVA ARGUMENTS]: builds the lab, runs the lab tests in it, removes it. As root.
// Without arguments two labs work side by side: the faults of changes.test.js, where most of the time is spent waiting, have one
// of their own. A lab that is already up is used and left. Exit status: that of AVA.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { down, isWhole, up } from './actions.mjs';
import { hookIsBuilt } from './hosts.mjs';
import { labOf, REPOSITORY } from './settings.mjs';

const OF_THEIR_OWN = 'test/lab/tests/changes.test.js';

/** Runs AVA in a lab; the output of one that is `quiet` comes at its end, in one piece. */
async function runTests(lab, args, { quiet = false } = {}) {
  const wasUp = isWhole(lab);
  await up(lab);
  const ava = path.join(REPOSITORY, 'node_modules/ava/entrypoints/cli.mjs');
  const argv = [ava, '--config', path.join(import.meta.dirname, 'ava.config.mjs'), ...args];
  try {
    const child = spawn(process.execPath, argv, {
      cwd: REPOSITORY,
      stdio: ['ignore', quiet ? 'pipe' : 'inherit', quiet ? 'pipe' : 'inherit'],
      env: { ...process.env, V6ONLY_LAB_PREFIX: lab.prefix },
    });
    const output = [];
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => output.push(data));
    const status = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
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
  if (!hookIsBuilt()) throw new Error('nothing is built: npm run build');
  const runs =
    args.length > 0
      ? [runTests(lab, args)]
      : [
          runTests(lab, ['test/lab/tests/*.test.js', `!${OF_THEIR_OWN}`]),
          runTests(labOf({ prefix: `${lab.prefix}b-` }), [OF_THEIR_OWN], { quiet: true }),
        ];
  const statuses = [];
  for (const run of await Promise.allSettled(runs)) {
    if (run.status === 'rejected') throw run.reason;
    statuses.push(run.value);
  }
  process.exitCode = Math.max(...statuses);
} catch (error) {
  console.error(`test:lab: ${error.message}`);
}
