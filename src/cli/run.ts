import { parseBeforeProgram } from './arguments';
import type { Command } from './command';
import { RUN } from './definition';
import { REGISTER_FILE } from './files';
import { findProgram } from './program';
import { environmentOf, runWatched, warnOfChildren } from './watched';

export const run: Command = async (argv, out) => {
  const { values, program: words } = parseBeforeProgram(argv, RUN);
  if (values.help) return out.help(RUN);
  const program = findProgram(words, 'run');
  const { env, policy } = environmentOf(program, values);
  if (!policy.children) warnOfChildren(program);
  return runWatched(program, { preloads: [REGISTER_FILE], env }, values);
};
