import { ipv4ToInteger } from '../../address/ipv4';
import { Pref64 } from '../../address/pref64';
import { mayEmbed } from '../../address/special-purpose';
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
  const inUse = policy.nat64 === 'discover' ? discovered : policy.nat64;
  if (inUse === undefined) {
    const { findings, working } = await checkAssumed('no name server says what the prefix is', targets, timeoutMs);
    if (working !== undefined) return { findings, working };
    const detail = `its prefix cannot be discovered, because no name server answers; the assumed ${Pref64.WELL_KNOWN} reaches no IPv4 host`;
    return { findings: [skipped('nat64', TITLE, detail)], working };
  }
  if (inUse.length === 0) return checkAssumed(UNANNOUNCED, targets, timeoutMs);
  const findings = await Promise.all(
    inUse.map((prefix) => checkPrefix(prefix, policy, discovered, targets, timeoutMs)),
  );
  return { findings, working: inUse.find((_prefix, i) => findings[i]?.status !== 'fault') };
}

const UNANNOUNCED = 'this network announces no prefix (no AAAA record for ipv4only.arpa, RFC 7050)';

/** A program then uses the well-known prefix. */
async function checkAssumed(silence: string, targets: readonly Target[], timeoutMs: number): Promise<Nat64> {
  const prefix = Pref64.WELL_KNOWN;
  const { answered, failures } = await tryPrefix(prefix, targets, timeoutMs);
  if (answered !== undefined) {
    const detail = `${silence}; the assumed ${prefix} reaches ${answered}. V6ONLY_NAT64=${prefix} saves the search`;
    return { findings: [note('assumed-prefix', TITLE, detail)], working: prefix };
  }
  const finding = fault(
    'no-prefix',
    TITLE,
    `${silence}, and the assumed ${prefix} reaches no IPv4 host (${failures})`,
    'If the network has a NAT64, ask its operator for the prefix, and set it with V6ONLY_NAT64 or with "nat64" in the policy. Without a NAT64 no IPv4 host can be reached',
  );
  return { findings: [finding], working: undefined };
}

/** A NAT64 gets no address that its prefix must not carry (RFC 6052 §3.1). */
function targetsUnder(prefix: Pref64, targets: readonly Target[]): readonly Target[] {
  const allowed = targets.filter(({ address }) => mayEmbed(ipv4ToInteger(address), prefix));
  return allowed.length === 0 ? DEFAULT_TARGETS : allowed;
}

/** Which host answers under the prefix, or why none does. */
async function tryPrefix(
  prefix: Pref64,
  targets: readonly Target[],
  timeoutMs: number,
): Promise<{ readonly answered: string | undefined; readonly failures: string }> {
  const hosts = targetsUnder(prefix, targets);
  const route = await probeRoute(prefix.embed((hosts[0] as Target).address));
  if (!route.ok) return { answered: undefined, failures: `no route, ${route.error}` };
  const outcomes = await Promise.all(
    hosts.map(async ({ address, port }) => ({
      target: `${address} port ${port}`,
      ...(await reach(prefix.embed(address), port, timeoutMs)),
    })),
  );
  const first = outcomes.find(({ answered }) => answered);
  return {
    answered: first && `${first.target} (${first.outcome})`,
    failures: outcomes.map(({ target, outcome }) => `${target}: ${outcome}`).join(', '),
  };
}

async function checkPrefix(
  prefix: Pref64,
  policy: Policy,
  discovered: readonly Pref64[] | undefined,
  targets: readonly Target[],
  timeoutMs: number,
): Promise<Finding> {
  const isKnown = policy.nat64 === 'discover' || discovered?.some((other) => String(other) === String(prefix));
  const { answered, failures } = await tryPrefix(prefix, targets, timeoutMs);
  if (answered !== undefined) {
    const detail = `${prefix} reaches ${answered}`;
    if (isKnown || !discovered?.length) return ok('nat64', TITLE, detail);
    return note('other-prefix', TITLE, `${detail}, but the network announces ${discovered.join(', ')}`);
  }
  if (!isKnown && discovered?.length) {
    return fault(
      'wrong-prefix',
      TITLE,
      `${prefix} reaches no IPv4 host (${failures}), and the network announces ${discovered.join(', ')}`,
      `Set "nat64" (or V6ONLY_NAT64) to ${discovered[0]}, or to "discover"`,
    );
  }
  const doubt = isKnown
    ? ''
    : `, or the prefix is wrong: ${discovered ? 'the network announces none' : 'no name server answered what the prefix is'}`;
  return fault(
    'nat64-down',
    TITLE,
    `${prefix} reaches no IPv4 host (${failures}): the NAT64 is down or unreachable${doubt}`,
    'Ask the network operator. v6only doctor --target IPV4:PORT tests with a host of your choice',
  );
}
