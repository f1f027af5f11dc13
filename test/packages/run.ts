// Runs every program of programs/ on test hosts of its own: natively on dual stack (the control), then with the hook where there is no IPv4.
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { compiled, inRepository } from '../support/paths.js';
import { COMMANDS, certificate, find, found, mariadbData, postgresData } from './support/prepare.js';

const USAGE = `npm run test:packages -- [options]
  --only RE      only programs whose name matches
  --node PATH    the Node to test (this one)
  --host LIST    dual (without the hook), noinet, lo4, dual+hook (dual,noinet,lo4)
  --hook FILE    the preload (register.js of this checkout)
  --via HOW      require, import or node-options (require)
  --jobs N       programs at a time (2)
  --out FILE     save the results as JSON
  --no-install   do not run npm ci when node_modules is missing`;
const here = inRepository('test/packages');
const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    node: { type: 'string', default: process.execPath },
    host: { type: 'string', default: 'dual,noinet,lo4' },
    hook: { type: 'string', default: inRepository('register.js') },
    via: { type: 'string', default: 'require' },
    jobs: { type: 'string', default: '2' },
    out: { type: 'string' },
    'no-install': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const HOSTS = ['dual', 'noinet', 'lo4', 'dual+hook'] as const;
type Host = (typeof HOSTS)[number];
const isHost = (name: string): name is Host => HOSTS.some((host) => host === name);
/** How a program gets the hook: arguments of node, or none where the environment names it. */
const VIA: Readonly<Record<string, readonly string[]>> = {
  require: ['-r', options.hook],
  import: ['--import', `file://${options.hook}`],
  'node-options': [],
};
const hosts = options.host.split(',').filter(isHost);
const preload = VIA[options.via];
if (options.help || hosts.length < options.host.split(',').length || preload === undefined) {
  console.log(USAGE);
  process.exit(options.help ? 0 : 2);
}
if (!options['no-install'] && !fs.existsSync(path.join(here, 'node_modules'))) {
  execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: here, stdio: 'inherit' });
}

const LIMIT_MS = 60_000;
const HOST_SH = inRepository('test/support/host.sh');
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'v6p-'));
process.on('exit', () => fs.rmSync(scratch, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));
const file = (name: string, text: string): string => {
  fs.writeFileSync(path.join(scratch, name), text);
  return path.join(scratch, name);
};
const hostsFile = file('hosts', '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n');
const resolv = { dual: file('resolv.dual', 'nameserver 127.0.0.1\n'), other: file('resolv.other', 'nameserver ::1\n') };

/** A program, and what its head says: `// needs: dns, redis-server, node 22` and so on. */
interface Program {
  readonly name: string;
  readonly needs: readonly string[];
  /** Those alone, all if there are none: what costs much says `// hosts: dual, noinet`. */
  readonly hosts: readonly string[];
  /** `// address: IPV4 IPV6`: put on lo of the host. */
  readonly address: readonly string[];
  /** `// policy: JSON`, of v6only. */
  readonly policy: string | undefined;
}

const programs = fs
  .readdirSync(path.join(here, 'programs'))
  .filter((name) => /\.[cm]js$/.test(name) && new RegExp(options.only).test(name))
  .map((name): Program => {
    const source = fs.readFileSync(path.join(here, 'programs', name), 'utf8');
    const words = (key: string, separator: RegExp) =>
      new RegExp(`^// ${key}: (.*)`, 'm').exec(source)?.[1].split(separator) ?? [];
    const policy = /^\/\/ policy: (.*)/m.exec(source)?.[1];
    return {
      name,
      needs: words('needs', /, */),
      hosts: words('hosts', /, */),
      address: words('address', / +/),
      policy,
    };
  });
const needed = new Set(programs.flatMap((program) => program.needs));
const missing = [...needed].filter((command) => COMMANDS[command] && !find(command));
if (missing.length)
  console.log(
    `not installed: apt-get install ${missing.map((c) => COMMANDS[c]).join(' ')} (their programs are skipped)`,
  );
const have = (command: string) => needed.has(command) && !missing.includes(command);
if (have('openssl')) certificate();
if (have('postgres')) postgresData();
if (have('mariadbd')) mariadbData();
const nodeMajor = Number(
  execFileSync(options.node, ['-p', 'process.versions.node.split(".")[0]'], { encoding: 'utf8' }),
);

/** Why a program cannot run here. */
function lacks({ needs }: Program): string | undefined {
  const command = needs.find((need) => missing.includes(need));
  if (command) return `${command} is not installed`;
  const minimum = Number(needs.find((need) => need.startsWith('node '))?.slice(5) ?? 0);
  return nodeMajor < minimum ? `needs Node ${minimum}` : undefined;
}

