import { spawn } from 'node:child_process';
import os from 'node:os';
import { usage } from './arguments';
import { exitCodeOfSignal } from './exit-codes';

/** Signals that a terminal or a supervisor sends to the command are meant for the program. */
const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'] as const;

/**
 * Runs a program of the user's with preloads, its standard streams being ours, and waits for its end.
 * @param program Node's own options (`--inspect`, …), then the file and its arguments
 * @param stdout where its standard output goes
 * @returns its exit code
 */
export async function runProgram(
  program: readonly string[],
  preloads: readonly string[],
  env: NodeJS.ProcessEnv,
  stdout: 'inherit' | 'stderr' = 'inherit',
): Promise<number> {
  if (program.length === 0) throw usage('no program was named', 'Name it: v6only run app.js');
  const args = [...preloads.flatMap((file) => ['-r', file]), ...program];
  const child = spawn(process.execPath, args, {
    stdio: ['inherit', stdout === 'stderr' ? 2 : 'inherit', 'inherit'],
    env,
  });
  const forward = (signal: NodeJS.Signals) => {
    // A terminal sends these to the program by itself; twice would read as "at once".
    if (process.stdin.isTTY && (signal === 'SIGINT' || signal === 'SIGQUIT')) return;
    child.kill(signal);
  };
  for (const signal of FORWARDED) if (signal in os.constants.signals) process.on(signal, forward);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', (code, signal) => {
        resolve(code ?? exitCodeOfSignal(os.constants.signals[signal as NodeJS.Signals]));
      });
    });
  } finally {
    for (const signal of FORWARDED) process.off(signal, forward);
  }
}
