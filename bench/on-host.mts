import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { inRepository } from '../test/support/paths.js';
import { median, table } from './median.mjs';

const hostScript = inRepository('test/support/host.sh');
const register = inRepository('register.js');

/**
 * Starts the calling script again on a host without IPv4, or with 127.0.0.1 alone (`lo4`), and ends this process with its
 * status.
 */
export function onHostWithoutIPv4(url: string, kind: 'v6' | 'lo4' = 'v6'): void {
  if (process.env.V6ONLY_BENCH_INSIDE === '1') {
    // A bench opens more connections than the default range has ports.
    writeFileSync('/proc/sys/net/ipv4/ip_local_port_range', '1024 65535');
    return;
  }
  const trial = spawnSync(hostScript, [kind, 'true'], { encoding: 'utf8' });
  if (trial.status !== 0) {
    console.log(`left out: no network namespace is to be had here (${(trial.stderr || String(trial.error)).trim()})`);
    process.exit(0);
  }
  const env = { ...process.env, V6ONLY_BENCH_INSIDE: '1', V6ONLY_NAT64: '64:ff9b::/96' };
  execFileSync(hostScript, [kind, process.execPath, fileURLToPath(url), ...process.argv.slice(2)], {
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
export async function startServer(
  name: string,
  args: readonly string[] = [],
): Promise<{ port: string; stop: () => void }> {
  const child = spawn(process.execPath, [program(name), ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = await once(child.stdout.setEncoding('utf8'), 'data');
  return { port: port.trim(), stop: () => child.kill() };
}

/** What one variant came to. */
export interface Measurement {
  readonly title: string;
  readonly name: string;
  readonly unit: string;
  readonly median: number;
  /** To the first variant, round by round: a slow moment of the machine is in both figures. */
  readonly ratio: number;
  readonly lowestRatio: number;
  readonly highestRatio: number;
  readonly rounds: number;
  readonly node: string;
}

/** Runs each variant of a client `rounds` times, in turns, and reports operations per second and ratios to the first. */
export function compare(title: string, variants: readonly Variant[], rounds: number): void {
  const rates: number[][] = variants.map(() => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [i, { client, args, hook }] of variants.entries()) {
      const rate = Number(execFileSync(process.execPath, clientCommand(client, args, hook), { encoding: 'utf8' }));
      if (round > 0) rates[i].push(rate);
    }
  }
  const unit = 'per second';
  print(
    title,
    unit,
    record(
      title,
      unit,
      variants.map(({ name }, i) => [name, rates[i]]),
    ),
  );
}

/** The medians of several series and their ratios to the first. They go to the file of V6ONLY_BENCH_OUT as well. */
export function record(
  title: string,
  unit: string,
  series: readonly (readonly [name: string, values: readonly number[]])[],
): Measurement[] {
  const [[, reference]] = series;
  const measurements = series.map(([name, values]): Measurement => {
    const ratios = values.map((value, round) => value / reference[round]);
    return {
      title,
      name,
      unit,
      median: median(values),
      ratio: median(ratios),
      lowestRatio: Math.min(...ratios),
      highestRatio: Math.max(...ratios),
      rounds: reference.length,
      node: process.version,
    };
  });
  const { V6ONLY_BENCH_OUT: file } = process.env;
  if (file) for (const measurement of measurements) appendFileSync(file, `${JSON.stringify(measurement)}\n`);
  return measurements;
}

function print(title: string, unit: string, measurements: readonly Measurement[]): void {
  console.log(`\n${title}, Node.js ${process.version}, medians of ${measurements[0].rounds} rounds in turns`);
  table(
    ['', unit, 'ratio', 'spread'],
    measurements.map(({ name, median: middle, ratio, lowestRatio, highestRatio }) => [
      name,
      Math.round(middle),
      ratio.toFixed(3),
      `${lowestRatio.toFixed(2)} to ${highestRatio.toFixed(2)}`,
    ]),
  );
}
