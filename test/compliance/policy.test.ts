// The policy file beside a program, and what the program then sees.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type HostOptions, hostTest, type Kind, registerPath, runOnHost } from '../support/host.js';

/** Runs `source` as src/app.js of a package with this policy (and these other files); `say` prints a line. */
async function runApp(
  t: ExecutionContext,
  kind: Kind,
  policy: object,
  source: string,
  { files = {}, ...options }: HostOptions & { files?: Record<string, string> } = {},
) {
  const root = mkdtempSync(path.join(tmpdir(), 'v6only-policy-app-'));
  t.teardown(() => rmSync(root, { recursive: true }));
  const all = {
    'package.json': '{}',
    'v6only.config.json': JSON.stringify(policy),
    'src/app.js': `const net = require('net'), dgram = require('dgram'), dns = require('dns'); const say = (...words) => console.log(...words);\n${source}`,
    ...files,
  };
  for (const [name, text] of Object.entries(all)) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), text);
  }
  const { code, stdout, stderr } = await runOnHost(kind, [path.join(root, 'src/app.js')], options);
  return { code, lines: stdout.trim().split('\n'), stderr, root };
}

/** A server on 0.0.0.0:7501, then these clients one after the other: `[host, port]`. */
const CLIENTS = (...targets: (readonly unknown[])[]) => `
const server = net.createServer((c) => c.on('error', () => {}).end('hi')).listen(7501, '::', async () => {
  for (const [host, port, options] of ${JSON.stringify(targets)}) {
    await new Promise((done) => net.connect({ host, port, ...options })
      .on('connect', function () { say(host, 'connected', this.remoteAddress); this.destroy(); })
      .on('error', (e) => say(host, e.code, e.cause?.code ?? e.errors?.map(({ cause }) => cause?.code).join(), e.address)).on('close', done));
  }
  server.close();
});`;

hostTest(
  test,
  ['lo4', 'noinet'],
  'a rule sends an address to an IPv6 one, and the peer reads as what was asked for',
  async (t, kind) => {
    const rules = [{ match: '192.0.2.50', to: '2001:db8:1::2' }];
    const { lines, stderr } = await runApp(t, kind, { rules }, CLIENTS(['192.0.2.50', 7501]));
    t.deepEqual(lines, ['192.0.2.50 connected 192.0.2.50'], stderr);
  },
);

hostTest(test, ['lo4', 'noinet'], 'a rule embeds a network in a prefix of its own', async (t, kind) => {
  const rules = [{ match: '10.0.0.0/8', to: '64:ff9b:0:0:0:1::/96' }];
  const source = `${CLIENTS(['10.1.2.3', 7501])}`;
  const { lines, stderr } = await runApp(t, kind, { rules }, source, {
    command: [
      'sh',
      '-ec',
      'ip -6 route add local 64:ff9b:0:0:0:1::/96 dev lo; exec "$@"',
      'sh',
      process.env.V6ONLY_TEST_NODE || process.execPath,
    ],
  });
  t.deepEqual(lines, ['10.1.2.3 connected 10.1.2.3'], stderr);
});

hostTest(
  test,
  ['lo4', 'noinet', 'dual'],
  'refuse: the connection fails with EACCES, and the cause names the rule',
  async (t, kind) => {
    const rules = [
      { match: '203.0.113.0/24', port: 7502, to: 'refuse' },
      { match: '203.0.113.9', protocol: 'udp', to: 'refuse' },
    ];
    const { lines, stderr } = await runApp(t, kind, { rules }, CLIENTS(['203.0.113.7', 7502], ['203.0.113.7', 7501]));
    t.deepEqual(
      lines,
      ['203.0.113.7 EACCES V6ONLY_REFUSED_BY_POLICY 203.0.113.7', '203.0.113.7 connected 203.0.113.7'],
      stderr,
    );
  },
);

hostTest(test, ['lo4'], 'rules by name decide for the name that the program gave', async (t, kind) => {
  const rules = [
    { match: 'v4only.example.org', to: '2001:db8:1::2' },
    { match: ['alias.*', 'dual.*', 'v6only.*'], to: 'refuse' },
  ];
  const source = CLIENTS(
    ['v4only.example.org', 7501, { autoSelectFamily: false }],
    ['alias.example.org', 7501, { autoSelectFamily: false }],
    ['v6only.example.org', 7501],
    ['dual.example.org', 7501],
    ['dual.example.org', 7501, { family: 6 }],
  );
  const { lines, stderr } = await runApp(t, kind, { rules }, source, { dns: 'plain' });
  t.regex(lines[0], /^v4only\.example\.org connected/, stderr);
  t.regex(lines[1], /^alias\.example\.org EACCES V6ONLY_REFUSED_BY_POLICY/);
  // Whatever the family of its address.
  for (const line of lines.slice(2)) t.regex(line, /V6ONLY_REFUSED_BY_POLICY/);
  t.is(lines.length, 5);
});

hostTest(test, ['lo4', 'noinet'], 'rules hold for datagrams too', async (t, kind) => {
  const rules = [
    { match: '192.0.2.50', protocol: 'udp', to: '2001:db8:1::2' },
    { match: '192.0.2.51', to: 'refuse' },
  ];
  const source = `
const receiver = dgram.createSocket({ type: 'udp6' }).bind(7503, '2001:db8:1::2', () => {
  const sender = dgram.createSocket('udp4');
  receiver.on('message', (m) => { say('got', String(m)); receiver.close(); sender.close(); });
  sender.send('refused', 7503, '192.0.2.51', (e) => { say(e.code, e.address); sender.send('sent', 7503, '192.0.2.50'); });
});`;
  const { lines, stderr } = await runApp(t, kind, { rules }, source);
  t.deepEqual(lines, ['EACCES 192.0.2.51', 'got sent'], stderr);
});

