import type { Decision } from '../address/decision';
import type { DestinationContext } from '../address/translator';
import type { Context } from '../install/context';

/** What the hook does with an IPv4 destination. Waits for the NAT64 prefix, as a connection does. */
export async function destinationDecision(
  { translator, prefixes }: Context,
  ipv4: string,
  asked: DestinationContext,
): Promise<Decision> {
  const decision = translator.destination(ipv4, asked);
  if (decision.kind !== 'wait') return decision;
  await prefixes.ready();
  return translator.destination(ipv4, asked);
}
