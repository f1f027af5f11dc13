import path from 'node:path';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { V6OnlyError } from '../errors';
import { nearest } from '../policy/nearest';

type Options = NonNullable<ParseArgsConfig['options']>;
type Values<T extends Options> = ReturnType<typeof parseArgs<{ options: T; allowPositionals: true }>>['values'];

/** Options that every command has. */
export const COMMON = { help: { type: 'boolean', short: 'h' }, json: { type: 'boolean' } } as const;

/** Options of the commands that read a policy. */
export const POLICY = {
  policy: { type: 'string' },
  mode: { type: 'string' },
  nat64: { type: 'string' },
} as const;

/** Their part of a help text. */
export const POLICY_HELP = `  --policy FILE      use this policy, not the one that is found
  --mode MODE        auto, always or off, instead of the policy's
  --nat64 PREFIX     a NAT64 prefix, several separated by commas, or discover`;

/** @throws V6OnlyError V6ONLY_USAGE */
export function parse<T extends Options>(
  argv: readonly string[],
  options: T,
): { values: Values<T>; positionals: string[] } {
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true });
    return { values: values as Values<T>, positionals };
  } catch (error) {
    throw usageError(error as Error, argv, options);
  }
}

/** The command's own options, up to the first word that is none: the program's file. What follows is the program's. */
export function splitAtProgram(argv: readonly string[], options: Options): { own: string[]; program: string[] } {
  const { tokens } = parseArgs({ args: [...argv], options, allowPositionals: true, strict: false, tokens: true });
  const first = tokens.find((token) => token.kind === 'positional');
  if (first === undefined) return { own: [...argv], program: [] };
  const own = argv.slice(0, first.index).filter((word) => word !== '--');
  return { own, program: argv.slice(first.index) };
}

/** The environment variables that say what POLICY options say. */
export function policyEnvironment(
  values: { policy?: string | undefined; mode?: string | undefined; nat64?: string | undefined },
  env: NodeJS.ProcessEnv = process.env,
): NodeJS.ProcessEnv {
  return {
    ...env,
    ...(values.policy !== undefined && { V6ONLY_POLICY: path.resolve(values.policy) }),
    ...(values.mode !== undefined && { V6ONLY: values.mode }),
    ...(values.nat64 !== undefined && { V6ONLY_NAT64: values.nat64 }),
  };
}

export const usage = (what: string, hint?: string): V6OnlyError => new V6OnlyError('V6ONLY_USAGE', what, hint);

/** A port from the command line. */
export function portOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65535) throw usage(`--port ${text} is not a port`, 'Give a number from 1 to 65535');
  return port;
}

function usageError(error: Error, argv: readonly string[], options: Options): V6OnlyError {
  const unknown = /^Unknown option '([^']+)'/.exec(error.message)?.[1];
  if (unknown === undefined) return usage(error.message.split('. To specify')[0]?.replace(/\.$/, '') ?? '');
  const words = Object.keys(options).map((name) => `--${name}`);
  const meant = nearest(argv.find((word) => word.startsWith(unknown))?.split('=')[0] ?? unknown, words);
  return usage(`unknown option ${unknown}`, meant ? `Did you mean ${meant}?` : `Options: ${words.join(', ')}`);
}
