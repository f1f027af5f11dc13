import type { Pref64 } from '../../address/pref64';
import type { Policy } from '../../policy/types';
import { probeRoute } from '../route-probe';
import { type Finding, fault, note, ok, skipped } from './finding';
import { reach } from './reach';

/** An IPv4 host that is known to listen. */
export interface Target {
  readonly address: string;
  readonly port: number;
}

/** Root name servers accept TCP on port 53. RFC 7050 §3.2.1: the addresses of ipv4only.arpa must not be tried. */
export const DEFAULT_TARGETS: readonly Target[] = [
  { address: '198.41.0.4', port: 53 },
  { address: '199.7.83.42', port: 53 },
];

const TITLE = 'NAT64';

/** The results for the prefixes. */
export interface Nat64 {
  readonly findings: readonly Finding[];
  /** The first prefix under which an IPv4 host answers. */
  readonly working: Pref64 | undefined;
}

/** Tries each prefix in use: is there a route, and does an IPv4 host answer through the NAT64? */
export async function checkNat64(
  policy: Policy,
  discovered: readonly Pref64[] | undefined,
  targets: readonly Target[],
  timeoutMs: number,
): Promise<Nat64> {
  const none = (finding: Finding): Nat64 => ({ findings: [finding], working: undefined });
  const inUse = policy.nat64 === 'discover' ? discovered : policy.nat64;
  if (inUse === undefined)
    return none(skipped('nat64', TITLE, 'its prefix cannot be discovered, because no name server answers'));
  if (inUse.length === 0) {
    return none(
      fault(
        'no-prefix',
        TITLE,
        'this network announces no prefix (no AAAA record for ipv4only.arpa, RFC 7050)',
        'If the network has a NAT64, set its prefix with V6ONLY_NAT64 or with "nat64" in the policy. Without a NAT64 no IPv4 host can be reached',
      ),
    );
  }
  const findings = await Promise.all(
    inUse.map((prefix) => checkPrefix(prefix, policy, discovered, targets, timeoutMs)),
  );
  return { findings, working: inUse.find((_prefix, i) => findings[i]?.status !== 'fault') };
}

async function checkPrefix(
  prefix: Pref64,
  policy: Policy,
  discovered: readonly Pref64[] | undefined,
  targets: readonly Target[],
  timeoutMs: number,
): Promise<Finding> {
  const isKnown = policy.nat64 === 'discover' || discovered?.some((other) => String(other) === String(prefix));
  const route = await probeRoute(prefix.embed(targets[0]?.address ?? '198.41.0.4'));
  const attempt = async ({ address, port }: Target) => ({
    target: `${address} port ${port}`,
    ...(await reach(prefix.embed(address), port, timeoutMs)),
  });
  const outcomes = route.ok ? await Promise.all(targets.map(attempt)) : [];
  const answered = outcomes.find(({ answered }) => answered);
  if (answered) {
    const detail = `${prefix} reaches ${answered.target} (${answered.outcome})`;
    if (isKnown || !discovered?.length) return ok('nat64', TITLE, detail);
    return note('other-prefix', TITLE, `${detail}, but the network announces ${discovered.join(', ')}`);
  }
  const failures = route.ok
    ? outcomes.map(({ target, outcome }) => `${target}: ${outcome}`).join(', ')
    : `no route, ${route.error}`;
  if (!isKnown && discovered?.length) {
    return fault(
      'wrong-prefix',
      TITLE,
      `${prefix} reaches no IPv4 host (${failures}), and the network announces ${discovered.join(', ')}`,
      `Set "nat64" (or V6ONLY_NAT64) to ${discovered[0]}, or to "discover"`,
    );
  }
  const doubt = isKnown ? '' : ', or the prefix is wrong: the network announces none';
  return fault(
    'nat64-down',
    TITLE,
    `${prefix} reaches no IPv4 host (${failures}): the NAT64 is down or unreachable${doubt}`,
    'Ask the network operator. v6only doctor --target HOST:PORT tests with a host of your choice',
  );
}
