/** A place in a program. */
export interface Site {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly functionName: string | undefined;
  /** The package under node_modules that the file is of; undefined: the program's own code. */
  readonly packageName: string | undefined;
}

export type AuditKind = 'connect' | 'bind' | 'send' | 'lookup';

/** One dependence on IPv4: what was asked for, where, and what came of it. */
export interface AuditEntry {
  readonly kind: AuditKind;
  readonly protocol: 'tcp' | 'udp' | 'dns';
  /** The literal or the name that the program gave. */
  readonly target: string;
  /** The IPv4 address, where the target is a name. */
  readonly address: string;
  readonly port: number | undefined;
  /** `translate`, `direct` (left on IPv4), `refuse`, or `lookup`. */
  readonly decision: string;
  /** What the kernel was given, or the addresses that a look-up found. */
  readonly became: string;
  readonly why: string;
  readonly site: Site | undefined;
  /** Where the site is in a dependency: who called it in the program's own code. */
  readonly caller: Site | undefined;
  count: number;
  /** `connected`, `listening`, `sent`, an error code, … → how often. */
  readonly outcomes: Record<string, number>;
}

/** What the command reports. */
export interface AuditReport {
  readonly program: readonly string[];
  readonly node: string;
  readonly exitCode: number;
  readonly processes: number;
  readonly entries: readonly AuditEntry[];
}

type Key = Omit<AuditEntry, 'count' | 'outcomes'>;

/** Entries are the same where everything but their count and outcomes is. */
export function keyOf({ kind, protocol, target, address, port, decision, became, site, caller }: Key): string {
  return [kind, protocol, target, address, port, decision, became, placeOf(site), placeOf(caller)].join('|');
}

/** `file:line:column`, as terminals and editors link it. */
export function placeOf(site: Site | undefined): string {
  return site === undefined ? '' : `${site.file}:${site.line}:${site.column}`;
}

/** Adds up the entries of several processes. */
export function mergeEntries(lists: readonly (readonly AuditEntry[])[]): AuditEntry[] {
  const merged = new Map<string, AuditEntry>();
  for (const entry of lists.flat()) {
    const key = keyOf(entry);
    const known = merged.get(key);
    if (known === undefined) {
      merged.set(key, { ...entry, outcomes: { ...entry.outcomes } });
      continue;
    }
    known.count += entry.count;
    for (const [outcome, count] of Object.entries(entry.outcomes)) {
      known.outcomes[outcome] = (known.outcomes[outcome] ?? 0) + count;
    }
  }
  return [...merged.values()].sort(
    (a, b) =>
      Number(a.site?.packageName !== undefined) - Number(b.site?.packageName !== undefined) || b.count - a.count,
  );
}

export function outcomesInWords(outcomes: Readonly<Record<string, number>>): string {
  const list = Object.entries(outcomes).map(([outcome, count]) => (count === 1 ? outcome : `${outcome} ×${count}`));
  return list.length === 0 ? 'open' : list.join(', ');
}
