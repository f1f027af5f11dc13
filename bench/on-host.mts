import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { inRepository } from '../test/support/paths.js';
import { median, table } from './median.mjs';

const hostScript = inRepository('test/support/host.sh');
const register = inRepository('register.js');

/** Starts the calling script again on a host without IPv4, and ends this process with its status. */
export function onHostWithoutIPv4(url: string): void {
  if (process.env.V6ONLY_BENCH_INSIDE === '1') {
    // A bench opens more connections than the default range has ports.
    writeFileSync('/proc/sys/net/ipv4/ip_local_port_range', '1024 65535');
    return;
  }
  const trial = spawnSync(hostScript, ['v6', 'true'], { encoding: 'utf8' });
  if (trial.status !== 0) {
    console.log(`left out: no network namespace is to be had here (${(trial.stderr || String(trial.error)).trim()})`);
    process.exit(0);
  }
  const env = { ...process.env, V6ONLY_BENCH_INSIDE: '1', V6ONLY_NAT64: '64:ff9b::/96' };
  execFileSync(hostScript, ['v6', process.execPath, fileURLToPath(url), ...process.argv.slice(2)], {
    env,
    stdio: 'inherit',
  });
  process.exit(0);
}

const program = (name: string): string => inRepository(`bench/programs/${name}`);

/** A client of programs/, with or without the hook. */
export interface Variant {
  readonly name: string;
  readonly client: string;
  readonly args: readonly (string | number)[];
  readonly hook?: boolean;
}

/** Arguments of node that run a client of programs/. */
export const clientCommand = (client: string, args: Variant['args'], hook = false): string[] => [
  ...(hook ? ['-r', register] : []),
  program(client),
  ...args.map(String),
];

/** Starts a server without the hook; resolves to its port and to what ends it. */
export async function startServer(name: string): Promise<{ port: string; stop: () => void }> {
  const child = spawn(process.execPath, [program(name)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = await once(child.stdout.setEncoding('utf8'), 'data');
  return { port: port.trim(), stop: () => child.kill() };
}

/** Runs each variant of a client `rounds` times, by turns, and prints operations per second and ratios to the first. */
export async function compare(title: string, variants: readonly Variant[], rounds: number): Promise<void> {
  const rates: number[][] = variants.map(() => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [i, { client, args, hook }] of variants.entries()) {
      const rate = Number(execFileSync(process.execPath, clientCommand(client, args, hook), { encoding: 'utf8' }));
      if (round > 0) rates[i].push(rate);
    }
  }
  const [reference] = rates;
  console.log(`\n${title}, Node.js ${process.version}, medians of ${rounds} rounds by turns`);
  table(
    ['', 'per second', 'ratio'],
    variants.map(({ name }, i) => [
      name,
      Math.round(median(rates[i])),
      // Round by round, so that a slow moment of the machine falls on both.
      median(rates[i].map((rate, round) => rate / reference[round])).toFixed(3),
    ]),
  );
}
