import { isIP } from 'node:net';
import type { Decision } from './address/decision';
import { createContext, installed } from './enable';
import { V6OnlyError } from './errors';
import { compilePolicy } from './policy/compile';
import type { PolicyInput } from './policy/input.generated';
import type { PrefixOrigin } from './status';

/** Where an address is asked from. */
export interface ExplainOptions {
  readonly port?: number;
  /** Default `tcp`. */
  readonly protocol?: 'tcp' | 'udp';
  /** The host name that the address came from, for rules by name. */
  readonly host?: string;
  /** `connect` (default; also what a datagram is sent to) or `bind`. */
  readonly purpose?: 'connect' | 'bind';
  /** Another policy than that of the installation. */
  readonly policy?: PolicyInput;
}

/** What becomes of an address, and why. */
export interface Explanation {
  readonly asked: string;
  readonly decision: Decision;
  /** Where the NAT64 prefixes come from. */
  readonly prefixOrigin: PrefixOrigin;
}

/**
 * Says what an IPv4 address becomes here and now, without connecting to anything. Where the NAT64 prefix is not known yet
 * (`decision.kind` is `wait`), await `ready()` first.
 * @throws V6OnlyError V6ONLY_INVALID_ADDRESS, V6ONLY_INVALID_POLICY
 */
export function explain(address: string, options: ExplainOptions = {}): Explanation {
  if (isIP(address) !== 4) {
    const hint =
      isIP(address) === 6 ? 'IPv6 addresses are left as they are' : 'For a name, use the command: v6only explain NAME';
    throw new V6OnlyError('V6ONLY_INVALID_ADDRESS', `"${address}" is not an IPv4 address`, hint);
  }
  const { port, host, protocol = 'tcp', purpose = 'connect', policy } = options;
  const present = policy === undefined ? installed()?.context : undefined;
  const context = present ?? createContext(compilePolicy(policy ?? {}));
  const decision =
    purpose === 'bind'
      ? context.translator.local(address, protocol)
      : context.translator.destination(address, { port, host, protocol });
  return { asked: address, decision, prefixOrigin: context.prefixes.origin };
}
