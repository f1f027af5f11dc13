import { isIP } from 'node:net';
import { inspect } from 'node:util';
import type { Decision } from '../address/decision';
import { mappedIPv4 } from '../address/mapped';
import { compilePolicy } from '../policy/compile';
import type { PolicyInput } from '../policy/input.generated';
import type { Mode } from '../policy/types';
import { V6OnlyError } from '../report/errors';
import { bindDecision } from './bind-decision';
import { createContext } from './context';
import { installed } from './installation';
import type { PrefixOrigin } from './status';

/** Further details of the call that `explain()` is about. */
export interface ExplainOptions {
  /** The port, for rules that apply to some ports only. */
  readonly port?: number;
  /** The transport, for rules that apply to one only. @default "tcp" */
  readonly protocol?: 'tcp' | 'udp';
  /** The host name that the address came from, for rules by name. */
  readonly host?: string;
  /**
   * `connect`: a destination, of a datagram too. `bind`: a local address; it is refused if this host does not have it.
   * @default "connect"
   */
  readonly purpose?: 'connect' | 'bind';
  /** Use this policy instead of the one in use. */
  readonly policy?: PolicyInput;
}

/** What an address becomes, and why. */
export interface Explanation {
  /** The address to explain. */
  readonly asked: string;
  readonly decision: Decision;
  /** The mode of the policy. With `off` nothing is patched: the decision is what mode `auto` would do. */
  readonly mode: Mode;
  /** The origin of the NAT64 prefixes. */
  readonly prefixOrigin: PrefixOrigin;
}

/**
 * Explains what an IPv4 address becomes on this host now. It opens no connection, and works without the hook. In
 * mode `off` it explains what mode `auto` would do. If the NAT64
 * prefix is not known (`decision.kind` is `wait`), await `ready()` first. This helps only with the hook, and without
 * `options.policy`. Otherwise name the prefix in `options.policy`.
 * @param address an IPv4 address, or an IPv4-mapped one, which means the same
 * @throws V6OnlyError with the code V6ONLY_INVALID_ADDRESS, V6ONLY_INVALID_OPTION or V6ONLY_INVALID_POLICY
 * @example
 * import { explain } from 'v6only';
 *
 * const policy = {
 *   nat64: '64:ff9b::/96',
 *   rules: [{ match: '203.0.113.0/24', port: 25, to: 'refuse' }],
 * };
 * console.log(explain('203.0.113.5', { policy }).decision.address); // → 64:ff9b::cb00:7105
 * console.log(explain('203.0.113.5', { port: 25, policy }).decision.kind); // → refuse
 */
export function explain(address: string, options: ExplainOptions = {}): Explanation {
  const ipv4 = isIP(address) === 4 ? address : mappedIPv4(String(address));
  if (ipv4 === undefined) {
    const hint =
      isIP(address) === 6
        ? 'v6only does not change IPv6 addresses'
        : 'To explain a name, use the command v6only explain NAME';
    throw new V6OnlyError('V6ONLY_INVALID_ADDRESS', `"${address}" is not an IPv4 address`, hint);
  }
  const { port, host, protocol = 'tcp', purpose = 'connect', policy } = checked(options);
  const present = policy === undefined ? installed()?.context : undefined;
  const context = present ?? createContext(compilePolicy(policy), installed()?.context.kernel);
  const decision =
    purpose === 'bind'
      ? bindDecision(context, ipv4, protocol)
      : context.translator.destination(ipv4, { port, host, protocol });
  return { asked: address, decision, mode: context.policy.mode, prefixOrigin: context.prefixes.origin };
}

const OPTIONS = ['port', 'protocol', 'host', 'purpose', 'policy'];

/** JavaScript programs may pass anything. Only own options are read. */
function checked(given: ExplainOptions): ExplainOptions {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw invalid('options', given, 'Pass an object');
  const options: ExplainOptions = Object.assign(Object.create(null), given);
  const unknown = Object.keys(options).find((name) => !OPTIONS.includes(name));
  if (unknown !== undefined) {
    const hint = `The options are ${OPTIONS.join(', ')}`;
    throw new V6OnlyError('V6ONLY_INVALID_OPTION', `explain: there is no option "${unknown}"`, hint);
  }
  const { port, protocol, purpose, host } = options;
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65535))
    throw invalid('port', port, 'Give a whole number from 0 to 65535');
  if (protocol !== undefined && protocol !== 'tcp' && protocol !== 'udp')
    throw invalid('protocol', protocol, 'Give "tcp" or "udp"');
  if (purpose !== undefined && purpose !== 'connect' && purpose !== 'bind')
    throw invalid('purpose', purpose, 'Give "connect" or "bind"');
  if (host !== undefined && typeof host !== 'string') throw invalid('host', host, 'Give a name');
  return options;
}

const invalid = (name: string, value: unknown, hint: string) =>
  new V6OnlyError('V6ONLY_INVALID_OPTION', `explain: ${name} must not be ${inspect(value)}`, hint);
