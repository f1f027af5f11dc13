import type { Decision } from '../../address/decision';
import { ipv4ToInteger } from '../../address/ipv4';
import { Pref64 } from '../../address/pref64';
import { mayEmbed } from '../../address/special-purpose';
import type { Context } from '../../install/context';
import { destinationDecision } from '../destination-decision';
import { type Finding, fault, note, ok } from './finding';
import type { Target } from './nat64';
import { reach } from './reach';

const TITLE = 'Target';

/** What a program gets that connects to the target. With mode off it has no hook. */
export function decisionOf(context: Context, { address, port }: Target): Promise<Decision> {
  return destinationDecision(context, address, { port, protocol: 'tcp', host: undefined });
}

/** Whether the target also tests the NAT64: not if a program never reaches it through one. */
export function testsNat64({ kind, step }: Decision, { address }: Target): boolean {
  if (kind === 'translate') return step === 'nat64';
  return kind === 'direct' && step === 'route' && mayEmbed(ipv4ToInteger(address), Pref64.WELL_KNOWN);
}

/**
 * Says what the hook does with the target, and whether it is reached.
 * @param isExplained another finding says why a target with an IPv4 route is not reached
 */
export async function checkTarget(
  { policy }: Context,
  { address, port }: Target,
  decision: Decision,
  isExplained: boolean,
  timeoutMs: number,
): Promise<Finding> {
  const target = `${address} port ${port}`;
  const tried = async (to: string, becomes: string): Promise<Finding> => {
    const { answered, outcome } = await reach(to, port, timeoutMs);
    const detail = `${target} ${becomes} (${outcome})`;
    if (answered) return ok('target', TITLE, detail);
    if (to === address && isExplained) return note('target', TITLE, detail);
    const advice = 'Check that the host is up and listens on this port, and that no firewall is in the way';
    return fault('target-unreachable', TITLE, detail, advice);
  };
  if (policy.mode === 'off') return tried(address, 'stays on IPv4: mode off');
  const { kind, step, why } = decision;
  if (kind === 'wait') return note('target', TITLE, `${target}: ${why}`);
  if (kind === 'direct') return tried(address, `stays on IPv4: ${why}`);
  if (kind === 'refuse') {
    const detail = `a program that connects to ${target} gets ${decision.errno}: ${why}`;
    return fault('target-refused', TITLE, detail, `v6only explain ${address}:${port} shows the decision step by step`);
  }
  const becomes = `becomes ${decision.address}: ${why}`;
  // Another finding says whether the NAT64 reaches it.
  return step === 'nat64' ? note('target', TITLE, `${target} ${becomes}`) : tried(decision.address, becomes);
}
