import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { runCli } from '../support/cli.js';
import { hostTest } from '../support/host.js';

function scratch(t: ExecutionContext, files: Record<string, string> = {}) {
  const root = mkdtempSync(path.join(tmpdir(), 'v6only-cli-'));
  t.teardown(() => rmSync(root, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), text);
  }
  return root;
}

const CLIENT = `const s = require('net').createServer((c) => c.end('hi')).listen(7301, '0.0.0.0', () =>
  require('net').connect(7301, '203.0.113.7').on('data', (d) => process.stdout.write(d)).on('error', (e) => { console.log(e.code); process.exitCode = 9; })
    .on('close', () => s.close()));`;

hostTest(test, ['lo4', 'noinet'], 'run: the program works, as with -r v6only/register', async (t, kind) => {
  const root = scratch(t, { 'app.js': CLIENT });
  const { code, stdout, stderr } = await runCli(kind, ['run', path.join(root, 'app.js')]);
  t.is(stdout, 'hi', stderr);
  t.is(code, 0);
});

hostTest(test, ['lo4'], 'run: options before the file are the command’s, after it the program’s', async (t, kind) => {
  const root = scratch(t, {
    'app.js': 'console.log(JSON.stringify(process.argv.slice(2)), process.env.V6ONLY); process.exit(7)',
  });
  const { code, stdout } = await runCli(kind, [
    'run',
    '--mode',
    'always',
    path.join(root, 'app.js'),
    '--mode',
    'x',
    '--help',
  ]);
  t.is(stdout.trim(), '["--mode","x","--help"] always');
  t.is(code, 7);
});

hostTest(test, ['lo4'], 'run: mode off leaves the program to itself', async (t, kind) => {
  const root = scratch(t, { 'app.js': CLIENT });
  const { code, stdout } = await runCli(kind, ['run', '--mode', 'off', path.join(root, 'app.js')]);
  t.is(stdout.trim(), 'ENETUNREACH');
  t.is(code, 9);
});

hostTest(
  test,
  ['lo4'],
  'run: a signal that ends the program is in the exit code; Node’s own options come after --',
  async (t, kind) => {
    const root = scratch(t, {
      'app.js': "if (!gc) throw 1; process.kill(process.pid, 'SIGTERM'); setTimeout(() => {}, 9999)",
    });
    const { code, stderr } = await runCli(kind, ['run', '--', '--expose-gc', path.join(root, 'app.js')]);
    t.is(code, 143, stderr);
  },
);

hostTest(test, ['lo4'], 'run: a faulty policy stops the program before it starts', async (t, kind) => {
  const root = scratch(t, { 'app.js': 'console.log("started")', 'v6only.config.json': '{"mod": 1}' });
  const { code, stdout, stderr } = await runCli(kind, ['run', path.join(root, 'app.js')]);
  t.is(stdout, '');
  t.is(code, 2);
  t.regex(stderr, /v6only\.config\.json:1:2 mod: unknown key. Did you mean "mode"/);
  t.regex(stderr, /^The program was not started \(V6ONLY_INVALID_POLICY\)\. V6ONLY_STRICT=0 runs it/m);
  for (const command of ['run', 'audit'])
    t.is((await runCli(kind, [command, path.join(root, 'app.js')], { env: { V6ONLY: 'on' } })).code, 2, command);
  const lenient = await runCli(kind, ['run', path.join(root, 'app.js')], { env: { V6ONLY_STRICT: '0' } });
  t.is(lenient.stdout, 'started\n');
  t.is(lenient.code, 0);
  t.regex(lenient.stderr, /unknown key/);
});

