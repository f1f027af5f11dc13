import { COMMON, POLICY, POLICY_HELP, parse, policyEnvironment, splitAtProgram } from './arguments';
import { runProgram } from './child';
import { EXIT } from './exit-codes';
import { REGISTER_FILE } from './files';
import type { Output } from './output';

export const HELP = `v6only run [options] app.js [arguments]

Runs a program with the hook, as node -r v6only/register app.js does.

${POLICY_HELP}

Ends with the program's exit code (128 + n where signal n ended it).`;

export async function run(argv: readonly string[], out: Output): Promise<number> {
  const options = { ...POLICY, help: COMMON.help };
  const { own, program } = splitAtProgram(argv, options);
  const { values } = parse(own, options);
  if (values.help) {
    out.lines(HELP);
    return EXIT.ok;
  }
  return runProgram(program, [REGISTER_FILE], policyEnvironment(values));
}
