import type { Destination, MatchedRule } from '../address/rules';
import { Candidates, isUnconditional } from './candidates';
import { HostRules } from './host-rules';
import type { Rule } from './rule';
import { cutIntoSegments, SegmentIndex } from './segments';

/** Ordered rules, compiled so that the first that matches is found in a time that hardly grows with their number. */
export class RuleTable {
  readonly #order: ReadonlyMap<Rule, number>;
  readonly #addresses: SegmentIndex;
  /** By segment; undefined where no rule is for it. */
  readonly #byAddress: readonly (Candidates | undefined)[];
  readonly #hosts: HostRules | undefined;

  constructor(rules: readonly Rule[]) {
    this.#order = new Map(rules.map((rule, index) => [rule, index]));
    const ofAddresses: Rule[] = [];
    const spans = [];
    for (const rule of rules) {
      if (rule.matcher.kind !== 'range') continue;
      ofAddresses.push(rule);
      spans.push({ ...rule.matcher.range, final: isUnconditional(rule) });
    }
    const { starts, owners } = cutIntoSegments(spans);
    this.#addresses = new SegmentIndex(starts);
    this.#byAddress = owners.map((indexes) =>
      indexes.length === 0 ? undefined : new Candidates(indexes.map((index) => ofAddresses[index] as Rule)),
    );
    const hosts = new HostRules(rules);
    this.#hosts = hosts.isEmpty ? undefined : hosts;
  }

  /** The first rule that matches. */
  match({ ipv4, host, port, protocol }: Destination): MatchedRule | undefined {
    let best: Rule | undefined;
    if (ipv4 !== undefined) {
      const candidates = this.#byAddress[this.#addresses.find(ipv4)];
      if (candidates) best = candidates.rules[candidates.first(port, protocol)];
    }
    if (host !== undefined && this.#hosts) {
      const candidates = this.#hosts.candidates(host);
      const named = candidates.rules[candidates.first(port, protocol)];
      if (named && (best === undefined || this.#index(named) < this.#index(best))) best = named;
    }
    return best?.result;
  }

  /** The rules that can never be the first: earlier ones match all that they would. */
  shadowed(): Rule[] {
    const winners = new Set<Rule>();
    for (const candidates of this.#byAddress) for (const rule of candidates?.winners() ?? []) winners.add(rule);
    return [...this.#order.keys()].filter((rule) => {
      if (rule.matcher.kind === 'range') return !winners.has(rule);
      return this.#hosts?.isShadowed(rule) ?? false;
    });
  }

  #index(rule: Rule): number {
    return this.#order.get(rule) as number;
  }
}
