import { refuse } from '../../address/decision';
import type { Protocol } from '../../address/destination';
import { refusedByPolicy } from '../../address/refusals';
import type { HookContext } from '../context';

/** A name that a rule refuses is refused whatever the family of its address. Undefined if no rule does. */
export function refusalOf(
  { policy }: Pick<HookContext, 'policy'>,
  host: string | undefined,
  port: number,
  protocol: Protocol,
): ReturnType<typeof refuse> | undefined {
  const rule = host === undefined ? undefined : policy.matchRule?.({ host, port, protocol });
  if (host === undefined || rule?.target.kind !== 'refuse') return undefined;
  return refuse('rule', 'EACCES', refusedByPolicy(host, rule.name));
}