hostTest(test, ['lo4'], 'explain: the decision, rule by rule, the address and the route', async (t, kind) => {
  const rules = [
    { match: '10.0.0.0/8', to: '2001:db8:64::/96' },
    { match: '*.example.org', port: 25, to: 'refuse' },
  ];
  const root = scratch(t, { 'v6only.config.json': JSON.stringify({ rules, presets: ['aws'] }), 'app.js': '' });
  const ask = async (...args: string[]) => {
    const { code, stdout } = await runCli(kind, ['explain', '--json', '--app', path.join(root, 'app.js'), ...args]);
    return { code, ...JSON.parse(stdout) };
  };
  const embedded = await ask('203.0.113.5', '--port', '443');
  t.is(embedded.code, 0);
  t.is(embedded.policyFile, path.join(root, 'v6only.config.json'));
  t.like(embedded.addresses[0], {
    becomes: '64:ff9b::cb00:7105',
    decision: { kind: 'translate', step: 'nat64' },
    route: { ok: true },
  });
  t.is(embedded.addresses[0].rules.length, 6, 'every rule has its verdict');
  const ruled = await ask('10.1.2.3');
  t.like(ruled.addresses[0], { becomes: '2001:db8:64::a01:203', decision: { step: 'rule' } });
  t.deepEqual(
    ruled.addresses[0].rules.map(({ matches }: { matches: boolean }) => matches),
    [true],
  );
  const preset = await ask('169.254.169.254');
  t.is(preset.addresses[0].becomes, 'fd00:ec2::254');
  const refused = await ask('10.0.0.1', '--policy', path.join(scratch(t, { 'p.json': '{}' }), 'p.json'));
  t.is(refused.code, 1);
  t.like(refused.addresses[0], { error: 'ENETUNREACH', decision: { kind: 'refuse', step: 'non-global' } });
  const loopback = await ask('127.0.0.1');
  t.like(loopback.addresses[0], { becomes: '127.0.0.1', decision: { kind: 'direct', step: 'loopback' } });
  const bound = await ask('0.0.0.0', '--bind');
  t.is(bound.addresses[0].becomes, '::');
});

hostTest(test, ['lo4'], 'explain: a name, each of its addresses', async (t, kind) => {
  const ask = async (name: string, ...args: string[]) =>
    JSON.parse((await runCli(kind, ['explain', '--json', name, ...args], { dns: 'plain' })).stdout);
  const only4 = await ask('v4only.example.org');
  t.like(only4.addresses[0], { address: '203.0.113.7', becomes: '64:ff9b::cb00:7107' });
  const dual = await ask('dual.example.org');
  t.deepEqual(dual.addresses.map(({ becomes }: { becomes: string }) => becomes).sort(), [
    '2001:db8:1::2',
    '64:ff9b::cb00:7107',
  ]);
  const none = await ask('nosuch.example.org');
  t.deepEqual(none.addresses, []);
  t.regex(none.error, /the name does not resolve: .*ENOTFOUND/);
  const cluster = await ask('mongodb+srv://me:secret@cluster.example.org/x');
  t.deepEqual(
    cluster.map(({ asked, addresses }: { asked: string; addresses: { becomes: string }[] }) => [
      asked,
      addresses[0].becomes,
    ]),
    [1, 2].map((port) => [`v4only.example.org:${port}`, '64:ff9b::cb00:7107']),
  );
  const noCluster = await ask('mongodb+srv://dual.example.org/');
  t.deepEqual(noCluster.addresses, []);
  t.regex(noCluster.error, /its SRV records are not known: querySrv ENOTFOUND _mongodb\._tcp\.dual\.example\.org/);
});

hostTest(
  test,
  ['lo4', 'v6'],
  'explain: a rule by name, for those who ask for IPv4 and for the others',
  async (t, kind) => {
    const rules = [
      { match: 'outside6.example.org', to: '2001:db8:1::6' },
      { match: 'dual.example.org', to: 'refuse' },
    ];
    const policy = path.join(scratch(t, { 'p.json': JSON.stringify({ rules }) }), 'p.json');
    const ask = async (name: string) =>
      JSON.parse((await runCli(kind, ['explain', '--json', '--policy', policy, name], { dns: 'plain' })).stdout);
    const [native, synthetic] = (await ask('outside6.example.org')).addresses;
    t.like(native, { address: '2001:db8:9::9', becomes: '2001:db8:9::9' });
    t.like(native.rules[0], { matches: false, why: 'it concerns what the program sees as IPv4' });
    t.like(synthetic, { isSynthetic: true, family: 4, becomes: '2001:db8:1::6' });
    for (const { error } of (await ask('dual.example.org')).addresses) t.is(error, 'EACCES');
  },
);

