import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { control, type Kind, nodeUnderTest, registerPath } from './host.js';
import { inRepository } from './paths.js';

const script = inRepository('test/support/two-hosts.sh');

/** The IPv6 address of host a and of host b on the first link and on the second. */
export const HOST_A = ['2001:db8:1::1', '2001:db8:2::1'];
export const HOST_B = ['2001:db8:1::2', '2001:db8:2::2'];

/** Available to both programs: `say` prints a line, `ownAddress(interface)` is an IPv4 address as programs look for it. */
const prelude = `
const dgram = require('dgram'), net = require('net'), os = require('os'), { once } = require('events');
const say = (...words) => console.log(words.join(' '));
const ownAddress = (name) => os.networkInterfaces()[name]?.find((info) => info.family === 'IPv4')?.address;
const bound = async (socket, ...args) => { socket.bind(...args); await once(socket, 'listening'); return socket; };
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const first = (emitter, event, ms = 8000) =>
  Promise.race([once(emitter, event), sleep(ms).then(() => ['nothing', { address: 'nobody' }])]);
`;

export interface TwoHostsOptions {
  /** False: b is a program without the hook. */
  hookB?: boolean;
  /** For both. */
  policy?: object | undefined;
  /** For both. */
  env?: NodeJS.ProcessEnv;
}

/**
 * Runs `b` on host b, and once that is ready `a` on host a; see two-hosts.sh. Both are the body of an async function. b prints
 * 'ready' when a may begin, and is ended when a ends.
 * @returns stdout is that of a
 */
export async function onTwoHosts(
  kind: Kind,
  { a, b }: { a: string; b: string },
  { hookB = true, policy, env: more = {} }: TwoHostsOptions = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const scratch = mkdtempSync(path.join(tmpdir(), 'v6only-two-'));
  try {
    const env: NodeJS.ProcessEnv = { ...process.env, V6ONLY_NAT64: '64:ff9b::/96', ...more };
    delete env.NODE_OPTIONS;
    if (policy) {
      env.V6ONLY_POLICY = path.join(scratch, 'policy.json');
      writeFileSync(env.V6ONLY_POLICY, JSON.stringify(policy));
    }
    const ready = path.join(scratch, 'ready');
    const command = (name: string, source: string, hook: boolean) => {
      const file = path.join(scratch, `${name}.cjs`);
      const tail = '.then(() => process.exit(), (error) => { console.error(error); process.exit(1); });';
      writeFileSync(file, `${prelude}(async () => {${source}\n})()${name === 'a' ? tail : ''}`);
      return `${nodeUnderTest} ${hook && !control ? `-r ${registerPath}` : ''} ${file}`;
    };
    const waiting = `n=0; while [ ! -s ${ready} ] && [ $n -lt 200 ]; do sleep 0.05; n=$((n + 1)); done; `;
    const left = `${command('b', b, hookB)} > ${ready}`;
    const child = spawn(script, [kind, waiting + command('a', a, true), left], { env, detached: true });
    const timer = setTimeout(() => process.kill(-(child.pid as number), 'SIGKILL'), 30_000);
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    clearTimeout(timer);
    return { code, stdout, stderr };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
