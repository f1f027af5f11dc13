import { haveHook } from '../hooks/process/children';
import { optionsIn, preloadsIn } from '../hooks/process/node-options';
import { parseBeforeProgram, usage } from './arguments';
import type { Command } from './command';
import { SIMULATE } from './definition';
import { preloadFile, REGISTER_FILE } from './files';
import { findProgram } from './program';
import { environmentOf, runWatched } from './watched';

const WELL_KNOWN = '64:ff9b::/96';

export const simulate: Command = async (argv, out) => {
  const { values, program: words } = parseBeforeProgram(argv, SIMULATE);
  if (values.help) return out.help(SIMULATE);
  const program = findProgram(words, 'simulate');
  const simulation = preloadFile('simulate');
  const options = optionsIn(process.env.NODE_OPTIONS);
  if (preloadsIn(options).some(({ request }) => request === simulation))
    throw usage('this runs inside another v6only simulate, which decides what the program gets', 'Use one of the two');
  if (!values['with-hook']) {
    const ofHook = (['policy', 'mode', 'nat64'] as const).find((name) => values[name] !== undefined);
    if (ofHook !== undefined) throw usage(`--${ofHook} is for the hook`, 'Add --with-hook');
    // A hook of NODE_OPTIONS would translate what is to fail.
    const env = haveHook(options, REGISTER_FILE) ? { ...process.env, V6ONLY: 'off' } : process.env;
    return runWatched(program, { preloads: [simulation], env }, values);
  }
  const { env, policy } = environmentOf(program, values);
  // No NAT64 can be discovered here: the simulation is the NAT64.
  const prefixes = policy.nat64 === 'discover' ? [WELL_KNOWN] : policy.nat64.map(String);
  const simulated = {
    ...env,
    V6ONLY_NAT64: prefixes.join(','),
    V6ONLY_SIMULATED_PREFIXES: [...prefixes, ...policy.rulePrefixes.map(({ prefix }) => `${prefix}`)].join(','),
  };
  return runWatched(program, { preloads: [simulation, REGISTER_FILE], env: simulated }, values);
};