hostTest(test, ['lo4', 'v6', 'dual'], 'explain: no TCP connection reaches a group or all hosts', async (t, kind) => {
  const { code, stdout } = await runCli(kind, ['explain', '--json', '224.0.0.251', '255.255.255.255', 'ff02::1%lo']);
  t.is(code, 1);
  for (const { addresses } of JSON.parse(stdout)) t.deepEqual(addresses[0].route, { ok: false, error: 'ENETUNREACH' });
  t.is((await runCli(kind, ['explain', '--protocol', 'udp', '224.0.0.251'])).code, 0);
});

hostTest(test, ['lo4'], 'explain: an address with a port, a network, a URL, several at once', async (t, kind) => {
  const many = Array.from({ length: 40 }, (_, i) => ({ match: `10.0.${2 * i}.0/24`, to: 'refuse' }));
  const rules = [{ match: '192.0.2.0-192.0.2.9', port: 8443, to: 'refuse' }, ...many];
  const root = scratch(t, { 'v6only.config.json': JSON.stringify({ rules }), 'app.js': '' });
  const args = ['--json', '--app', path.join(root, 'app.js')];
  const { code, stdout } = await runCli(kind, [
    'explain',
    ...args,
    '192.0.2.1:8443',
    '192.0.2.0/24',
    'https://me:secret@203.0.113.5/x',
    '[2001:db8:1::2]:443',
    '10.0.0.0/16',
  ]);
  t.is(code, 1, 'one is refused');
  t.notRegex(stdout, /secret/);
  const answers = JSON.parse(stdout);
  t.deepEqual(
    answers.map(({ asked, kind: what, port }: { asked: string; kind: string; port: number }) => [asked, what, port]),
    [
      ['192.0.2.1:8443', 'address', 8443],
      ['192.0.2.0/24', 'network', undefined],
      ['https://203.0.113.5/x', 'address', 443],
      ['[2001:db8:1::2]:443', 'address', 443],
      ['10.0.0.0/16', 'network', undefined],
    ],
  );
  t.is(answers[0].addresses[0].error, 'EACCES');
  t.deepEqual(
    answers[1].addresses.map(({ address }: { address: string }) => address),
    ['192.0.2.0', '192.0.2.10', '192.0.2.255'],
  );
  t.is(answers[2].addresses[0].becomes, '64:ff9b::cb00:7105');
  // Where the 40 rules begin and end, and the last address.
  t.deepEqual([answers[4].addresses.length, answers[4].more], [64, 17]);
});

hostTest(test, ['lo4'], 'the exit codes of explain and doctor are those that are documented', async (t, kind) => {
  const codeOf = async (...args: string[]) => (await runCli(kind, args)).code;
  t.is(await codeOf('explain', '203.0.113.5'), 0);
  t.is(await codeOf('explain', '203.0.113.5', '10.0.0.1'), 1);
  t.is(await codeOf('explain', 'nosuch.invalid'), 1);
  t.is(await codeOf('doctor', '--timeout', '50'), 1);
});

hostTest(test, ['lo4'], 'the version, by every name', async (t, kind) => {
  for (const word of ['--version', '-V', 'version']) {
    const { code, stdout } = await runCli(kind, [word]);
    t.is(code, 0);
    t.regex(stdout, /^\d+\.\d+\.\d+\n$/);
  }
  const { code, stdout } = await runCli(kind, ['help', 'explain']);
  t.is(code, 0);
  t.regex(stdout, /^v6only explain/);
});

