import path from 'node:path';
import { loadPolicy } from '../policy/load';
import { COMMON, POLICY, POLICY_HELP, parse, policyEnvironment, splitAtProgram } from './arguments';
import { runProgram } from './child';
import { EXIT } from './exit-codes';
import { preloadFile, REGISTER_FILE } from './files';
import type { Output } from './output';

export const HELP = `v6only simulate [options] app.js [arguments]

Runs a program on a host that has IPv4 as if it had none but 127.0.0.1: what an
IPv6-only host could not do fails as it does there (ENETUNREACH, EADDRNOTAVAIL).
So a CI without an IPv6-only network shows what would break. With --with-hook it
shows that it would work: v6only translates, and what goes to the NAT64 prefix
is carried back to IPv4.

  --with-hook        translate
${POLICY_HELP}

Names are still resolved by this host. Connections from other hosts over IPv4
still arrive.
Ends with the program's exit code (128 + n where signal n ended it).`;

const WELL_KNOWN = '64:ff9b::/96';

export async function simulate(argv: readonly string[], out: Output): Promise<number> {
  const options = { ...POLICY, help: COMMON.help, 'with-hook': { type: 'boolean' } } as const;
  const { own, program } = splitAtProgram(argv, options);
  const { values } = parse(own, options);
  if (values.help) {
    out.lines(HELP);
    return EXIT.ok;
  }
  const env = policyEnvironment(values);
  const simulation = preloadFile('simulate');
  if (!values['with-hook']) return runProgram(program, [simulation], env);
  const { policy } = loadPolicy({ mainScript: program[0] && path.resolve(program[0]), env });
  // There is no NAT64 here to discover: the simulation is the NAT64.
  const prefixes = policy.nat64 === 'discover' ? [WELL_KNOWN] : policy.nat64.map(String);
  return runProgram(program, [simulation, REGISTER_FILE], {
    ...env,
    V6ONLY_NAT64: prefixes.join(','),
    V6ONLY_SIMULATED_PREFIXES: [...prefixes, ...policy.rulePrefixes.map(String)].join(','),
  });
}
