import path from 'node:path';
import { V6OnlyError } from '../report/errors';
import { compilePolicy } from './compile';
import { type Environment, isStrict, modeOf, withEnvironment } from './environment';
import { type FoundFile, findPolicyFile, readPolicyText } from './find-file';
import type { PolicyInput } from './input.generated';
import { findJsonPositions, readablePath } from './json-positions';
import { invalidOption, PolicyError, type PolicySource, Report } from './problems';
import type { Policy } from './types';

export interface LoadedPolicy {
  readonly policy: Policy;
  /** The file of the policy. Undefined without one. */
  readonly source: string | undefined;
  /** With V6ONLY_STRICT=0: why the policy cannot be used. The mode is then `off`, and the caller must warn. */
  readonly fault?: V6OnlyError;
}

/**
 * Finds, reads and checks the policy of a program.
 * @param mainScript absolute path. Undefined if the program is in no file: no policy is looked for.
 * @throws V6OnlyError (PolicyError if the policy has faults), unless V6ONLY_STRICT=0
 */
export function loadPolicy({ mainScript, env }: { mainScript: string | undefined; env: Environment }): LoadedPolicy {
  let file: string | undefined;
  const strict = isStrict(env);
  try {
    // A fault in a file must not prevent the user from switching the hook off.
    if (modeOf(env) === 'off') return { policy: { ...compilePolicy(), mode: 'off' }, source: undefined };
    const found = locate(mainScript, env);
    file = found?.file;
    return { policy: withEnvironment(found ? parsePolicy(found) : compilePolicy(), env), source: file };
  } catch (error) {
    if (strict || !(error instanceof V6OnlyError)) throw error;
    return { policy: { ...compilePolicy(), mode: 'off' }, source: file, fault: error };
  }
}

/**
 * Reads and checks one policy file.
 * @throws PolicyError
 */
export function readPolicyFile(file: string): Policy {
  return parsePolicy(readOrFault(file));
}

/** @throws PolicyError */
export function parsePolicy({ file, text, refusal }: FoundFile): Policy {
  if (refusal !== undefined) throw new PolicyError([{ path: '', message: refusal, file }], `the policy ${file}`);
  const isPackage = path.basename(file) === 'package.json';
  const source: PolicySource = { file, text, root: isPackage ? '/v6only' : '' };
  const { fault, duplicates } = findJsonPositions(text);
  const report = new Report(source);
  if (fault) {
    report.addAt(fault.offset, '', `not JSON: ${fault.message}`);
    report.throwIfFaulty();
  }
  const whole = JSON.parse(text) as Record<string, unknown>;
  if (isPackage && !Object.hasOwn(whole, 'v6only')) report.addAt(0, '', 'has no "v6only" key');
  report.throwIfFaulty();
  for (const { pointer, offset } of duplicates) {
    if (pointer !== source.root && !pointer.startsWith(`${source.root}/`)) continue;
    // Each of two objects may have the key once.
    if (duplicates.some((other) => pointer.startsWith(`${other.pointer}/`))) continue;
    const path = pointer.slice(source.root.length);
    report.addAt(offset, path, `"${path === '' ? 'v6only' : readablePath(path)}" appears twice`);
  }
  return compilePolicy((isPackage ? whole.v6only : whole) as PolicyInput, source, report);
}

function locate(mainScript: string | undefined, env: Environment): FoundFile | undefined {
  const named = env.V6ONLY_POLICY;
  if (named !== undefined && named !== '') {
    if (/^\s*\{/.test(named)) return { file: 'V6ONLY_POLICY', text: named };
    if (!path.isAbsolute(named)) {
      throw invalidOption(
        `V6ONLY_POLICY=${named} is neither an absolute path nor a JSON object`,
        /^\s*["[]/.test(named)
          ? 'Set it to a policy such as {"mode":"auto"}, or to the absolute path of one'
          : `Set it to ${path.resolve(named)}: the working directory must not decide which policy is used`,
      );
    }
    return readOrFault(named);
  }
  if (mainScript === undefined) return undefined;
  return findPolicyFile(mainScript, unreadable);
}

function readOrFault(file: string): FoundFile {
  try {
    return readPolicyText(file);
  } catch (error) {
    return unreadable(file, error as Error);
  }
}

function unreadable(file: string, error: Error): never {
  throw new PolicyError([{ path: '', message: `cannot be read: ${error.message}`, file }], `the policy ${file}`);
}
