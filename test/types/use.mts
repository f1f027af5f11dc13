// What an ES module in TypeScript writes. Compiled, never run.
import 'v6only/register';
import {
  type Decision,
  disable,
  type Explanation,
  enable,
  explain,
  type Mode,
  type PolicyInput,
  ready,
  type Status,
  status,
  V6OnlyError,
  type V6OnlyErrorCode,
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

// @ts-expect-error: no such field
enable({ nat46: '64:ff9b::/96' });
// @ts-expect-error: no such mode
enable({ mode: 'on' });
