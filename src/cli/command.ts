import type { Output } from './output';

/** Runs a command of the command line. @returns its exit code */
export type Command = (argv: readonly string[], out: Output) => number | Promise<number>;
