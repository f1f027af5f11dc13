import type { Protocol } from '../address/rules';
import type { Rule } from './rule';
import { cutIntoSegments, SegmentIndex, type Span } from './segments';

/** Stands for a port that is not known: before all ports, so that only rules for every port cover it. */
const NO_PORT = -1;
const LAST_PORT = 65535;
/** Up to this many, trying one after the other is faster than a table. */
const FEW = 4;

interface PortTable {
  readonly ports: SegmentIndex;
  /** By segment, the index of the first rule; -1 where none is for it. */
  readonly winners: readonly number[];
}

/** The rules that match an address or a name, in order: port and protocol decide which is the first. */
export class Candidates {
  readonly rules: readonly Rule[];
  /** Made when they are first needed: most segments have one rule. */
  #tables: Map<Protocol | undefined, PortTable> | undefined;

  constructor(rules: readonly Rule[]) {
    this.rules = rules;
  }

  /** The index (in `rules`) of the first that matches, or -1. */
  first(port: number | undefined, protocol: Protocol | undefined): number {
    const { rules } = this;
    if (rules.length > FEW) return this.#lookUp(port ?? NO_PORT, protocol);
    for (let i = 0; i < rules.length; i++) if (covers(rules[i] as Rule, port ?? NO_PORT, protocol)) return i;
    return -1;
  }

  /** The rules that are first for some port and protocol. */
  winners(): Set<Rule> {
    if (this.rules.length === 1) return new Set(this.rules);
    const found = new Set<Rule>();
    for (const protocol of [undefined, 'tcp', 'udp'] as const) {
      for (const winner of this.#table(protocol).winners) if (winner >= 0) found.add(this.rules[winner] as Rule);
    }
    return found;
  }

  #lookUp(port: number, protocol: Protocol | undefined): number {
    const { ports, winners } = this.#table(protocol);
    return winners[ports.find(port)] ?? -1;
  }

  #table(protocol: Protocol | undefined): PortTable {
    this.#tables ??= new Map();
    let table = this.#tables.get(protocol);
    if (table === undefined) {
      const owner: number[] = [];
      const spans: Span[] = [];
      for (const [index, rule] of this.rules.entries()) {
        if (rule.protocol !== undefined && rule.protocol !== protocol) continue;
        for (const { first, last } of rule.ports ?? [{ first: NO_PORT, last: LAST_PORT }]) {
          spans.push({ first, last, final: true });
          owner.push(index);
        }
      }
      const { starts, owners } = cutIntoSegments(spans);
      const winners = owners.map(([span]) => (span === undefined ? -1 : (owner[span] as number)));
      table = { ports: new SegmentIndex(starts), winners };
      this.#tables.set(protocol, table);
    }
    return table;
  }
}

function covers(rule: Rule, port: number, protocol: Protocol | undefined): boolean {
  if (rule.protocol !== undefined && rule.protocol !== protocol) return false;
  if (rule.ports === undefined) return true;
  for (const { first, last } of rule.ports) if (port >= first && port <= last) return true;
  return false;
}

/** Whether a rule matches whatever the port and the protocol are. */
export function isUnconditional(rule: Rule): boolean {
  return rule.ports === undefined && rule.protocol === undefined;
}

/** Whether two rules are for the same ports and protocol. */
export function haveSameConditions(a: Rule, b: Rule): boolean {
  return a.protocol === b.protocol && JSON.stringify(a.ports) === JSON.stringify(b.ports);
}
