import dns from 'node:dns';
import { isIPv4 } from 'node:net';
import type { Decision } from '../address/decision';
import type { Destination } from '../address/destination';
import { integerToIPv4, ipv4ToInteger } from '../address/ipv4';
import { BROADCAST } from '../address/multicast';
import { isMulticast } from '../address/special-purpose';
import { bindDecision, bindError } from '../install/bind-decision';
import type { Context } from '../install/context';
import { install } from '../install/enable';
import { installed } from '../install/installation';
import { judgeRules } from '../policy/rule';
import type { Policy } from '../policy/types';
import { parse, portOf, usage } from './arguments';
import type { Command } from './command';
import { EXPLAIN } from './definition';
import { destinationDecision } from './destination-decision';
import { EXIT } from './exit-codes';
import { type AddressExplanation, type NameExplanation, printExplanation } from './explain-text';
import { policyOfProgram } from './program-policy';
import { probeRoute, type Route } from './route-probe';
import { serviceHosts } from './service-hosts';
import { parseTargets, type Range, type Target } from './target';

/** The question about one target. */
interface Asked {
  readonly host: string | undefined;
  readonly port: number | undefined;
  readonly protocol: 'tcp' | 'udp';
  readonly purpose: 'connect' | 'bind';
}

export const explainCommand: Command = async (argv, out) => {
  const { values, words } = parse(argv, EXPLAIN.flags);
  if (values.help) return out.help(EXPLAIN);
  if (words.length === 0)
    throw usage('explain needs an address, a network, a URL or a name', 'For example: v6only explain 192.0.2.1');
  const protocol = values.protocol ?? 'tcp';
  if (protocol !== 'tcp' && protocol !== 'udp') throw usage(`--protocol ${protocol} is neither tcp nor udp`);
  const port = portOf(values.port);
  // Parse all targets first, so that an invalid one is reported at once.
  const targets = words.flatMap(parseTargets);
  const { policy, source } = policyOfProgram(values);
  // NODE_OPTIONS may have preloaded the hook in this process too, with another policy.
  installed()?.undo();
  const { context, undo } = install(policy, { source });
  try {
    const answers: NameExplanation[] = [];
    for (const target of (await Promise.all(targets.map(serviceHosts))).flat()) {
      const purpose = values.bind ? 'bind' : 'connect';
      const asked: Asked = {
        host: hostOf(target),
        port: target.port ?? port,
        protocol: target.protocol ?? protocol,
        purpose,
      };
      answers.push(await explainTarget(target, asked, context, source));
    }
    if (values.json) out.json(answers.length === 1 ? answers[0] : answers);
    else for (const [i, answer] of answers.entries()) printExplanation(answer, i > 0, out);
    return answers.every(leadsSomewhere) ? EXIT.ok : EXIT.bad;
  } finally {
    undo();
  }
};

const hostOf = (target: Target): string | undefined => (target.kind === 'name' ? target.host : undefined);

/** A name is reachable if any of its addresses is. A network is reachable if all of its examined addresses are. */
function leadsSomewhere({ addresses, kind }: NameExplanation): boolean {
  const leads = ({ becomes, route }: AddressExplanation) => becomes !== undefined && route?.ok !== false;
  return kind === 'network' ? addresses.every(leads) : addresses.some(leads);
}

async function explainTarget(
  target: Target,
  asked: Asked,
  context: Context,
  policyFile: string | undefined,
): Promise<NameExplanation> {
  const found = await addressesOf(target, context);
  const addresses: AddressExplanation[] = [];
  for (const address of found.addresses) addresses.push(await explainAddress(address, asked, context));
  for (const address of found.synthetic ?? [])
    addresses.push({ ...(await explainAddress(address, asked, context)), isSynthetic: true });
  const { prefixes, policy } = context;
  return {
    asked: target.text,
    kind: target.kind,
    port: asked.port,
    protocol: asked.protocol,
    purpose: asked.purpose,
    mode: policy.mode,
    policyFile,
    nat64: { prefixes: (prefixes.all ?? []).map(String), origin: prefixes.origin },
    addresses,
    more: found.more ?? 0,
    rules: addresses.length > 0 ? [] : judgeRules(policy.rules, definedOf(asked)),
    error: found.error,
  };
}

/**
 * The addresses of a target. Those of a name are the ones that the program would get, from `dns.lookup` with the hook.
 */
