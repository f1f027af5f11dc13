import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { loadPolicy } from '../../../src/policy/load.js';
import type { PolicyError } from '../../../src/policy/problems.js';

/** A folder with these files (name → text, or an object for JSON), removed after the test. */
function folder(t: ExecutionContext, files: Readonly<Record<string, string | object>>) {
  const root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'v6only-policy-')));
  t.teardown(() => fs.rmSync(root, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(root, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  }
  return root;
}

const load = (mainScript: string | undefined, env = {}) => loadPolicy({ mainScript, env });

test('without a file the defaults hold', (t) => {
  const root = folder(t, { 'package.json': {}, 'app.js': '' });
  const { policy, source } = load(path.join(root, 'app.js'));
  t.is(source, undefined);
  t.like(policy, {
    mode: 'auto',
    nat64: 'discover',
    loopback: 'auto',
    peers: 'ipv6',
    pool: { network: '198.18.0.0/15', privateNetwork: undefined },
    listen: 'auto',
    children: true,
  });
});

for (const [name, content] of [
  ['v6only.config.json', { mode: 'always' }],
  ['.v6onlyrc.json', { mode: 'always' }],
  ['package.json', { v6only: { mode: 'always' } }],
] as const) {
  test(`${name} is found beside the main script`, (t) => {
    const root = folder(t, { 'app.js': '', [name]: content });
    const { policy, source } = load(path.join(root, 'app.js'));
    t.is(policy.mode, 'always');
    t.is(source, path.join(root, name));
  });
}

test('v6only.config.json goes before .v6onlyrc.json, and that before package.json', (t) => {
  const root = folder(t, {
    'v6only.config.json': { mode: 'always' },
    '.v6onlyrc.json': { mode: 'off' },
    'package.json': { v6only: { mode: 'off' } },
    'app.js': '',
  });
  t.is(load(path.join(root, 'app.js')).policy.mode, 'always');
});

test('the search goes up to the package root and no further', (t) => {
  const root = folder(t, {
    'v6only.config.json': { mode: 'off' },
    'package.json': {},
    'pkg/package.json': { name: 'pkg' },
    'pkg/src/bin/app.js': '',
    'lib/deep/app.js': '',
  });
  t.is(load(path.join(root, 'pkg/src/bin/app.js')).source, undefined);
  t.is(load(path.join(root, 'lib/deep/app.js')).source, path.join(root, 'v6only.config.json'));
});

test('a folder named package.json is none', (t) => {
  const root = folder(t, { 'app.js': '', 'package.json/x': '' });
  t.is(load(path.join(root, 'app.js')).source, undefined);
});

test('where there is no package.json only the main script’s folder is searched', (t) => {
  const root = folder(t, {
    'v6only.config.json': { mode: 'off' },
    'src/app.js': '',
    'own/.v6onlyrc.json': {},
    'own/app.js': '',
  });
  t.is(load(path.join(root, 'src/app.js')).source, undefined);
  t.is(load(path.join(root, 'own/app.js')).source, path.join(root, 'own/.v6onlyrc.json'));
  // A file that is not the program's cannot stop it, either.
  fs.rmSync(path.join(root, 'v6only.config.json'));
  fs.mkdirSync(path.join(root, 'v6only.config.json'));
  t.is(load(path.join(root, 'src/app.js')).source, undefined);
  fs.writeFileSync(path.join(root, 'package.json'), '{}');
  t.throws<PolicyError>(() => load(path.join(root, 'src/app.js')), { message: /v6only\.config\.json cannot be read/ });
});

const onPosix = process.platform === 'win32' ? test.skip : test;
for (const mode of [0o664, 0o646, 0o622]) {
  onPosix(`a policy that others than its owner may write is refused: ${mode.toString(8)}`, (t) => {
    const root = folder(t, {
      'pkg/package.json': { v6only: {} },
      'pkg/app.js': '',
      'v6only.config.json': {},
      'app.js': '',
    });
    for (const [file, script] of [
      ['pkg/package.json', 'pkg/app.js'],
      ['v6only.config.json', 'app.js'],
    ]) {
      fs.chmodSync(path.join(root, file), mode);
      const named = { V6ONLY_POLICY: path.join(root, file) };
      for (const read of [() => load(path.join(root, script)), () => load(undefined, named)]) {
        const error = t.throws<PolicyError>(read, { code: 'V6ONLY_INVALID_POLICY' });
        t.regex(
          error.message,
          new RegExp(`${file}.*is writable by users other than its owner.*mode ${mode.toString(8)}.*chmod go-w`, 's'),
        );
        t.is(error.problems.length, 1);
      }
      fs.chmodSync(path.join(root, file), 0o644);
      t.notThrows(() => load(path.join(root, script)));
    }
  });
}

onPosix('a package.json without a policy is nobody’s concern, however long, and whoever may write it', (t) => {
  const root = folder(t, { 'package.json': { description: 'x'.repeat(2 ** 20) }, 'app.js': '' });
  fs.chmodSync(path.join(root, 'package.json'), 0o666);
  t.is(load(path.join(root, 'app.js')).source, undefined);
});

test('a policy of more than 1 MiB is refused', (t) => {
  const longest = `{}${' '.repeat(2 ** 20 - 2)}`;
  const root = folder(t, { 'v6only.config.json': longest, 'app.js': '', 'pkg/package.json': '', 'pkg/app.js': '' });
  t.notThrows(() => load(path.join(root, 'app.js')));
  fs.appendFileSync(path.join(root, 'v6only.config.json'), ' ');
  t.throws<PolicyError>(() => load(path.join(root, 'app.js')), {
    code: 'V6ONLY_INVALID_POLICY',
    message: /more than 1048576 octets/,
  });
  fs.writeFileSync(path.join(root, 'pkg/package.json'), `{"v6only": {}}${' '.repeat(2 ** 20)}`);
  t.throws<PolicyError>(() => load(path.join(root, 'pkg/app.js')), {
    code: 'V6ONLY_INVALID_POLICY',
    message: /more than 1048576 octets/,
  });
});

test('of more than 4,096 faults the rest is not shown', (t) => {
  const rules = (count: number) => ({
    rules: Array.from({ length: count }, () => ({ match: '192.0.2', to: 'direct' })),
  });
  const root = folder(t, { 'v6only.config.json': rules(4096), 'app.js': '' });
  const read = () =>
    t.throws<PolicyError>(() => load(path.join(root, 'app.js')), { code: 'V6ONLY_INVALID_POLICY' }).problems;
  t.is(read().length, 4096);
  // Found by the schema.
  fs.writeFileSync(path.join(root, 'v6only.config.json'), `{"presets": [${'1,'.repeat(20_000)}1]}`);
  const problems = read();
  t.is(problems.length, 4096);
  const { message } = t.throws(() => load(path.join(root, 'app.js')));
  t.is(message.split('\n').length, 102);
  t.regex(message, /\n {2}and 3996 more$/);
  t.regex(String(problems.at(-1)?.message), /more than 4095 faults/);
});

test('a key or a value of a policy neither steers the terminal nor begins a line', (t) => {
  const root = folder(t, { 'v6only.config.json': { 'mo\u202ede\n  forged': 1, mode: '\x1b[2J' }, 'app.js': '' });
  const { message, problems } = t.throws<PolicyError>(() => load(path.join(root, 'app.js')), {
    code: 'V6ONLY_INVALID_POLICY',
  });
  t.is(message.split('\n').length, 1 + problems.length);
  t.notRegex(message.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u);
});

test('two policies in one package.json are a fault, and keys that only begin like it are not', (t) => {
  const root = folder(t, {
    'package.json': '{"v6only": {"mode": "auto"}, "v6only": {"mode": "auto"}, "v6only-x": 1, "v6only-x": 2}',
    'app.js': '',
  });
  const { problems } = t.throws<PolicyError>(() => load(path.join(root, 'app.js')), { code: 'V6ONLY_INVALID_POLICY' });
  t.deepEqual(
    problems.map(({ message }) => message),
    ['"v6only" appears twice'],
  );
});

test('a long value is shortened in the message', (t) => {
  const match = `${'a'.repeat(60_000)} b`;
  const root = folder(t, { 'v6only.config.json': { rules: [{ match, to: 'refuse' }] }, 'app.js': '' });
  const { message } = t.throws<PolicyError>(() => load(path.join(root, 'app.js')), { code: 'V6ONLY_INVALID_POLICY' });
  t.true(message.length < 1_000);
  t.regex(message, /…" \(60002 characters\) is neither/);
});

test('a package that only depends on v6only has no policy', (t) => {
  const root = folder(t, { 'package.json': { dependencies: { v6only: '^1.0.0' } }, 'app.js': '' });
  t.is(load(path.join(root, 'app.js')).source, undefined);
});

test('links are followed as Node follows them; a script without its extension is found', (t) => {
  const root = folder(t, { 'pkg/v6only.config.json': { mode: 'always' }, 'pkg/cli.js': '', 'bin/.keep': '' });
  fs.symlinkSync(path.join(root, 'pkg/cli.js'), path.join(root, 'bin/cli'));
  t.is(load(path.join(root, 'bin/cli')).policy.mode, 'always');
  t.is(load(path.join(root, 'pkg/cli')).policy.mode, 'always');
  t.is(load(path.join(root, 'pkg')).policy.mode, 'always');
});

test('no main script, no file: the working directory has no say', (t) => {
  t.is(load(undefined).source, undefined);
});

test('V6ONLY_POLICY names another file, absolutely', (t) => {
  const root = folder(t, { 'v6only.config.json': { mode: 'off' }, 'other.json': { mode: 'always' }, 'app.js': '' });
  const other = path.join(root, 'other.json');
  t.like(load(path.join(root, 'app.js'), { V6ONLY_POLICY: other }), { source: other, policy: { mode: 'always' } });
  const error = t.throws<PolicyError>(() => load(undefined, { V6ONLY_POLICY: 'other.json' }), {
    code: 'V6ONLY_INVALID_OPTION',
  });
  t.regex(error.message, /absolute path .*Set it to \/.*other\.json/);
  t.throws(() => load(undefined, { V6ONLY_POLICY: '[]' }), {
    message: /nor a JSON object\. Set it to a policy such as/,
  });
});

test('V6ONLY overrides the mode, V6ONLY_NAT64 the prefixes', (t) => {
  const root = folder(t, { 'v6only.config.json': { mode: 'always', nat64: '2001:db8::/32' }, 'app.js': '' });
  const { policy } = load(path.join(root, 'app.js'), {
    V6ONLY: 'auto',
    V6ONLY_NAT64: '64:ff9b::/96, 2001:db8:64::/96',
  });
  t.is(policy.mode, 'auto');
  t.deepEqual([...policy.nat64].map(String), ['64:ff9b::/96', '2001:db8:64::/96']);
  t.is(load(undefined, { V6ONLY_NAT64: 'discover' }).policy.nat64, 'discover');
  t.is(load(undefined, { V6ONLY: '', V6ONLY_NAT64: '' }).policy.mode, 'auto');
});

test('a bad variable is named, with what is allowed', (t) => {
  const mode = t.throws<PolicyError>(() => load(undefined, { V6ONLY: 'on' }), { code: 'V6ONLY_INVALID_OPTION' });
  t.regex(mode.message, /V6ONLY=on .*auto, always or off/);
  const prefix = t.throws<PolicyError>(() => load(undefined, { V6ONLY_NAT64: '64:ff9b::/97' }), {
    code: 'V6ONLY_INVALID_PREFIX',
  });
  t.regex(prefix.message, /V6ONLY_NAT64=64:ff9b::\/97/);
});

test('V6ONLY=off switches off whatever the file says, or fails to say', (t) => {
  const root = folder(t, { 'v6only.config.json': '{', 'app.js': '' });
  t.is(load(path.join(root, 'app.js'), { V6ONLY: 'off' }).policy.mode, 'off');
});

test('V6ONLY_STRICT=0: a faulty policy switches the hook off and says why', (t) => {
  const root = folder(t, { 'v6only.config.json': '{"mode": 1}', 'app.js': '' });
  const script = path.join(root, 'app.js');
  t.throws<PolicyError>(() => load(script), { code: 'V6ONLY_INVALID_POLICY' });
  t.throws<PolicyError>(() => load(script, { V6ONLY_STRICT: '1' }), { code: 'V6ONLY_INVALID_POLICY' });
  const { policy, fault } = load(script, { V6ONLY_STRICT: '0' });
  t.is(policy.mode, 'off');
  t.is(fault?.code, 'V6ONLY_INVALID_POLICY');
});

test('an unknown V6ONLY_STRICT is a fault, not silence: it is not taken for one of the two', (t) => {
  const root = folder(t, { 'v6only.config.json': '{"mode": "auto"}', 'app.js': '' });
  for (const text of ['2', 'no', 'false', ' 0']) {
    const { message } = t.throws(() => load(path.join(root, 'app.js'), { V6ONLY_STRICT: text }), {
      code: 'V6ONLY_INVALID_OPTION',
    });
    t.true(message.includes(`V6ONLY_STRICT=${text} is neither 0 nor 1`), message);
  }
});

test('a policy that cannot be read is told, not passed over', (t) => {
  const root = folder(t, { 'v6only.config.json/x': '', 'app.js': '' });
  const found = t.throws<PolicyError>(() => load(path.join(root, 'app.js')), { code: 'V6ONLY_INVALID_POLICY' });
  t.regex(found.message, /v6only\.config\.json cannot be read/);
  const named = t.throws<PolicyError>(() => load(undefined, { V6ONLY_POLICY: path.join(root, 'none.json') }));
  t.is(named.code, 'V6ONLY_INVALID_POLICY');
  t.regex(named.message, /none\.json cannot be read/);
  const other = t.throws<PolicyError>(() => load(undefined, { V6ONLY_POLICY: path.join(root, 'package.json') }));
  t.is(other.code, 'V6ONLY_INVALID_POLICY');
});

test('a byte order mark does no harm', (t) => {
  const root = folder(t, { 'v6only.config.json': '\ufeff{"mode": "always"}', 'app.js': '' });
  t.is(load(path.join(root, 'app.js')).policy.mode, 'always');
});

test('a pipe is no policy file: nobody may ever write to it', (t) => {
  const root = folder(t, { 'app.js': '' });
  const pipe = path.join(root, 'v6only.config.json');
  if (spawnSync('mkfifo', [pipe]).status !== 0) {
    t.pass('no pipes here');
    return;
  }
  t.throws<PolicyError>(() => load(path.join(root, 'app.js')), { message: /it is a pipe, not a file/ });
});
