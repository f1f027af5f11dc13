// Running programs on the lab's hosts, for the lab tests: with the hook or, as control, without it.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import { resolverScript } from './actions.mjs';
import { caFile as caFileOf } from './servers.mjs';
import { labOf, REPOSITORY } from './settings.mjs';
import { onHost, run } from './sh.mjs';
import { readState } from './state.mjs';

export const lab = labOf();
export const caFile = caFileOf(lab);
// A test of another build (an installed package, say) names its register.js.
const REGISTER = process.env.V6ONLY_LAB_REGISTER ?? path.join(REPOSITORY, 'register.js');
const LIMIT_MS = 25_000;

/** The length in bits of the lab's network-specific prefix at this moment. */
export const nspLength = () => readState(lab).nspLength;

export function start(host, program, args, { hook = true, env = {}, resolver } = {}) {
  const file = path.join(import.meta.dirname, 'programs', program);
  let argv = [process.execPath, ...(hook ? ['-r', REGISTER] : []), file, ...args];
  if (resolver) argv = ['sh', '-ec', resolverScript(lab, resolver), 'sh', ...argv];
  const { NODE_OPTIONS, ...inherited } = process.env;
  for (const name of Object.keys(inherited)) if (name.startsWith('V6ONLY')) delete inherited[name];
  const [command, ...rest] = onHost(lab, host, argv);
  return spawn(command, rest, {
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...inherited, NODE_EXTRA_CA_CERTS: caFile, ...env },
  });
}

/**
 * Runs programs/PROGRAM to its end and returns the JSON that it printed. Throws when it fails, prints anything else, or
 * warns on stderr (`allowStderr` for the programs that are meant to).
 */
export async function runProgram(host, program, args, options = {}) {
  const child = start(host, program, args, options);
  const limit = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
  const collect = async (stream) => {
    let text = '';
    for await (const chunk of stream.setEncoding('utf8')) text += chunk;
    return text;
  };
  const exit = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? signal));
  });
  const [stdout, stderr, code] = await Promise.all([collect(child.stdout), collect(child.stderr), exit]);
  clearTimeout(limit);
  if (code !== 0 || (stderr !== '' && !options.allowStderr)) {
    throw new Error(`${host}: ${program} ${args.join(' ')}: exit ${code}\n${stdout}${stderr}`);
  }
  try {
    return JSON.parse(stdout);
  } catch {
    throw new Error(`${host}: ${program} ${args.join(' ')} printed no JSON line:\n${stdout}`);
  }
}

/** A server program: {listening, next() (the next line it prints), stop()}. */
export async function startServer(host, args, options = {}) {
  const child = start(host, 'server.cjs', args, options);
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (chunk) => {
    stderr += chunk;
  });
  const exited = new Promise((resolve) => child.on('close', resolve));
  const lines = readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    let timer;
    const late = new Promise((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`the server on ${host} printed nothing for 8 s\n${stderr}`)), 8000);
    });
    try {
      const { value, done } = await Promise.race([lines.next(), late]);
      if (done) throw new Error(`the server on ${host} has ended\n${stderr}`);
      return JSON.parse(value);
    } finally {
      clearTimeout(timer);
    }
  };
  const stop = () => {
    child.kill('SIGKILL');
    return exited;
  };
  try {
    return { ...(await next()), next, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Runs `v6only ARGS --json` on a host: its exit status and what it printed, parsed. */
export function v6only(host, args, { env = {}, resolver } = {}) {
  let argv = [process.execPath, path.join(path.dirname(REGISTER), 'dist/cli.js'), ...args, '--json'];
  if (resolver) argv = ['sh', '-ec', resolverScript(lab, resolver), 'sh', ...argv];
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const { status, stdout, stderr } = run(onHost(lab, host, ['env', ...variables, ...argv]), { allowFailure: true });
  if (stdout === '') throw new Error(`${host}: v6only ${args.join(' ')}: exit ${status}\n${stderr}`);
  return { code: status, ...JSON.parse(stdout) };
}

/** stdout of an ordinary command on a host; throws when it fails. */
export function command(host, ...argv) {
  return run(onHost(lab, host, argv));
}

/** Sends a text with bash to an address and port and returns what comes back. */
export function echoBy(host, protocol, address, port, text = 'hello-echo') {
  const script = `exec 3<>/dev/${protocol}/${address}/${port}; echo ${text} >&3; timeout 4 head -c ${text.length} <&3`;
  return command(host, 'bash', '-c', script);
}

/** IPv4 packets that a host has sent and received since the lab is up, over any interface, lo included. */
export function ipv4Packets(host) {
  const [names, values] = command(host, 'grep', '^Ip:', '/proc/net/snmp')
    .trim()
    .split('\n')
    .map((line) => line.split(' '));
  const count = (name) => Number(values[names.indexOf(name)]);
  return { sent: count('OutRequests'), received: count('InReceives') };
}

export const hookIsBuilt = () =>
  REGISTER !== path.join(REPOSITORY, 'register.js') || fs.existsSync(path.join(REPOSITORY, 'dist/index.js'));