async function addressesOf(target: Target, { policy }: Context): Promise<Found> {
  if (target.kind === 'address') return { addresses: [target.address] };
  if (target.kind === 'network') {
    const edges = edgesOf(target, policy.rules);
    return { addresses: edges.slice(0, MAX_EDGES), more: Math.max(0, edges.length - MAX_EDGES) };
  }
  if (target.unknown !== undefined) return { addresses: [], error: target.unknown };
  try {
    const found = await lookupAll(target.host, 0);
    // A program that asks for IPv4 alone gets these instead.
    const found4 = await lookupAll(target.host, 4).catch(() => []);
    return { addresses: found, synthetic: found4.filter((address) => !found.includes(address)) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return {
      addresses: [],
      error: `the name does not resolve: ${message.includes(String(code)) ? message : `${code} ${message}`}`,
    };
  }
}

const lookupAll = async (host: string, family: 0 | 4): Promise<string[]> =>
  (await dns.promises.lookup(host, { all: true, family })).map(({ address }) => address);

/** Why a rule by name changes no IPv6 address. */
const IPV4_ONLY = 'it concerns what the program sees as IPv4';

interface Found {
  readonly addresses: readonly string[];
  /** Further ones, for programs that ask for IPv4. */
  readonly synthetic?: readonly string[];
  /** How many more addresses of a network are not explained. */
  readonly more?: number;
  readonly error?: string;
}

/** More addresses than anybody reads. */
const MAX_EDGES = 64;

/**
 * The addresses of a network where a rule may change the decision: its first and last, and where a rule begins or ends.
 */
function edgesOf({ first, last }: Range, rules: Policy['rules']): string[] {
  const edges = new Set([first, last]);
  for (const { matcher } of rules) {
    if (matcher.kind !== 'range') continue;
    for (const edge of [matcher.range.first, matcher.range.last + 1]) if (edge > first && edge < last) edges.add(edge);
  }
  return [...edges].sort((a, b) => a - b).map(integerToIPv4);
}

async function explainAddress(address: string, asked: Asked, context: Context): Promise<AddressExplanation> {
  const { policy } = context;
  if (!isIPv4(address)) {
    const isBind = asked.purpose === 'bind';
    const judged = asked.host === undefined ? [] : judgeRules(policy.rules, definedOf(asked));
    const isRefused = judged.some(({ matches, to }) => matches && to === 'refuse');
    const rules = judged.map((rule) =>
      rule.matches && !isRefused ? { ...rule, matches: false, why: IPV4_ONLY } : rule,
    );
    const error = isBind ? bindError(context, address) : isRefused ? 'EACCES' : undefined;
    const route = isBind ? undefined : await routeTo(address, asked);
    const becomes = error === undefined ? address : undefined;
    return { address, family: 6, rules, decision: undefined, becomes, error, route };
  }
  const rules =
    asked.purpose === 'bind' ? [] : judgeRules(policy.rules, { ...definedOf(asked), ipv4: ipv4ToInteger(address) });
  const decision =
    asked.purpose === 'bind'
      ? bindDecision(context, address, asked.protocol)
      : await destinationDecision(context, address, asked);
  const { kind, step, why } = decision;
  const becomes = kind === 'direct' ? address : kind === 'translate' ? decision.address : undefined;
  return {
    address,
    family: 4,
    rules,
    decision: { kind, step, why },
    becomes,
    error: kind === 'refuse' ? decision.errno : undefined,
    route: asked.purpose === 'bind' ? undefined : await routeOf(address, decision, asked, context),
  };
}

async function routeOf(ipv4: string, decision: Decision, asked: Asked, context: Context): Promise<Route | undefined> {
  if (decision.kind === 'wait' || decision.kind === 'refuse') return undefined;
  if (decision.kind === 'direct') {
    const from = isGroupOverTcp(ipv4, asked) ? undefined : context.kernel.routeSource(ipv4);
    return from === undefined ? NO_ROUTE : { ok: true, from };
  }
  // A link-local group needs an interface, which comes from the socket or from the first host address.
  const zone = decision.step === 'multicast' ? context.translator.hosts.defaultInterface : undefined;
  return routeTo(zone === undefined ? decision.address : `${decision.address}%${zone}`, asked);
}

const routeTo = async (ipv6: string, asked: Asked): Promise<Route> =>
  isGroupOverTcp(ipv6, asked) ? NO_ROUTE : probeRoute(ipv6);

const NO_ROUTE: Route = { ok: false, error: 'ENETUNREACH' };

/** The kernel opens no TCP connection to a group or to all hosts, whatever the routes are. */
const isGroupOverTcp = (address: string, { protocol }: Asked): boolean =>
  protocol === 'tcp' && (isIPv4(address) ? isMulticast(address) || address === BROADCAST : /^ff/i.test(address));

function definedOf({ host, port, protocol }: Asked): Destination {
  return { protocol, ...(host !== undefined && { host }), ...(port !== undefined && { port }) };
}
