import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import { isatty } from 'node:tty';
import { haveHook } from '../hooks/process/children';
import { optionsIn, withPreload } from '../hooks/process/node-options';
import type { V6OnlyError } from '../report/errors';
import { usage } from './arguments';
import { exitCodeOfSignal } from './exit-codes';
import { preloadFile, REGISTER_FILE } from './files';
import { interpreterLine } from './interpreter';
import type { Program } from './program';

/** A terminal or supervisor sends these signals to the command, but they are meant for the program. */
const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const;

export interface Start {
  /** Files that every Node.js process of the program loads first, in this order. */
  readonly preloads: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** The target of its standard output. */
  readonly stdout?: 'inherit' | 'stderr';
}

/** How a program ended. */
export interface Ended {
  /** As shells report it: 128 + n if signal n ended the program. */
  readonly exitCode: number;
  readonly signal: NodeJS.Signals | undefined;
}

/**
 * Runs a program with preloads on this command's standard streams, and waits for its end.
 * @throws V6OnlyError V6ONLY_USAGE if it cannot be started
 */
export async function runProgram(program: Program, start: Start): Promise<Ended> {
  const { file, args, env } = commandLineOf(program, start);
  let child: ChildProcess | undefined;
  const forward = (signal: NodeJS.Signals) => {
    // The terminal also sends these to the program. Many programs treat a second signal as "stop at once".
    // `process.stdin` would make the standard input, which is the program's too, non-blocking.
    if (isatty(0) && (signal === 'SIGINT' || signal === 'SIGQUIT')) return;
    child?.kill(signal);
  };
  // Before the program starts, because a signal may arrive at any time after its first output.
  for (const signal of FORWARDED) if (signal in os.constants.signals) process.on(signal, forward);
  try {
    const started = spawn(file, args, {
      stdio: ['inherit', start.stdout === 'stderr' ? 2 : 'inherit', 'inherit'],
      env,
      // On Windows an npm command is a batch file, which only a shell can run.
      shell: /\.(cmd|bat)$/i.test(file),
    });
    child = started;
    return await new Promise<Ended>((resolve, reject) => {
      started.on('error', (error: NodeJS.ErrnoException) => reject(cannotStart(file, error)));
      started.on('exit', (code, signal) => {
        const exitCode = code ?? exitCodeOfSignal(os.constants.signals[signal as NodeJS.Signals]);
        resolve({ exitCode, signal: signal ?? undefined });
      });
    });
  } finally {
    for (const signal of FORWARDED) process.off(signal, forward);
  }
}

/** ENOENT about a file that is there is about another one: what the kernel starts to run it. */
function cannotStart(file: string, { code, message }: NodeJS.ErrnoException): V6OnlyError {
  if (code !== 'ENOENT' || !fs.existsSync(file)) return usage(`${file} could not be started: ${code ?? message}`);
  const interpreter = interpreterLine(file);
  return interpreter === undefined
    ? usage(`${file} could not be started: the loader that it names is not on this host (ENOENT)`)
    : usage(
        `${file} could not be started: its interpreter "${interpreter}" is not on this host (ENOENT)`,
        'Install it, or correct the first line of the file',
      );
}

/**
 * Node.js gets the preloads as options, any other command in NODE_OPTIONS. Node.js too if the hook is there already:
 * what NODE_OPTIONS preloads comes first, and the simulation must come before the hook.
 */
export function commandLineOf({ kind, file, args }: Program, { preloads, env }: Start) {
  const { NODE_OPTIONS: given = '' } = env;
  if (kind === 'node' && !haveHook(optionsIn(given), REGISTER_FILE))
    return { file, args: [...preloads.flatMap((one) => ['-r', one]), ...args], env };
  // The simulation stands for the kernel: it stays below what is added.
  const first = given.startsWith(SIMULATION) ? SIMULATION : '';
  // Each one is put first, so the last one added is loaded first.
  const nodeOptions = preloads.reduceRight((text, one) => withPreload(text, one, 'first'), given.slice(first.length));
  return { file, args: [...args], env: { ...env, NODE_OPTIONS: first + nodeOptions } };
}

const SIMULATION = `${withPreload('', preloadFile('simulate'), 'first')} `;
