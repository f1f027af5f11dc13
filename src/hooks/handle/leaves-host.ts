import type { Decision } from '../../address/decision';
import type { HookContext } from '../context';

/** Whether the decision leads to another host. From a loopback address nothing leaves the host: natively EINVAL. */
export function leavesHost({ kernel }: Pick<HookContext, 'kernel'>, decision: Decision): boolean {
  if (decision.kind === 'refuse') return decision.step !== 'rule';
  if (decision.kind !== 'translate') return false;
  const { step, address } = decision;
  const isHost = step === 'nat64' || step === 'pool' || step === 'rule';
  return isHost && address !== '::1' && !kernel.hasIPv6Address(address) && !kernel.isLocalByRoute(address);
}
