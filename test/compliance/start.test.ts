import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { hostTest, nodeUnderTest, nodeUnderTestMajor, registerPath, runOnHost } from '../support/host.js';
import { HOST4 } from '../support/sockets.js';
import { writeWhole } from '../support/write-whole.js';

// Ways to start Node.js: with the permission model, ES modules by default, from a snapshot, as a single executable.
const scratch = mkdtempSync(path.join(tmpdir(), 'v6only-start-'));
test.after.always(() => rmSync(scratch, { recursive: true, force: true }));

const file = (name: string, text: string) => writeWhole(path.join(scratch, name), text);

// Prints, in an order of its own, what each call ended with.
const calls = file(
  'calls.cjs',
  `const net = require('net'), dgram = require('dgram');
   const done = { connect: '', listen: '', udp: '' };
   const end = (what) => (error) => { done[what] ||= error ? error.code : 'ok'; };
   const run = { connect: () => net.connect(9, '${HOST4}').on('error', end('connect')).on('connect', end('connect')),
     listen: () => net.createServer().on('error', end('listen')).listen(0, '0.0.0.0', function () { end('listen')(); this.close(); }),
     udp: () => { const socket = dgram.createSocket('udp4').on('error', end('udp')); socket.send('x', 9, '${HOST4}', (error) => { end('udp')(error); socket.close(); }); } };
   let now;
   process.on('uncaughtException', (error) => end(now)(error));
   (async () => {
     for (now of Object.keys(run)) {
       try { run[now](); } catch (error) { end(now)(error); }
       while (!done[now]) await new Promise((resolve) => setTimeout(resolve, 10));
     }
     console.log(JSON.stringify(done));
     process.exit();
   })();`,
);

if (nodeUnderTestMajor >= 24) {
  for (const hook of [undefined, false] as const) {
    const who = hook === false ? 'plain Node.js' : 'the hook';
    for (const allowed of [true, false]) {
      hostTest(
        test,
        hook === false ? ['dual'] : ['noinet', 'v6', 'lo4', 'dual'],
        `--permission ${allowed ? 'with' : 'without'} --allow-net: ${who}`,
        async (t, kind) => {
          // Before version 25 the permission model knows no network.
          const knows = nodeUnderTestMajor >= 25;
          const flags = ['--permission', '--allow-fs-read=*', ...(allowed && knows ? ['--allow-net'] : [])];
          const { stdout, stderr } = await runOnHost(kind, [...flags, calls], { hook });
          const denied = 'ERR_ACCESS_DENIED';
          const expected =
            allowed || !knows
              ? { connect: 'ECONNREFUSED', listen: 'ok', udp: 'ok' }
              : { connect: denied, listen: denied, udp: denied };
          t.deepEqual(JSON.parse(stdout || JSON.stringify(stderr)), expected);
        },
      );
    }
  }
}

const main = `() => {
  const net = require('node:net');
  const server = net.createServer((socket) => socket.end('from ' + socket.remoteAddress)).listen(0, '0.0.0.0', () => {
    net.connect(server.address().port, '${HOST4}').on('data', (data) => { console.log(String(data)); process.exit(); })
      .on('error', (error) => { console.log(error.message); process.exit(); });
  });
}`;

// The option is gone since version 24: what reads as an ES module is one there.
const byDefault = nodeUnderTestMajor < 24 ? ['--experimental-default-type=module'] : [];
const module = file(
  'module.js',
  `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url); (${main})();`,
);
for (const how of ['require', 'import', 'NODE_OPTIONS'] as const) {
  hostTest(
    test,
    ['noinet', 'dual'],
    `${['a .js file that is an ES module', ...byDefault].join(', ')}: the hook by ${how}`,
    async (t, kind) => {
      const env = how === 'NODE_OPTIONS' ? { NODE_OPTIONS: [`--require=${registerPath}`, ...byDefault].join(' ') } : {};
      const flags = how === 'NODE_OPTIONS' ? [] : byDefault;
      const { stdout, stderr } = await runOnHost(kind, [...flags, module], {
        hook: how === 'NODE_OPTIONS' ? false : how,
        env,
      });
      t.notRegex(stderr, /Error/);
      t.is(stdout, `from ${HOST4}\n`);
    },
  );
}

hostTest(test, ['noinet', 'dual'], 'a program that starts from a snapshot', async (t, kind) => {
  const app = file('snapshot.cjs', `require('v8').startupSnapshot.setDeserializeMainFunction(${main});`);
  const blob = path.join(scratch, `snapshot-${kind}.blob`);
  const built = spawnSync(nodeUnderTest, ['--snapshot-blob', blob, '--build-snapshot', app], { encoding: 'utf8' });
  t.is(built.status, 0, built.stderr);
  const { stdout, stderr } = await runOnHost(kind, ['--snapshot-blob', blob, app]);
  t.is(stderr, '');
  t.is(stdout, `from ${HOST4}\n`);
});

// --build-sea is new in version 25.5: before that another tool puts the blob into the executable, as in test/packages.
if (nodeUnderTestMajor >= 26) {
  hostTest(test, ['noinet', 'dual'], 'a single executable, with the hook from NODE_OPTIONS', async (t, kind) => {
    const output = path.join(scratch, `single-${kind}`);
    const app = file('single.cjs', `(${main})();`);
    const config = file(
      `single-${kind}.json`,
      JSON.stringify({ main: app, output, disableExperimentalSEAWarning: true }),
    );
    const built = spawnSync(nodeUnderTest, ['--build-sea', config], { encoding: 'utf8' });
    t.is(built.status, 0, built.stderr);
    const { stdout, stderr } = await runOnHost(kind, [], {
      hook: false,
      command: [output],
      env: { NODE_OPTIONS: `--require=${registerPath}` },
    });
    t.is(stderr, '');
    t.is(stdout, `from ${HOST4}\n`);
  });
}
