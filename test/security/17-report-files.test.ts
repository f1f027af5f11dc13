// The reports of the processes of `v6only run --summary` and `v6only audit`: a process that outlives the command writes
// nowhere else, whatever somebody puts in the place of the folder that the command has removed.
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { cliPath } from '../support/cli.js';
import { nodeUnderTest } from '../support/host.js';

const PARENT = `require('node:child_process')
  .spawn(process.execPath, [__dirname + '/daemon.js'], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] })
  .stdout.once('data', () => process.exit());`;
const DAEMON = `const fs = require('node:fs');
const [folder] = fs.readdirSync(__dirname + '/tmp');
const modeOf = (name) => fs.statSync(__dirname + '/tmp/' + folder + '/' + name).mode & 0o777;
const reports = fs.readdirSync(__dirname + '/tmp/' + folder).map((name) => [name, modeOf(name)]);
fs.writeFileSync(__dirname + '/reports', JSON.stringify([folder, reports, modeOf('.')]));
console.log('ready');
fs.readFileSync(__dirname + '/go');
require('node:net').connect(9, '127.0.0.1').on('error', () => {}).on('close', () => {
  require('node:child_process').spawnSync(process.execPath, ['-e', '0']);
  process.on('exit', () => fs.writeFileSync(__dirname + '/done', 'x'));
});`;

for (const args of [['run', '--summary'], ['audit']]) {
  for (const trap of ['a folder with links', 'a link to a folder'] as const) {
    test(`v6only ${args.join(' ')}: ${trap}, where the folder of the reports was`, async (t) => {
      const root = mkdtempSync(path.join(tmpdir(), 'v6only-reports-'));
      t.teardown(() => rmSync(root, { recursive: true }));
      const file = (name: string) => path.join(root, name);
      for (const name of ['tmp', 'home']) mkdirSync(file(name));
      writeFileSync(file('app.js'), PARENT);
      writeFileSync(file('daemon.js'), DAEMON);
      writeFileSync(file('victim'), 'precious');
      execFileSync('mkfifo', [file('go'), file('done')]);
      const env = { ...process.env, TMPDIR: file('tmp') };
      await promisify(execFile)(nodeUnderTest, [cliPath, ...args, file('app.js')], { env });
      const [folder, reports, mode] = JSON.parse(readFileSync(file('reports'), 'utf8')) as [
        string,
        [string, number][],
        number,
      ];
      t.is(mode, 0o700);
      t.deepEqual(readdirSync(file('tmp')), [], 'the command has removed the folder');
      t.true(reports.length >= 2);
      for (const [name, of] of reports) t.is(of, 0o600, name);
      const place = path.join(file('tmp'), folder);
      if (trap === 'a link to a folder') symlinkSync(file('home'), place);
      else {
        mkdirSync(place);
        for (const [name] of reports)
          for (const end of ['', '.new']) symlinkSync(file('victim'), path.join(place, name + end));
      }
      const before = readdirSync(place);
      writeFileSync(file('go'), 'x');
      readFileSync(file('done'));
      t.is(readFileSync(file('victim'), 'utf8'), 'precious');
      t.deepEqual(readdirSync(place), before);
    });
  }
}
