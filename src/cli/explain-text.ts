import { isIP } from 'node:net';
import type { Decision } from '../address/decision';
import type { RuleVerdict } from '../policy/rule';
import { columns, type Output } from './output';
import type { Route } from './route-probe';
import type { Target } from './target';

/** What one address becomes. */
export interface AddressExplanation {
  readonly address: string;
  readonly family: 4 | 6;
  /** Whether only a program that asks for IPv4 gets the address. */
  readonly isSynthetic?: boolean;
  readonly rules: readonly RuleVerdict[];
  /** Undefined for an IPv6 address, which stays unchanged. */
  readonly decision: { readonly kind: Decision['kind']; readonly step: string; readonly why: string } | undefined;
  /** The address that is passed to the kernel. Undefined if the address is refused. */
  readonly becomes: string | undefined;
  readonly error: string | undefined;
  readonly route: Route | undefined;
}

export interface NameExplanation {
  readonly asked: string;
  readonly kind: Target['kind'];
  readonly port: number | undefined;
  readonly protocol: 'tcp' | 'udp';
  readonly purpose: 'connect' | 'bind';
  readonly mode: string;
  readonly policyFile: string | undefined;
  readonly nat64: { readonly prefixes: readonly string[]; readonly origin: string };
  readonly addresses: readonly AddressExplanation[];
  /** How many more addresses of a network there are at which a rule begins or ends. */
  readonly more: number;
  /** Those that concern a name without an address. Otherwise each address has its own. */
  readonly rules: readonly RuleVerdict[];
  /** Why the name has no address. */
  readonly error: string | undefined;
}

/** Further rules that do not match are only counted. */
const SHOWN_RULES = 12;

export function printExplanation(answer: NameExplanation, isNext: boolean, out: Output): void {
  if (isNext) out.line();
  const { asked, port, protocol, purpose, mode, policyFile, nat64 } = answer;
  const hasPort = port === undefined || (isIP(asked) === 0 && new RegExp(`:${port}(/|$)`).test(asked));
  const target = `${asked}${hasPort ? '' : ` port ${port}`}, ${purpose === 'bind' ? 'to bind to' : 'to connect to'} over ${protocol}`;
  out.line(out.paint('bold', target));
  const prefixes = nat64.prefixes.length === 0 ? 'not needed' : `${nat64.prefixes.join(', ')} (${nat64.origin})`;
  const facts = [
    ['policy', policyFile ?? 'no file: the defaults apply'],
    ['mode', mode],
    ['NAT64 prefix', prefixes],
  ];
  for (const line of columns(facts, '  ')) out.line(out.paint('dim', line));
  if (mode === 'off')
    out.line(`  ${out.paint('yellow', 'mode off: nothing is patched; this is what would happen in mode auto')}`);
  if (answer.error !== undefined) out.line(`  ${out.paint('red', 'no address')}  ${answer.error}`);
  printRules(answer.rules, out);
  for (const address of answer.addresses) printAddress(address, out);
  if (answer.more > 0) {
    out.line();
    out.line(`  and ${answer.more} more addresses where a rule begins or ends: name smaller networks to see them`);
  }
}

function printAddress(explained: AddressExplanation, out: Output): void {
  const { address, isSynthetic, rules, decision, becomes, error, route } = explained;
  out.line();
  out.line(`  ${address}${isSynthetic ? '  (for a program that asks for IPv4)' : ''}`);
  printRules(rules, out);
  if (decision) out.line(`    ${decision.step}: ${decision.why}`);
  else if (becomes !== undefined) out.line('    already IPv6: unchanged');
  if (becomes === undefined) {
    out.line(`  ${out.paint('red', `→ refused (${error})`)}`);
    return;
  }
  const how = decision?.kind === 'direct' ? ' over IPv4' : '';
  const known =
    route === undefined
      ? ''
      : route.ok
        ? `  route: yes, from ${route.from.replace(/^::ffff:(?=\d+\.)/, '')}`
        : `  route: none (${route.error})`;
  out.line(`  ${out.paint(route?.ok === false ? 'red' : 'green', `→ ${becomes}${how}`)}${known}`);
}

function printRules(rules: readonly RuleVerdict[], out: Output): void {
  const others = rules.filter(({ matches }) => !matches);
  const rows = others.slice(0, SHOWN_RULES).map(({ name, to, why }) => [name, `→ ${to}`, `no: ${why}`]);
  if (others.length > SHOWN_RULES) rows.push([`${others.length - SHOWN_RULES} more rules`, '', 'no']);
  for (const { name, to, matches } of rules) if (matches) rows.push([name, `→ ${to}`, 'matches']);
  for (const line of columns(rows, '    ')) out.line(out.paint('dim', line));
}
