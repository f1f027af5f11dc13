import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import {
  evalOnHost,
  type HostOptions,
  hostTest,
  type Kind,
  nodeUnderTestMajor,
  registerPath,
  registerUrl,
  runOnHost,
} from '../support/host.js';
import { HOST4 } from '../support/sockets.js';
import { writeWhole } from '../support/write-whole.js';

const scratch = mkdtempSync(path.join(tmpdir(), 'v6only-preload-'));
test.after.always(() => rmSync(scratch, { recursive: true, force: true }));

const script = (name: string, text: string) => writeWhole(path.join(scratch, name), text);

// Listens on 0.0.0.0, connects to itself by literal, says "IPv4 203.0.113.7" and ends by itself.
const body = `
  const server = createServer((socket) => { socket.end(socket.remoteAddress); server.close(); });
  server.listen(0, '0.0.0.0', () => {
    const socket = connect(server.address().port, '${HOST4}');
    socket.on('connect', () => console.log(socket.remoteFamily, socket.remoteAddress));
    socket.resume();
  });`;
const cjs = script('app.cjs', `const { createServer, connect } = require('net');${body}`);
const esm = script('app.mjs', `import { createServer, connect } from 'node:net';${body}`);
const snapshot = script(
  'snapshot.mjs',
  `import { lookup } from 'node:dns';
   import { lookup as lookupPromise } from 'node:dns/promises';
   import { networkInterfaces } from 'node:os';
   import dns from 'node:dns';
   console.log(lookup === dns.lookup, lookupPromise === dns.promises.lookup,
     Object.values(networkInterfaces()).flat().some((one) => one.family === 'IPv4' && !one.internal));`,
);
const firstLine = script(
  'first-line.mjs',
  `import ${JSON.stringify(registerUrl.href)};\n${'import { createServer, connect } from "node:net";'}${body}`,
);
const required = script(
  'required.cjs',
  `require(${JSON.stringify(registerPath)});\nconst { createServer, connect } = require('node:net');${body}`,
);

const EXPECTED = { code: 0, signal: null, stdout: `IPv4 ${HOST4}\n`, stderr: '' };
const KINDS: Kind[] = ['noinet', 'lo4', 'dual'];

const WAYS: [way: string, args: string[], options: HostOptions][] = [
  ['-r, CommonJS', [cjs], {}],
  ['-r, ES module', [esm], {}],
  ['--import, CommonJS', [cjs], { hook: 'import' }],
  ['--import, ES module', [esm], { hook: 'import' }],
  ['NODE_OPTIONS=-r', [cjs], { hook: false, env: { NODE_OPTIONS: `--require ${registerPath}` } }],
  ['NODE_OPTIONS=--import', [esm], { hook: false, env: { NODE_OPTIONS: `--import ${registerUrl.href}` } }],
  ['import as the first line', [firstLine], { hook: false }],
  ['require as the first line', [required], { hook: false }],
];

for (const [way, args, options] of WAYS) {
  hostTest(test, KINDS, `a program runs, prints its own output alone and ends by itself: ${way}`, async (t, kind) => {
    t.like(await runOnHost(kind, args, options), EXPECTED);
  });
}

hostTest(test, ['noinet'], 'without the hook the same program fails', async (t, kind) => {
  t.not((await runOnHost(kind, [cjs], { hook: false })).code, 0);
});

for (const hook of ['require', 'import'] as const) {
  hostTest(
    test,
    ['noinet'],
    `named imports of built-in modules are the patched functions (${hook})`,
    async (t, kind) => {
      t.is((await runOnHost(kind, [snapshot], { hook })).stdout, 'true true true\n');
    },
  );
}

