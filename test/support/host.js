import { execFileSync, spawn, spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The Node.js that the programs under test run on. */
export const nodeUnderTest = process.env.V6ONLY_TEST_NODE || process.execPath;

/** Its major version. */
export const nodeUnderTestMajor = Number.parseInt(
  nodeUnderTest === process.execPath
    ? process.versions.node
    : execFileSync(nodeUnderTest, ['-p', 'process.versions.node'], { encoding: 'utf8' }),
  10,
);

/** The preload, as a path for `-r` and as a URL for `--import`. V6ONLY_TEST_PACKAGE names the folder of another copy. */
const packageFolder = process.env.V6ONLY_TEST_PACKAGE || fileURLToPath(new URL('../..', import.meta.url));
export const registerPath = path.resolve(packageFolder, 'register.js');
export const registerUrl = pathToFileURL(registerPath);

/** The kinds of host that every test of what a program sees runs on. */
export const HOST_KINDS = ['noinet', 'v6', 'lo4', 'dual'];
/** Those, and a host of each sort that has some IPv4: for what every program does first. */
export const MORE_KINDS = [...HOST_KINDS, 'docker', 'egress', 'container'];
/** All that host.sh makes: those, and the hosts with some IPv4. */
export const ALL_KINDS = [...HOST_KINDS, 'docker', 'vpn', 'egress', 'clat', 'private', 'container'];

const hostScript = fileURLToPath(new URL('host.sh', import.meta.url));
const dnsScript = fileURLToPath(new URL('with-dns.js', import.meta.url));
const secondScript = fileURLToPath(new URL('second-host.js', import.meta.url));

/**
 * V6ONLY_TEST_CONTROL=1 runs the tests on dual-stack hosts alone and without the hook: what they demand of a program with
 * the hook must hold for every program without it.
 */
export const control = process.env.V6ONLY_TEST_CONTROL === '1';

const obstacles = new Map();

/** Why a host of this kind cannot be made on this machine, or undefined where it can. */
export function obstacleTo(kind) {
  if (!obstacles.has(kind)) {
    if (process.platform !== 'linux') obstacles.set(kind, `network namespaces need Linux, this is ${process.platform}`);
    else {
      const { status, stderr, error } = spawnSync(hostScript, [kind, 'true'], { encoding: 'utf8', timeout: 20_000 });
      const reason = status === 0 ? undefined : (error?.message ?? stderr.trim().split('\n').at(-1));
      obstacles.set(kind, reason === '' ? `host.sh ended with ${status}` : reason);
    }
  }
  return obstacles.get(kind);
}

/**
 * Declares a test per kind of host; `run(t, kind)` is its body. Where hosts cannot be made the test is skipped, with the
 * reason in its title; with CI=true it fails instead on Linux, where CI must leave nothing out.
 */
export function hostTest(test, kinds, title, run, { failing = false } = {}) {
  for (const kind of control ? kinds.filter((name) => name === 'dual') : kinds) {
    const obstacle = obstacleTo(kind);
    const name = `${title} [${kind}]`;
    if (obstacle === undefined) (failing ? test.failing : test)(name, (t) => run(t, kind));
    else if (process.env.CI === 'true' && process.platform === 'linux')
      test(name, (t) => t.fail(`no host of kind ${kind}: ${obstacle}`));
    else test.skip(`${name} left out: ${obstacle}`, () => {});
  }
}

/**
 * Runs a program on a host of its own and waits for its end.
 * @param kind one of HOST_KINDS
 * @param args arguments of node: flags, then a script and its arguments
 * @param options
 *   - `hook`: `'require'` (default) adds `-r register.js`, `'import'` adds `--import`, `false` adds nothing
 *   - `env`: added to this process's environment; undefined takes a variable away. V6ONLY_NAT64 is 64:ff9b::/96 unless
 *     it is given: most hosts have no name server that could tell
 *   - `dns`: `'plain'`, `'dns64'` or another mode of zone.js runs the DNS server of with-dns.js on the host and makes it the host's resolver
 *   - `second`: a second host beyond the first, with the servers and clients of second-host.js; see beyond.js
 *   - `bindv6only`: net.ipv6.bindv6only=1
 *   - `timeoutMs`: after which it is killed (default 30 s)
 *   - `command`: what to run instead of node
 * @returns `{ code, signal, stdout, stderr }`
 */
export async function runOnHost(
  kind,
  args,
  {
    hook = 'require',
    env = {},
    dns,
    second = false,
    bindv6only = false,
    timeoutMs = 30_000,
    command = [nodeUnderTest],
    input = '',
  } = {},
) {
  const preload = control
    ? []
    : ({ require: ['-r', registerPath], import: ['--import', registerUrl.href] }[hook] ?? []);
  const resolver = dns ? [process.execPath, dnsScript, dns] : [];
  const child = spawn(hostScript, [kind, ...resolver, ...command, ...preload, ...args], {
    env: {
      ...cleanEnvironment(env),
      ...(second && { HOST_SECOND: `${process.execPath} ${secondScript}` }),
      ...(bindv6only && { HOST_BINDV6ONLY: '1' }),
    },
    // A process group of its own, so that a time-out ends the program with all its children.
    detached: true,
  });
  const timer = setTimeout(() => {
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has just ended.
    }
  }, timeoutMs);
  child.stdin.on('error', () => {}).end(input);
  const [stdout, stderr, [code, signal]] = await Promise.all([
    textOf(child.stdout),
    textOf(child.stderr),
    new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (...end) => resolve(end));
    }),
  ]);
  clearTimeout(timer);
  return { code, signal, stdout, stderr };
}

/** Runs `source` as a script: see `runOnHost`. */
export function evalOnHost(kind, source, options = {}) {
  const type = options.module ? ['--input-type=module'] : [];
  return runOnHost(kind, [...(options.flags ?? []), ...type, '-e', source], options);
}

// AVA and c8 speak to their own children by environment variables, which are not for the programs under test.
function cleanEnvironment(env) {
  const { NODE_OPTIONS, V6ONLY, V6ONLY_POLICY, V6ONLY_STRICT, ...rest } = process.env;
  return Object.fromEntries(
    Object.entries({ ...rest, V6ONLY_NAT64: '64:ff9b::/96', ...env }).filter(([, value]) => value !== undefined),
  );
}

async function textOf(stream) {
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) text += chunk;
  return text;
}