function commandOf(program: Program, host: Host): string[] {
  const kind = host === 'dual+hook' ? 'dual' : host;
  const hooked = host !== 'dual';
  const run = [options.node, ...(hooked ? preload : []), path.join(here, 'programs', program.name)];
  const inside: string[] = [];
  if (program.address.length) {
    const [four, six] = program.address;
    const add = 'for a in $0; do ip addr add "$a" dev lo; done; exec "$@"';
    inside.push('sh', '-c', add, kind === 'dual' ? `${four} ${six}` : six);
  }
  if (program.needs.includes('dns')) {
    inside.push(
      process.execPath,
      compiled('test/packages/support/with-dns.js'),
      ...(kind === 'dual' ? ['127.0.0.1,::1', 'plain'] : ['::1', 'nat64']),
    );
  }
  return [HOST_SH, kind, ...inside, ...run];
}

function environment(program: Program, host: Host): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env };
  for (const key of Object.keys(env)) if (/^(NODE_|V6ONLY|npm_|.*_proxy$)/i.test(key)) delete env[key];
  const dual = host.startsWith('dual');
  Object.assign(env, {
    REMOTE: '203.0.113.7',
    BIND: host === 'noinet' ? '::1' : '127.0.0.1',
    NODE_ENV: 'test',
    HOOK: options.hook,
  });
  Object.assign(env, { HOST_HOSTS: hostsFile, HOST_RESOLV: dual ? resolv.dual : resolv.other });
  if (have('postgres')) env.POSTGRES_BIN = path.dirname(found('postgres'));
  if (program.policy) env.V6ONLY_POLICY = file(`${program.name}.json`, program.policy);
  // Where there is a name server the hook discovers the prefix (RFC 7050); elsewhere it is told.
  if (!dual && !program.needs.includes('dns')) env.V6ONLY_NAT64 = '64:ff9b::/96';
  if (host !== 'dual' && options.via === 'node-options') env.NODE_OPTIONS = `--require=${options.hook}`;
  return env;
}

/** What came of a program on a host. */
interface Result {
  readonly host: Host;
  readonly name: string;
  readonly status: 'passed' | 'failed' | 'skipped';
  readonly ms: number;
  /** Why it did not pass. */
  readonly reason?: string;
  /** The end of what it said, if it failed. */
  readonly output?: string;
}

async function run(program: Program, host: Host): Promise<Result> {
  const title = program.name.replace(/\.[cm]js$/, '');
  const reason = lacks(program);
  if (reason) return { host, name: title, status: 'skipped', ms: 0, reason };
  const started = Date.now();
  let output = '';
  const child = spawn('sh', commandOf(program, host), {
    env: environment(program, host),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const end = () => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // Nothing of the group is left.
    }
  };
  const read = (chunk: Buffer) => {
    output += String(chunk);
  };
  child.stdout.on('data', read);
  child.stderr.on('data', read);
  const timer = setTimeout(end, LIMIT_MS);
  child.on('exit', () => setTimeout(end, 200).unref());
  const how = await new Promise<number | string>((resolve) =>
    child.on('close', (code, signal) => resolve(code ?? String(signal))),
  );
  clearTimeout(timer);
  end();
  const ms = Date.now() - started;
  if (how === 0 && new RegExp(`^ok ${title}\\b`, 'm').test(output)) return { host, name: title, status: 'passed', ms };
  const line = output
    .split('\n')
    .find((l) => /Error\b/.test(l))
    ?.trim();
  const ended = ms >= LIMIT_MS ? `still running after ${LIMIT_MS} ms` : `exit ${how}`;
  return {
    host,
    name: title,
    status: 'failed',
    ms,
    reason: `${ended}${line ? `: ${line.slice(0, 200)}` : ''}`,
    output: output.slice(-4000),
  };
}

const results: Result[] = [];
for (const host of hosts) {
  const queue = programs.filter((program) => program.hosts.length === 0 || program.hosts.includes(host));
  await Promise.all(
    Array.from({ length: Math.max(1, Number(options.jobs)) }, async () => {
      for (let program = queue.shift(); program; program = queue.shift()) {
        const result = await run(program, host);
        results.push(result);
        console.log(
          `${result.status.padEnd(7)} ${host.padEnd(9)} ${result.name} (${result.ms} ms)${result.reason ? ` ${result.reason}` : ''}`,
        );
        if (result.status === 'failed' && programs.length === 1) console.log(result.output);
      }
    }),
  );
}
const count = (status: Result['status']) => results.filter((result) => result.status === status).length;
if (options.out) fs.writeFileSync(options.out, `${JSON.stringify({ node: options.node, hosts, results }, null, 1)}\n`);
console.log(`${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`);
process.exitCode = count('failed') ? 1 : 0;