const net26 = nodeUnderTestMajor >= 25 ? ['--allow-net'] : [];
if (nodeUnderTestMajor >= 24) {
  hostTest(
    test,
    KINDS,
    'a program under --permission runs, without a warning about what v6only does',
    async (t, kind) => {
      const flags = ['--permission', '--allow-fs-read=*', ...net26];
      const { stderr, ...rest } = await runOnHost(kind, [...flags, cjs]);
      t.deepEqual(rest, { code: 0, signal: null, stdout: EXPECTED.stdout });
      // Node.js itself warns that --allow-net is experimental.
      t.notRegex(stderr, /v6only|DEP\d+|ERR_ACCESS_DENIED/i);
    },
  );
}
if (nodeUnderTestMajor >= 25) {
  hostTest(test, ['noinet', 'dual'], 'the network rules of --permission are not widened', async (t, kind) => {
    const { stderr, code } = await runOnHost(kind, ['--permission', '--allow-fs-read=*', cjs]);
    t.not(code, 0);
    t.regex(stderr, /ERR_ACCESS_DENIED/);
  });
}

hostTest(test, ['noinet'], 'a program without network ends by itself, silently', async (t, kind) => {
  t.like(await evalOnHost(kind, ''), { code: 0, stdout: '', stderr: '' });
});

hostTest(test, ['noinet'], 'the prefix that is not known yet does not keep a program alive', async (t, kind) => {
  const source = `require('net'); require('dgram').createSocket('udp4').close();`;
  t.like(await evalOnHost(kind, source, { env: { V6ONLY_NAT64: undefined } }), { code: 0, stdout: '', stderr: '' });
});

hostTest(test, ['noinet'], 'V6ONLY=off patches nothing', async (t, kind) => {
  t.not((await runOnHost(kind, [cjs], { env: { V6ONLY: 'off' } })).code, 0);
});

for (const [variable, value, named] of [
  ['V6ONLY', 'sometimes', /V6ONLY=sometimes.*auto, always or off/s],
  ['V6ONLY_NAT64', '64:ff9b::/95', /64:ff9b::\/95.*32, 40, 48, 56, 64 or 96/s],
  ['V6ONLY_POLICY', '/nowhere/policy.json', /\/nowhere\/policy\.json/],
] as const) {
  hostTest(test, ['v6'], `${variable}=${value} stops the program before it starts, and says why`, async (t, kind) => {
    const { code, stdout, stderr } = await runOnHost(kind, [cjs], { env: { [variable]: value } });
    t.is(code, 1);
    t.is(stdout, '');
    t.regex(stderr, named);
  });
}

hostTest(test, ['v6'], 'a runtime that lacks the handles is told once, and the program runs', async (t, kind) => {
  const strange = script(
    'strange.cjs',
    `const socket = require('net').connect(9, '127.0.0.1').on('error', () => {});
     delete Object.getPrototypeOf(socket._handle).connect6;
     socket.destroy();`,
  );
  const flags = ['-r', strange, '-r', registerPath];
  const { code, stdout, stderr } = await runOnHost(kind, [...flags, '-e', 'console.log("ran")'], { hook: false });
  t.is(code, 0);
  t.is(stdout, 'ran\n');
  t.regex(stderr, /v6only/);
  t.is(stderr.match(/V6ONLY_UNSUPPORTED_RUNTIME/g)?.length, 1);
});

for (const [owner, key] of [
  ["require('os')", 'networkInterfaces'],
  ['process', 'getBuiltinModule'], // of Node.js 20.16 and later; require-in-the-middle replaces it
]) {
  hostTest(
    test,
    ['v6'],
    `where ${key} cannot be replaced the program runs without the hook, told once`,
    async (t, kind) => {
      const frozen = script(
        `frozen-${key}.cjs`,
        `globalThis.present = () => [require('net').Socket.prototype.connect, require('dns').lookup,
         process.env.NODE_OPTIONS, module.constructor.prototype.require];
       globalThis.before = present();
       Object.defineProperty(${owner}, '${key}', { value: ${owner}.${key}, writable: false, configurable: false });`,
      );
      const program = 'const after = present(); console.log(after.every((one, i) => one === before[i]));';
      const flags = ['-r', frozen, '-r', registerPath];
      const { code, stdout, stderr } = await runOnHost(kind, [...flags, '-e', program], { hook: false });
      t.is(code, 0);
      t.is(stdout, 'true\n');
      t.regex(stderr, new RegExp(key));
      t.is(stderr.match(/V6ONLY_UNSUPPORTED_RUNTIME/g)?.length, 1);
    },
  );
}

