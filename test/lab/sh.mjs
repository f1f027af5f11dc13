// Running other programs and waiting for them, with errors that say what failed.
import { spawnSync } from 'node:child_process';

/** Runs a command to its end; returns stdout. Throws when it fails, unless `allowFailure` (then the result is returned). */
export function run(argv, { input, timeoutMs = 15_000, allowFailure = false } = {}) {
  const [command, ...args] = argv;
  const result = spawnSync(command, args, { input, timeout: timeoutMs, encoding: 'utf8' });
  if (allowFailure) return result;
  if (result.error || result.status !== 0) {
    const why = result.error?.message ?? `exit ${result.status ?? result.signal}`;
    throw new Error(`${argv.join(' ')}: ${why}\n${result.stderr ?? ''}${input ? `input:\n${input}` : ''}`);
  }
  return result.stdout;
}

/** The command line that runs `argv` on a host of the lab. */
export function onHost(lab, host, argv) {
  return ['ip', 'netns', 'exec', lab.ns(host), ...argv];
}

/** One `ip -batch` in a namespace. */
export function ipBatch(namespace, lines) {
  return run(['ip', '-n', namespace, '-batch', '-'], { input: `${lines.join('\n')}\n` });
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Asks `probe` again until it is true; false after the deadline. */
export async function until(probe, { timeoutMs, intervalMs = 60 }) {
  const deadline = Date.now() + timeoutMs;
  while (!(await probe())) {
    if (Date.now() > deadline) return false;
    await sleep(intervalMs);
  }
  return true;
}
