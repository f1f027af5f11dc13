import dns from 'node:dns';
import { isIP, isIPv4 } from 'node:net';
import type { Decision } from '../address/decision';
import { ipv4ToInteger } from '../address/ipv4';
import type { Destination } from '../address/rules';
import { type Context, install, installed } from '../enable';
import { judgeRules, type RuleVerdict } from '../policy/verdict';
import { COMMON, POLICY, POLICY_HELP, parse, portOf, usage } from './arguments';
import { EXIT } from './exit-codes';
import { printExplanation } from './explain-text';
import type { Output } from './output';
import { policyOfProgram } from './program-policy';
import { probeRoute, type Route } from './route-probe';

export const HELP = `v6only explain [options] ADDRESS|NAME

Says what an IPv4 address, or each address of a name, becomes here and now: the
decision, rule by rule, the final address, and whether the kernel has a route to
it. Nothing is connected to.

  --port PORT        for rules that are for certain ports
  --protocol NAME    tcp (default) or udp
  --bind             as an address to bind to, not to connect to
  --app FILE         with the policy of this program (else: of this folder)
${POLICY_HELP}
  --json             the answer as JSON

Ends with 0 where it leads somewhere, 1 where it is refused or has no route.`;

/** What becomes of one address. */
export interface AddressExplanation {
  readonly address: string;
  readonly family: 4 | 6;
  readonly rules: readonly RuleVerdict[];
  /** Absent for an IPv6 address: it stays as it is. */
  readonly decision: { readonly kind: Decision['kind']; readonly step: string; readonly why: string } | undefined;
  /** What the kernel gets; undefined where it is refused. */
  readonly becomes: string | undefined;
  readonly error: string | undefined;
  readonly route: Route | undefined;
}

export interface NameExplanation {
  readonly asked: string;
  readonly port: number | undefined;
  readonly protocol: 'tcp' | 'udp';
  readonly purpose: 'connect' | 'bind';
  readonly mode: string;
  readonly policyFile: string | undefined;
  readonly nat64: { readonly prefixes: readonly string[]; readonly origin: string };
  readonly addresses: readonly AddressExplanation[];
  /** Why the name has no address. */
  readonly error: string | undefined;
}

interface Asked {
  readonly host: string | undefined;
  readonly port: number | undefined;
  readonly protocol: 'tcp' | 'udp';
  readonly purpose: 'connect' | 'bind';
}

export async function explainCommand(argv: readonly string[], out: Output): Promise<number> {
  const { values, positionals } = parse(argv, {
    ...COMMON,
    ...POLICY,
    app: { type: 'string' },
    port: { type: 'string' },
    protocol: { type: 'string' },
    bind: { type: 'boolean' },
  });
  if (values.help) {
    out.lines(HELP);
    return EXIT.ok;
  }
  const [text, ...more] = positionals;
  if (text === undefined || more.length > 0)
    throw usage('explain takes one address or name', 'v6only explain 192.0.2.1');
  const protocol = values.protocol ?? 'tcp';
  if (protocol !== 'tcp' && protocol !== 'udp') throw usage(`--protocol ${protocol} is neither tcp nor udp`);
  const { policy, source } = policyOfProgram(values);
  const asked: Asked = {
    host: isIP(text) === 0 ? text : undefined,
    port: portOf(values.port),
    protocol,
    purpose: values.bind ? 'bind' : 'connect',
  };
  // NODE_OPTIONS may have the hook preloaded here too, with another policy.
  installed()?.undo();
  const { context, undo } = install(policy, source);
  try {
    const answer = await explainText(text, asked, context, source);
    if (values.json) out.json(answer);
    else printExplanation(answer, out);
    return answer.addresses.some(({ becomes, route }) => becomes !== undefined && route?.ok !== false)
      ? EXIT.ok
      : EXIT.bad;
  } finally {
    undo();
  }
}

async function explainText(
  text: string,
  asked: Asked,
  context: Context,
  policyFile: string | undefined,
): Promise<NameExplanation> {
  const found = asked.host === undefined ? { addresses: [text] } : await addressesOf(asked.host);
  const addresses: AddressExplanation[] = [];
  for (const address of found.addresses) addresses.push(await explainAddress(address, asked, context));
  const { prefixes, policy } = context;
  return {
    asked: text,
    port: asked.port,
    protocol: asked.protocol,
    purpose: asked.purpose,
    mode: policy.mode,
    policyFile,
    nat64: { prefixes: (prefixes.all ?? []).map(String), origin: prefixes.origin },
    addresses,
    error: found.error,
  };
}

/** As the program would get them: `dns.lookup` with the hook. */
async function addressesOf(host: string): Promise<{ addresses: string[]; error?: string }> {
  try {
    const found = await dns.promises.lookup(host, { all: true });
    return { addresses: found.map(({ address }) => address) };
  } catch (error) {
    return { addresses: [], error: (error as Error).message };
  }
}

async function explainAddress(address: string, asked: Asked, context: Context): Promise<AddressExplanation> {
  const { translator, policy } = context;
  if (!isIPv4(address)) {
    const rules = asked.host === undefined ? [] : judgeRules(policy.rules, definedOf(asked));
    const route = await probeRoute(address);
    return { address, family: 6, rules, decision: undefined, becomes: address, error: undefined, route };
  }
  const rules =
    asked.purpose === 'bind' ? [] : judgeRules(policy.rules, { ...definedOf(asked), ipv4: ipv4ToInteger(address) });
  const decide = () =>
    asked.purpose === 'bind' ? translator.local(address, asked.protocol) : translator.destination(address, asked);
  let decision = decide();
  if (decision.kind === 'wait') {
    await context.prefixes.ready();
    decision = decide();
  }
  const { kind, step, why } = decision;
  const becomes = kind === 'direct' ? address : kind === 'translate' ? decision.address : undefined;
  return {
    address,
    family: 4,
    rules,
    decision: { kind, step, why },
    becomes,
    error: kind === 'refuse' ? decision.errno : undefined,
    route: asked.purpose === 'bind' ? undefined : await routeOf(address, decision, context),
  };
}

async function routeOf(ipv4: string, decision: Decision, context: Context): Promise<Route | undefined> {
  if (decision.kind === 'wait' || decision.kind === 'refuse') return undefined;
  if (decision.kind === 'direct') {
    const from = context.kernel.routeSource(ipv4);
    return from === undefined ? { ok: false, error: 'ENETUNREACH' } : { ok: true, from };
  }
  // A group of the own link is reached by an interface, which the socket or the first host address names.
  const zone = decision.step === 'multicast' ? context.translator.hosts.defaultInterface : undefined;
  return probeRoute(zone === undefined ? decision.address : `${decision.address}%${zone}`);
}

function definedOf({ host, port, protocol }: Asked): Destination {
  return { protocol, ...(host !== undefined && { host }), ...(port !== undefined && { port }) };
}
