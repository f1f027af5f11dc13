import fs from 'node:fs';
import path from 'node:path';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { nearest } from '../policy/edit-distance';
import { modeOf, nat64Of } from '../policy/environment';
import { V6OnlyError } from '../report/errors';
import type { Definition, Flag } from './definition';

type Flags = Definition['flags'];
type Values<T extends Flags> = ReturnType<
  typeof parseArgs<{ options: T & NonNullable<ParseArgsConfig['options']>; allowPositionals: true }>
>['values'];

/** The values of the options that select and change the policy. */
export interface PolicyFlags {
  readonly app?: string | undefined;
  readonly policy?: string | undefined;
  readonly mode?: string | undefined;
  readonly nat64?: string | undefined;
}

/** @throws V6OnlyError V6ONLY_USAGE */
export function parse<T extends Flags>(
  argv: readonly string[],
  flags: T,
  hintOfUnknown?: string,
): { values: Values<T>; words: string[] } {
  // Not strict, because Node's texts are written for the author of a program.
  const { values, positionals, tokens } = tokensOf(argv, flags);
  for (const token of tokens) if (token.kind === 'option') checkOption(token, flags, hintOfUnknown);
  checkPolicyFlags(values as PolicyFlags);
  return { values: values as Values<T>, words: positionals };
}

const tokensOf = (argv: readonly string[], flags: Flags) =>
  parseArgs({ args: [...argv], options: optionsOf(flags), allowPositionals: true, strict: false, tokens: true });

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

function checkOption({ name, rawName, value, inlineValue }: OptionToken, flags: Flags, hintOfUnknown?: string): void {
  const flag = Object.hasOwn(flags, name) ? flags[name] : undefined;
  if (flag === undefined) {
    const words = Object.keys(flags).map((word) => `--${word}`);
    const meant = nearest(rawName, words);
    throw usage(
      `unknown option ${rawName}`,
      meant ? `Did you mean ${meant}?` : (hintOfUnknown ?? `Options: ${words.join(', ')}`),
    );
  }
  if (flag.type === 'boolean' && value !== undefined) throw usage(`${rawName} takes no value`);
  // A negative number is a value, and the option itself says that it is wrong.
  const isOption = inlineValue === false && value !== undefined && /^-(?!\d)/.test(value);
  if (flag.type === 'string' && (value === undefined || value === '' || isOption))
    throw usage(`${rawName} needs a value`, `Write ${rawName} ${flag.value ?? 'VALUE'}`);
}

/** Rejects further arguments of a command that takes options only. */
export function noMoreWords(command: string, words: readonly string[]): void {
  if (words.length === 0) return;
  const help = command === 'version' || command === 'help' ? 'v6only --help' : `v6only ${command} --help`;
  throw usage(`unexpected argument "${words[0]}" for ${command}`, `See ${help}`);
}

/**
 * The command's own options end at the first word that is not an option. That word is the program, and everything after
 * it belongs to the program.
 * @throws V6OnlyError V6ONLY_USAGE
 */
export function parseBeforeProgram<T extends Flags>(argv: readonly string[], { name, flags }: ForProgram<T>) {
  const { tokens } = tokensOf(argv, flags);
  const first = tokens.find(({ kind }) => kind === 'positional' || kind === 'option-terminator');
  const own = first === undefined ? argv : argv.slice(0, first.index);
  const after = first?.kind === 'option-terminator' ? own.length + 1 : own.length;
  const foreign = tokens.find((token) => token.kind === 'option' && !Object.hasOwn(flags, token.name));
  const hint = `Options of Node.js go after --: v6only ${name} -- ${argv.slice(foreign?.index).join(' ')}`;
  return { values: parse(own, flags, hint).values, program: argv.slice(after) };
}

interface ForProgram<T extends Flags> {
  readonly name: string;
  readonly flags: T;
}

/** The environment variables that are equivalent to the policy options. */
export function policyEnvironment(values: PolicyFlags, env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return {
    ...env,
    ...(values.policy !== undefined && { V6ONLY_POLICY: path.resolve(values.policy) }),
    ...(values.mode !== undefined && { V6ONLY: values.mode }),
    ...(values.nat64 !== undefined && { V6ONLY_NAT64: values.nat64 }),
  };
}

export const usage = (what: string, hint?: string): V6OnlyError => new V6OnlyError('V6ONLY_USAGE', what, hint);

/** The value of --port. */
export function portOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : readPort(text, `--port ${text} is not a port`);
}

/** @throws V6OnlyError V6ONLY_USAGE with `fault` */
export function readPort(text: string, fault: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65535) throw usage(fault, 'Give a number from 1 to 65535');
  return port;
}

function checkPolicyFlags({ app, policy, mode, nat64 }: PolicyFlags): void {
  if (mode !== undefined && modeOrUndefined(mode) === undefined) {
    throw usage(`--mode ${mode} is not a mode`, 'Give auto, always or off');
  }
  if (nat64 !== undefined) {
    try {
      if (nat64Of({ V6ONLY_NAT64: nat64 }) === undefined) throw new V6OnlyError('V6ONLY_USAGE', 'it is empty');
    } catch (error) {
      const why = (error as Error).message.replace(/^V6ONLY_NAT64=/, '').replace(/\. Set it to.*$/, '');
      throw usage(`--nat64 ${why}`, 'Give prefixes separated by commas, or discover');
    }
  }
  checkFile('--app', app);
  checkFile('--policy', policy);
}

/** Rejects a file of the command line that is not there. What is in a file is for the command to judge. */
export function checkFile(what: string, file: string | undefined): void {
  if (file === undefined) return;
  try {
    fs.statSync(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw usage(`${what} ${file}: ${code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`}`);
  }
}

function modeOrUndefined(text: string): string | undefined {
  try {
    return modeOf({ V6ONLY: text });
  } catch {
    return undefined;
  }
}

/** The part of each option that `parseArgs` needs. */
function optionsOf(flags: Flags): NonNullable<ParseArgsConfig['options']> {
  const bare = ({ type, short, multiple }: Flag) => ({
    type,
    ...(short !== undefined && { short }),
    ...(multiple !== undefined && { multiple }),
  });
  return Object.fromEntries(Object.entries(flags).map(([name, flag]) => [name, bare(flag)]));
}
