// What a host with the hook may answer where a dual-stack host says something else: each difference has its reason in
// docs/sockets.md.

import type { Arrangement } from './arrangements.js';

/** Target → who answers there: the name of an endpoint, or '-'. */
export type Answers = Readonly<Record<string, string>>;

/** What came of an arrangement: what opened, who heard whom at which time. */
export interface Outcome {
  readonly opens: readonly string[];
  readonly reopens: string;
  readonly before: Answers;
  readonly after: Answers;
  readonly gone: Answers;
}

/** What a host does differently from a dual-stack host. */
export interface HostTraits {
  /** 127/8 becomes IPv6 there. */
  readonly translatesLoopback: boolean;
  /** The host's IPv4 address does. */
  readonly translatesOwn: boolean;
  /** 0.0.0.0 is open to IPv6. */
  readonly opens: boolean;
  /** It is known of a peer on ::1 which address it means (TCP of one process), */
  readonly knowsPeers: boolean;
  /** or at least which family (UDP of one process). */
  readonly knowsFamilies: boolean;
}

const LOOPBACK = ['127.0.0.1', '127.0.0.2', '::1'];

/**
 * The answers that are right for `target`, where `said` are those of a dual-stack host.
 * @param open names of the endpoints that are open
 */
function rightAnswers(
  target: string,
  said: Answers,
  open: readonly string[],
  { translatesLoopback, translatesOwn, opens, knowsPeers, knowsFamilies }: HostTraits,
): (string | undefined)[] {
  const answer = said[target];
  const isWide = opens && open.includes('0.0.0.0');
  // A wildcard IPv4 socket is open to IPv6.
  if (target === 'own6' && answer === '-' && isWide) return ['0.0.0.0'];
  // An IPv4-embedded address is an IPv6 address to an IPv6 socket.
  if (target === 'own4' && answer === '-' && translatesOwn && open.includes('::only')) return ['::only'];
  if (!LOOPBACK.includes(target) || knowsPeers) return [answer];
  // 127.0.0.1, 127.0.0.2 and ::1 are one address.
  if (translatesLoopback) {
    return [answer, ...LOOPBACK.map((other) => said[other]).filter((other) => other !== '-')];
  }
  return target === '::1' && answer === '-' && isWide && !knowsFamilies ? ['0.0.0.0'] : [answer];
}

/** How `result` differs from the `oracle`, as text; empty where it does not. */
export function differences(
  { opened, closes }: Arrangement,
  oracle: Outcome,
  result: Outcome | undefined,
  host: HostTraits,
): string[] {
  if (result === undefined) return ['was not tried'];
  const found: string[] = [];
  const isOpen = (_: string, i: number) => oracle.opens[i] === 'open';
  const open = opened.filter(isOpen);
  const left = opened.filter((name, i) => isOpen(name, i) && i !== closes);
  if (String(result.opens) !== String(oracle.opens)) found.push(`opens: ${oracle.opens}, not ${result.opens}`);
  if (result.reopens !== oracle.reopens) found.push(`reopens: ${oracle.reopens}, not ${result.reopens}`);
  for (const [phase, there] of [
    ['before', open],
    ['after', left],
    ['gone', []],
  ] as const) {
    for (const [target, answer] of Object.entries(result[phase])) {
      const right = rightAnswers(target, oracle[phase], there, host);
      if (!right.includes(answer)) found.push(`${phase}, ${target}: ${right.join(' or ')}, not ${answer}`);
    }
  }
  return found;
}
