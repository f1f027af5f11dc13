import path from 'node:path';
import { withEnvironment } from '../policy/environment';
import { readPolicyFile } from '../policy/load';
import { describeProblem, PolicyError, type PolicyProblem } from '../policy/problems';
import type { Policy } from '../policy/types';
import { checkFile, type PolicyFlags, parse, policyEnvironment, usage } from './arguments';
import type { Command } from './command';
import { CHECK } from './definition';
import { EXIT } from './exit-codes';
import { policyOfProgram, rulesInWords } from './program-policy';

export const check: Command = (argv, out) => {
  const { values, words } = parse(argv, CHECK.flags);
  if (values.help) return out.help(CHECK);
  const [word, ...more] = words;
  const named = word ?? values.policy;
  if (more.length > 0) throw usage('check takes one policy file');
  if (word !== undefined && values.policy !== undefined)
    throw usage('the policy file is given twice: as an argument and with --policy');
  if (named !== undefined && values.app !== undefined) throw usage('check takes a policy file or --app, not both');
  checkFile('the policy', word);
  const { file, policy, problems } = judge(named === undefined ? undefined : path.resolve(named), values);
  if (values.json) out.json({ file, valid: policy !== undefined, problems });
  else if (policy) out.line(`${out.paint('green', 'valid')}  ${file ?? whereNone(values)}: ${inWords(policy)}`);
  else {
    const count = problems.length === 1 ? '1 fault' : `${problems.length} faults`;
    out.line(`${out.paint('red', 'faulty')}  ${file}: ${count}`);
    for (const problem of problems) out.line(describeProblem(problem));
  }
  return policy ? EXIT.ok : EXIT.bad;
};

interface Verdict {
  /** Undefined if there is none: the defaults apply. */
  readonly file: string | undefined;
  readonly policy: Policy | undefined;
  readonly problems: readonly PolicyProblem[];
}

function judge(named: string | undefined, flags: PolicyFlags): Verdict {
  try {
    if (named !== undefined) {
      const policy = withEnvironment(readPolicyFile(named), policyEnvironment({ ...flags, policy: undefined }));
      return { file: named, policy, problems: [] };
    }
    const { policy, source } = policyOfProgram(flags);
    return { file: source, policy, problems: [] };
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    const file = named ?? error.problems[0]?.file ?? '';
    return { file, policy: undefined, problems: error.problems };
  }
}

function whereNone({ app }: PolicyFlags): string {
  const where = app === undefined ? 'in this folder or in the folders above it in its package' : `for ${app}`;
  return `no policy file ${where}, so the defaults apply`;
}

function inWords({ mode, nat64, rules }: Policy): string {
  const prefixes = nat64 === 'discover' ? 'discovered' : nat64.join(', ');
  return `mode ${mode}, NAT64 ${prefixes}, ${rulesInWords(rules)}`;
}
