// npm run test:lab [-- AVA ARGUMENTS]: builds the lab, runs the lab tests in it, removes it. As root.
// A lab that is already up is used and left. Exit status: that of AVA.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { down, isWhole, up } from './actions.mjs';
import { hookIsBuilt } from './hosts.mjs';
import { labOf, REPOSITORY } from './settings.mjs';

const lab = labOf();
let status = 2;
try {
  if (!hookIsBuilt()) throw new Error('nothing is built: npm run build');
  const wasUp = isWhole(lab);
  await up(lab);
  const ava = path.join(REPOSITORY, 'node_modules/ava/entrypoints/cli.mjs');
  const argv = [ava, '--config', path.join(import.meta.dirname, 'ava.config.mjs'), ...process.argv.slice(2)];
  try {
    status = spawnSync(process.execPath, argv, { cwd: REPOSITORY, stdio: 'inherit' }).status ?? 1;
  } finally {
    if (!wasUp) await down(lab);
  }
} catch (error) {
  console.error(`test:lab: ${error.message}`);
}
process.exitCode = status;