for (const name of ['WeakRef', 'Map', 'process']) {
  hostTest(
    test,
    ['v6'],
    `where ${name} was taken away before, the program runs without the hook, told once`,
    async (t, kind) => {
      const thief = script(`without-${name}.cjs`, `delete globalThis.${name};`);
      const flags = ['-r', thief, '-r', registerPath];
      const { code, stdout, stderr } = await runOnHost(kind, [...flags, '-e', 'console.log("ran")'], { hook: false });
      t.deepEqual([code, stdout], [0, 'ran\n'], stderr);
      t.is(stderr.match(/V6ONLY_UNSUPPORTED_RUNTIME/g)?.length, 1);
      t.regex(stderr, new RegExp(name));
    },
  );
}

for (const children of [true, false]) {
  for (const way of ['the command line', 'NODE_OPTIONS']) {
    const title = `disable takes back what the preload changed in the process: by ${way}, children: ${children}`;
    hostTest(test, ['v6'], title, async (t, kind) => {
      const early = script(
        'early.cjs',
        `globalThis.state = () => {
           const { env: { NODE_OPTIONS, V6ONLY_POLICY }, execArgv } = process;
           const { Worker, getEnvironmentData } = require('worker_threads');
           const told = getEnvironmentData('v6only: workers run without the hook');
           return { NODE_OPTIONS, V6ONLY_POLICY, execArgv: [...execArgv], Worker, constructor: Worker.prototype.constructor, told };
         };
         globalThis.before = state();`,
      );
      const app = script(
        `with-children-${children}/app.cjs`,
        `const assert = require('assert');
         assert.notDeepStrictEqual(state(), before);
         require(${JSON.stringify(path.dirname(registerPath))}).disable();
         assert.deepStrictEqual(state(), before);
         console.log('restored');`,
      );
      script(`with-children-${children}/v6only.config.json`, JSON.stringify({ children }));
      const flags = ['-r', early, '-r', registerPath];
      const byOptions = way === 'NODE_OPTIONS';
      const { stdout, stderr } = await runOnHost(kind, [...(byOptions ? [] : flags), app], {
        hook: false,
        env: { NODE_OPTIONS: byOptions ? flags.join(' ') : undefined },
      });
      t.is(stdout, 'restored\n', stderr);
    });
  }
}

hostTest(
  test,
  ['noinet'],
  'stdout carries nothing but the program’s own bytes, with NODE_DEBUG too',
  async (t, kind) => {
    const { stdout, code } = await runOnHost(kind, [cjs], { env: { NODE_DEBUG: 'v6only' } });
    t.is(code, 0);
    t.is(stdout, `IPv4 ${HOST4}\n`);
  },
);

const USES = `
  const net = require('net');
  const server = net.createServer((socket) => socket.end()).listen(0, '0.0.0.0', () => {
    const client = net.connect(server.address().port, '127.0.0.1', () => {
      [client.remoteAddress, client.localAddress];
      client.resume().on('close', () => {
        require('dns').setServers(['127.0.0.1']);
        require('dns').lookup('localhost', { family: 4 }, () => {
          const socket = require('dgram').createSocket('udp4').bind(0, () => socket.send('x', 9, '203.0.113.7', () => {
            socket.close();
            server.close();
            console.log('done');
          }));
        });
      });
    });
  });`;

hostTest(
  test,
  ['v6'],
  'V8 does not take its slow way with anything of the program because of the hook',
  async (t, kind) => {
    // V8 prints each assumption about the language's own library that no longer holds in this process.
    const flags = ['--trace-protector-invalidation'];
    const ended = await runOnHost(kind, [...flags, ...['-r', registerPath], '-e', USES], { hook: false });
    t.is(ended.stdout, 'done\n', ended.stderr);
    const control = await runOnHost(kind, [...flags, '-e', '/a/.constructor = Object'], { hook: false });
    t.regex(control.stdout, /Invalidating protector/, 'control');
  },
);