hostTest(test, ['lo4'], 'check: a good policy, a faulty one, one found from this folder', async (t, kind) => {
  const root = scratch(t, {
    'good.json': '{"mode": "always", "rules": [{"match": ["10.0.0.1", "10.0.0.2", "10.0.0.3"], "to": "refuse"}]}',
    'bad.json': '{"mod": 1,\n"pool": "x"}',
    'app/v6only.config.json': '{}',
  });
  const good = await runCli(kind, ['check', path.join(root, 'good.json')]);
  t.is(good.code, 0);
  t.regex(good.stdout, /^valid .*good\.json: mode always, NAT64 64:ff9b::\/96, 1 rule$/m);
  const bad = await runCli(kind, ['check', '--json', path.join(root, 'bad.json')]);
  t.is(bad.code, 1);
  const { valid, problems } = JSON.parse(bad.stdout);
  t.false(valid);
  t.deepEqual(
    problems.map(({ line, column, path: field }: { line: number; column: number; path: string }) => [
      line,
      column,
      field,
    ]),
    [
      [1, 2, 'mod'],
      [2, 9, 'pool'],
    ],
  );
  const found = await runCli(kind, ['check'], { prepare: `cd ${root}/app` });
  t.regex(found.stdout, /app\/v6only\.config\.json/);
  const none = await runCli(kind, ['check'], { prepare: `cd ${root}` });
  t.is(none.code, 0, none.stderr);
  t.regex(none.stdout, /^valid {2}no policy file in this folder .*the defaults apply: mode auto/);
  const unreadable = await runCli(kind, ['check', path.join(root, 'app')]);
  t.is(unreadable.code, 1);
  t.regex(unreadable.stdout, /cannot be read/);
  const ofApp = await runCli(kind, [
    'check',
    '--app',
    path.join(root, 'app'),
    '--mode',
    'off',
    '--nat64',
    '2001:db8::/96',
  ]);
  t.is(ofApp.code, 0, ofApp.stderr);
  t.regex(ofApp.stdout, /app\/v6only\.config\.json: mode off, NAT64 2001:db8::\/96/);
});

for (const command of ['run', 'explain', 'doctor', 'audit', 'check', 'simulate', 'dns64']) {
  hostTest(test, ['lo4'], `${command} --help says what it does and how it ends`, async (t, kind) => {
    const { code, stdout, stderr } = await runCli(kind, [command, '--help']);
    t.is(code, 0, stderr);
    t.regex(stdout, new RegExp(`v6only ${command}`));
    t.is(stripVTControlCharacters(stdout), stdout, 'no colours where there is no terminal');
  });
}

hostTest(test, ['lo4'], 'without a command: the help, and 2', async (t, kind) => {
  const { code, stdout } = await runCli(kind, []);
  t.is(code, 2);
  for (const command of ['run', 'explain', 'doctor', 'audit', 'check', 'simulate', 'dns64'])
    t.regex(stdout, new RegExp(`  ${command} `));
});

hostTest(test, ['dual'], 'explain and doctor name the reason for what 0.0.0.0 accepts', async (t, kind) => {
  const says = async (args: string[], env: NodeJS.ProcessEnv) => (await runCli(kind, args, { env })).stdout;
  const both = { V6ONLY_POLICY: '{"listen":"both"}' };
  t.regex(await says(['explain', '--bind', '0.0.0.0'], both), /any: "listen": "both" in the policy/);
  t.regex(
    await says(['doctor', '--timeout', '100'], both),
    /also accepts IPv6, because the policy says "listen": "both"/,
  );
  t.regex(await says(['doctor', '--timeout', '100'], { V6ONLY: 'off' }), /accepts IPv4 only \(mode off\)/);
});

hostTest(test, ['lo4', 'dual'], 'explain: with the hook switched off, what mode auto would do', async (t, kind) => {
  const V6ONLY_POLICY = JSON.stringify({ rules: [{ match: '203.0.113.5', to: 'refuse' }] });
  const say = async (...args: string[]) => {
    const env = { V6ONLY_POLICY, V6ONLY_NAT64: '2001:db8:64::/96' };
    const { stdout } = await runCli(kind, ['explain', ...args, '203.0.113.5', '192.0.2.1', '127.0.0.1'], { env });
    return stdout.replace(/^ {2}mode {2}.*\n/gm, '');
  };
  const off = await say('--mode', 'off');
  t.regex(off, /this is what would happen in mode auto/);
  t.is(off.replace(/^ {2}mode off:.*\n/gm, ''), await say());
});