hostTest(test, ['lo4'], 'the file of the working directory has no say', async (t, kind) => {
  const files = { 'elsewhere/v6only.config.json': JSON.stringify({ mode: 'off' }) };
  const node = process.env.V6ONLY_TEST_NODE || process.execPath;
  const { lines } = await runApp(t, kind, {}, CLIENTS(['203.0.113.7', 7501]), {
    files,
    command: ['sh', '-c', 'for last; do :; done; cd "$(dirname "$last")/../elsewhere"; exec "$@"', 'sh', node],
  });
  t.deepEqual(lines, ['203.0.113.7 connected 203.0.113.7']);
});

const CHILD = `
const { fork } = require('child_process');
if (process.argv[2] !== 'child') fork(__filename, ['child']);
else net.connect(7599, '203.0.113.7').on('error', (e) => say(e.code));`;

hostTest(
  test,
  ['lo4'],
  'children: true, the default: a forked process has the hook and the policy',
  async (t, kind) => {
    const { lines, stderr } = await runApp(t, kind, {}, CHILD);
    t.deepEqual(lines, ['ECONNREFUSED'], stderr);
  },
);

hostTest(test, ['lo4'], 'children: false: a forked process is left to itself', async (t, kind) => {
  const { lines, stderr } = await runApp(t, kind, { children: false }, CHILD);
  t.deepEqual(lines, ['ENETUNREACH'], stderr);
});

hostTest(
  test,
  ['lo4'],
  'a faulty policy: the program does not start; V6ONLY_STRICT=0 starts it without the hook and warns',
  async (t, kind) => {
    const strict = await runApp(t, kind, { mode: 'on' }, "say('started')");
    t.is(strict.code, 1);
    t.deepEqual(strict.lines, ['']);
    t.regex(strict.stderr, /v6only\.config\.json:1:9 mode: "on" is not allowed.*Allowed: "auto", "always", "off"/);
    const lenient = await runApp(t, kind, { mode: 'on' }, CLIENTS(['203.0.113.7', 7501]), {
      env: { V6ONLY_STRICT: '0' },
    });
    t.deepEqual(lenient.lines, ['203.0.113.7 ENETUNREACH undefined 203.0.113.7']);
    t.regex(lenient.stderr, /V6ONLY_STRICT=0/);
    const unknown = await runApp(t, kind, {}, "say('started')", { env: { V6ONLY_STRICT: 'off' } });
    t.is(unknown.code, 1);
    t.deepEqual(unknown.lines, ['']);
    t.regex(unknown.stderr, /V6ONLY_STRICT=off is neither 0 nor 1/);
  },
);

hostTest(test, ['lo4'], 'enable() with V6ONLY_STRICT=0: a faulty policy file is a warning too', async (t, kind) => {
  const library = path.join(path.dirname(registerPath), 'dist/index.js');
  const source = `say(require(${JSON.stringify(library)}).enable().enabled);`;
  const options = { hook: false, env: { V6ONLY_STRICT: '0' } } as const;
  const { code, lines, stderr } = await runApp(t, kind, { mod: 'on' }, source, options);
  t.deepEqual([code, lines], [0, ['false']]);
  t.regex(stderr, /V6ONLY_INVALID_POLICY\] V6OnlyWarning: .*mod: unknown key.*V6ONLY_STRICT=0/s);
});

hostTest(test, ['lo4'], 'NODE_DEBUG=v6only writes each decision to stderr, and nothing to stdout', async (t, kind) => {
  const { lines, stderr } = await runApp(t, kind, {}, CLIENTS(['203.0.113.7', 7501]), {
    env: { NODE_DEBUG: 'v6only' },
  });
  t.deepEqual(lines, ['203.0.113.7 connected 203.0.113.7']);
  t.regex(stderr, /V6ONLY \d+: connect tcp 203\.0\.113\.7:7501 → 64:ff9b::cb00:7107: nat64, embedded in 64:ff9b::\/96/);
});

hostTest(test, ['lo4'], 'a package with native sockets gets one warning', async (t, kind) => {
  const files = { 'node_modules/zeromq/index.js': '' };
  const { lines, stderr } = await runApp(t, kind, {}, "require('zeromq'); require('zeromq'); say('ok')", { files });
  t.deepEqual(lines, ['ok']);
  t.is(stderr.match(/V6ONLY_NATIVE_SOCKETS/g)?.length, 1, stderr);
});

hostTest(
  test,
  ['lo4'],
  'a package with native sockets that an ES module imports gets the warning with its addon',
  async (t, kind) => {
    const files = {
      'node_modules/zeromq/index.js': "try { require('./addon.node'); } catch {}",
      'node_modules/zeromq/addon.node': 'no addon',
    };
    const { lines, stderr } = await runApp(t, kind, {}, "import('zeromq').then(() => say('ok'))", { files });
    t.deepEqual(lines, ['ok']);
    t.is(stderr.match(/V6ONLY_NATIVE_SOCKETS/g)?.length, 1, stderr);
  },
);
