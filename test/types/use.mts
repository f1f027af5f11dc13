// What an ES module in TypeScript writes. Compiled, never run.
import 'v6only/register';
import {
  type Decision,
  disable,
  type Explanation,
  enable,
  explain,
  type Mode,
  PolicyError,
  type PolicyInput,
  type PolicyProblem,
  type PrefixOrigin,
  ready,
  type Status,
  status,
  V6OnlyError,
  type V6OnlyErrorCode,
  type V6OnlyWarningCode,
  type WarningEvent,
} from 'v6only';

const mode: Mode = 'auto';
const policy: PolicyInput = {
  mode,
  nat64: ['64:ff9b::/96', '2001:db8:122:344::/64'],
  rules: [{ match: '10.0.0.0/8', to: 'refuse' }],
};
const enabled: Status = enable(policy);
await ready();
const explained: Explanation = explain('203.0.113.5', { port: 443, protocol: 'udp' });
const decision: Decision = explained.decision;
if (decision.kind === 'refuse') {
  const code: V6OnlyErrorCode = decision.cause.code;
  console.error(code, decision.cause instanceof V6OnlyError, enabled.enabled);
}
disable();
console.error(status().nat64.prefixes.length);

const origin: PrefixOrigin = explained.prefixOrigin;
const warning = (event: WarningEvent): V6OnlyErrorCode => event.code;
const warnings: V6OnlyWarningCode[] = [
  'V6ONLY_NATIVE_SOCKETS',
  'V6ONLY_PORT_IN_USE',
  'V6ONLY_NOT_REACHABLE',
  'V6ONLY_SECOND_COPY',
  'V6ONLY_POLICY_IGNORED',
  'V6ONLY_BUNDLED',
  'V6ONLY_WRONG_PRELOAD',
];
try {
  enable({ children: true, log: 'summary' });
} catch (error) {
  const problems: readonly PolicyProblem[] = error instanceof PolicyError ? error.problems : [];
  console.error(origin, warning, warnings, problems[0]?.line);
}

// @ts-expect-error: for register.js alone
import { preload } from 'v6only';

console.error(preload);
// @ts-expect-error: no such field
enable({ nat46: '64:ff9b::/96' });
// @ts-expect-error: no such mode
enable({ mode: 'on' });
