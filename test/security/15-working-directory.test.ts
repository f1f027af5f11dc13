// Claim 15: code that is in no file gets no policy file: neither the working directory nor an argument names the folder of the
// program.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import test from 'ava';
import { hostTest, nodeUnderTest, nodeUnderTestMajor, registerPath, runOnHost } from '../support/host.js';

const scratch = mkdtempSync(path.join(tmpdir(), 'v6only-working-directory-'));
test.after.always(() => rmSync(scratch, { recursive: true, force: true }));

/** A folder with a program, and one in which somebody else has put a policy. */
const [own, foreign] = ['own', 'foreign'].map((name) => path.join(scratch, name)) as [string, string];
const SAY = 'console.log(globalThis[Symbol.for("v6only.installation.1")]?.source ?? "none")';
for (const folder of [own, foreign]) {
  mkdirSync(folder);
  writeFileSync(path.join(folder, 'package.json'), '{}');
  writeFileSync(path.join(folder, 'v6only.config.json'), '{"nat64":"2001:db8:64::/96"}');
  writeFileSync(path.join(folder, 'app.js'), SAY);
  writeFileSync(path.join(folder, 'app.test.js'), `require('node:test')('it', () => { ${SAY} });`);
  writeFileSync(path.join(folder, 'child.js'), childOf(['-e', SAY, 'x']));
}

function childOf(args: readonly string[]): string {
  return `require('child_process').spawnSync(process.execPath, ${JSON.stringify(args)}, { stdio: 'inherit', env: { ...process.env, V6ONLY_POLICY: '' } });`;
}

const ownFile = path.join(own, 'v6only.config.json');
const foreignFile = path.join(foreign, 'v6only.config.json');
const code = `setTimeout(() => { ${SAY} })`;
const hasEntryUrl = nodeUnderTestMajor >= 24;

/** Arguments, what comes from the standard input, and the policy file. All in the folder of somebody else. */
const CASES: readonly (readonly [args: readonly string[], input: string | undefined, source: string])[] = [
  [[path.join(own, 'app.js'), 'app.js'], undefined, ownFile],
  [['--', path.join(own, 'app'), '-e'], undefined, ownFile],
  [['app.js'], undefined, foreignFile],
  [['-e', code], undefined, 'none'],
  [['-e', code, 'app.js'], undefined, 'none'],
  [['-e', code, path.join(foreign, 'app.js')], undefined, 'none'],
  [['--eval', code, path.join(foreign, 'app.js')], undefined, 'none'],
  [[`--eval=${code}`, foreign], undefined, 'none'],
  [['-p', `${SAY}; 1`, foreign], undefined, 'none'],
  [['-pe', `${SAY}; 1`, foreign], undefined, 'none'],
  [['--input-type=module', '-e', SAY, `file://${foreign}/app.js`], undefined, 'none'],
  [['-'], SAY, 'none'],
  [['-', path.join(foreign, 'app.js')], SAY, 'none'],
  [['--', '-', 'app.js'], SAY, 'none'],
  [[], SAY, 'none'],
  [['-p'], `${SAY}; 1`, 'none'],
  [['-i'], `${SAY}\n`, 'none'],
  [['--test', '--test-reporter=tap', path.join(own, 'app.test.js')], undefined, ownFile],
  // The child process finds it for its file.
  ...(nodeUnderTestMajor >= 22
    ? ([[['--test', '--test-reporter=tap', 'app.*.js'], undefined, foreignFile]] as const)
    : []),
  [[path.join(own, 'child.js')], undefined, 'none'],
  ...(hasEntryUrl
    ? ([
        [['--entry-url', pathToFileURL(path.join(own, 'app.js')).href], undefined, ownFile],
        [['--entry-url', '../own/app.js?a#b'], undefined, ownFile],
        [['--entry-url', `data:text/javascript,${encodeURIComponent(SAY)}`], undefined, 'none'],
      ] as const)
    : []),
];

const here = ['sh', '-c', 'cd "$0" && exec "$@"'];

for (const [args, input, source] of CASES) {
  const title = args.map((word) => word.replace(scratch, '').slice(0, 20)).join(' ');
  hostTest(test, ['v6'], `node ${title}${input ? ' < code' : ''}: ${source.replace(scratch, '')}`, async (t, kind) => {
    const command = [...here, foreign, nodeUnderTest];
    const { stdout, stderr } = await runOnHost(kind, args, { command, input, env: { V6ONLY_NAT64: undefined } });
    t.regex(stdout, new RegExp(`(^|[ >])${source.replaceAll('.', '\\.')}$`, 'm'), stderr);
    t.notRegex(stderr, /v6only/i);
  });
}

hostTest(test, ['v6'], 'a working directory that is gone hinders nothing', async (t, kind) => {
  const gone = mkdtempSync(path.join(scratch, 'gone-'));
  const command = ['sh', '-c', 'cd "$0" && rmdir "$0" && exec "$@"', gone, nodeUnderTest];
  for (const [args, input] of [
    [['-e', SAY, 'foo'], ''],
    [['-'], SAY],
  ] as const) {
    mkdirSync(gone, { recursive: true });
    const { stdout, stderr } = await runOnHost(kind, ['-r', registerPath, ...args], { command, input, hook: false });
    t.is(stdout, 'none\n', stderr);
    t.is(stderr, '');
  }
});
