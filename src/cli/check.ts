import fs from 'node:fs';
import path from 'node:path';
import { findPolicyFile } from '../policy/find-file';
import { readPolicyFile } from '../policy/load';
import { describeProblem, PolicyError, type PolicyProblem } from '../policy/report';
import type { Policy } from '../policy/types';
import { COMMON, parse, usage } from './arguments';
import { EXIT } from './exit-codes';
import type { Output } from './output';

export const HELP = `v6only check [options] [POLICY]

Checks a policy file: all faults at once, each with its line and column, what is
allowed there, and what was most likely meant. Without a file: the policy that a
program in this folder would get.

  --json             the faults as JSON

Ends with 0 where the policy can be used, 1 where it cannot.`;

export function check(argv: readonly string[], out: Output): number {
  const { values, positionals } = parse(argv, COMMON);
  if (values.help) {
    out.lines(HELP);
    return EXIT.ok;
  }
  if (positionals.length > 1) throw usage('check takes one file');
  const file = positionals[0] === undefined ? foundFromHere() : path.resolve(positionals[0]);
  let policy: Policy | undefined;
  let problems: readonly PolicyProblem[] = [];
  try {
    policy = readPolicyFile(file);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    problems = error.problems;
  }
  if (values.json) out.json({ file, valid: policy !== undefined, problems });
  else if (policy) out.line(`${out.paint('green', 'valid')}  ${file}: ${inWords(policy)}`);
  else {
    const count = problems.length === 1 ? '1 fault' : `${problems.length} faults`;
    out.line(`${out.paint('red', 'faulty')}  ${file}: ${count}`);
    for (const problem of problems) out.line(describeProblem(problem));
  }
  return policy ? EXIT.ok : EXIT.bad;
}

function foundFromHere(): string {
  const folder = fs.realpathSync(process.cwd());
  const found = findPolicyFile(folder, (file, error) => {
    throw usage(`${file} cannot be read: ${error.message}`);
  });
  if (found === undefined) {
    throw usage(`there is no policy in ${folder}, nor further up in its package`, 'Name the file: v6only check FILE');
  }
  return found.file;
}

function inWords({ mode, nat64, rules }: Policy): string {
  const prefixes = nat64 === 'discover' ? 'discovered' : nat64.join(', ');
  return `mode ${mode}, NAT64 ${prefixes}, ${rules.length === 1 ? '1 rule' : `${rules.length} rules`}`;
}
