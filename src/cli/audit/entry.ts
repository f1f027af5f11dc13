/** A place in a program. */
export interface Site {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly functionName: string | undefined;
  /** The package under node_modules that contains the file. Undefined for the program's own code. */
  readonly packageName: string | undefined;
}

export type AuditKind = 'connect' | 'bind' | 'send' | 'lookup';

/** One dependence on IPv4: the target, the place in the code, and the outcome. */
export interface AuditEntry {
  readonly kind: AuditKind;
  readonly protocol: 'tcp' | 'udp' | 'dns';
  /** The literal or the name that the program gave. */
  readonly target: string;
  /** The IPv4 address, if the target is a name. */
  readonly address: string;
  readonly port: number | undefined;
  /** `translate`, `direct` (left on IPv4), `refuse`, or `lookup`. */
  readonly decision: string;
  /** The address that was passed to the kernel, or the addresses that a look-up found. */
  readonly became: string;
  readonly why: string;
  readonly site: Site | undefined;
  /** If the site is in a dependency: the place in the program's own code that called it. */
  readonly caller: Site | undefined;
  count: number;
  /** `connected`, `listening`, `sent`, an error code, … → how often. */
  readonly outcomes: Record<string, number>;
}

/** One target of a place in the code. */
export interface AuditTarget
  extends Pick<AuditEntry, 'target' | 'address' | 'decision' | 'became' | 'why' | 'count' | 'outcomes'> {
  readonly ports: readonly number[];
}

/** One place in the code that depends on IPv4, with all of its targets. */
export interface AuditRow extends Pick<AuditEntry, 'kind' | 'protocol' | 'site' | 'caller' | 'count' | 'outcomes'> {
  readonly targets: readonly AuditTarget[];
}

/** The report of the command: audit.schema.json. */
export interface AuditReport {
  /** Increases when a field is removed or changes its meaning, not when one is added. */
  readonly version: 1;
  /** The command line. */
  readonly program: readonly string[];
  /** The name and version in the program's package.json. */
  readonly name: string | undefined;
  readonly programVersion: string | undefined;
  readonly host: string;
  readonly node: string;
  readonly v6only: string;
  readonly exitCode: number;
  /** The signal that ended the program. */
  readonly signal: NodeJS.Signals | undefined;
  /**
   * The number of audited processes and threads. 0: the program is not Node.js, could not start, or ran without the
   * hook.
   */
  readonly processes: number;
  /** The processes and threads that were not audited: they ran without the hook, or wrote no report. */
  readonly notAudited: readonly { readonly program: string; readonly why: string; readonly count: number }[];
  readonly rows: readonly AuditRow[];
}

/** The program can write where the reports are. A file of another form is no report. */
export function isAuditEntries(value: unknown): value is AuditEntry[] {
  return Array.isArray(value) && value.every(isEntry);
}

const TEXTS = ['kind', 'protocol', 'target', 'address', 'decision', 'became', 'why'];

function isEntry(value: unknown): boolean {
  if (!isObject(value) || !TEXTS.every((key) => typeof value[key] === 'string')) return false;
  const { port, count, outcomes, site, caller } = value;
  return (
    Number.isInteger(count) &&
    (port === undefined || Number.isInteger(port)) &&
    isObject(outcomes) &&
    Object.values(outcomes).every(Number.isInteger) &&
    [site, caller].every(isSite)
  );
}

function isSite(value: unknown): boolean {
  if (value === undefined) return true;
  if (!isObject(value) || typeof value.file !== 'string') return false;
  const { line, column, functionName, packageName } = value;
  return [line, column].every(Number.isInteger) && [functionName, packageName].every(isTextOrAbsent);
}

const isTextOrAbsent = (value: unknown): boolean => value === undefined || typeof value === 'string';
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

type Key = Omit<AuditEntry, 'count' | 'outcomes'>;

/** Entries with the same key are added up: everything but their count and outcomes is equal. */
export function keyOf({ kind, protocol, target, address, port, decision, became, site, caller }: Key): string {
  return [kind, protocol, target, address, port, decision, became, placeOf(site), placeOf(caller)].join('|');
}

/** `file:line:column`, a form that terminals and editors turn into a link. */
export function placeOf(site: Site | undefined): string {
  return site === undefined ? '' : `${site.file}:${site.line}:${site.column}`;
}

/**
 * Adds up the entries of several processes: one row for each place, and in it one target for each address, for all
 * ports.
 */
export function rowsOf(lists: readonly (readonly AuditEntry[])[]): AuditRow[] {
  const rows = new Map<string, Growing<AuditRow> & { readonly byTarget: Map<string, Growing<AuditTarget>> }>();
  for (const { kind, protocol, site, caller, port, count, outcomes, ...rest } of lists.flat()) {
    const { target, address, decision, became, why } = rest;
    // Without a place, only the target distinguishes one use from another.
    const place = site === undefined ? [target, address, port] : [placeOf(site), placeOf(caller)];
    const row = partOf(rows, [kind, protocol, ...place], () => {
      return { kind, protocol, site, caller, count: 0, outcomes: {}, targets: [], byTarget: new Map() };
    });
    const one = partOf(row.byTarget, [target, address, decision, became], () => {
      return { target, address, decision, became, why, ports: [], count: 0, outcomes: {} };
    });
    if (port !== undefined && !one.ports.includes(port)) one.ports.push(port);
    for (const total of [row, one]) addTo(total, count, outcomes);
  }
  const isOwn = ({ site }: AuditRow) => site?.packageName === undefined;
  return [...rows.values()]
    .map(({ byTarget, ...row }) => ({ ...row, targets: [...byTarget.values()].sort((a, b) => b.count - a.count) }))
    .sort((a, b) => Number(!isOwn(a)) - Number(!isOwn(b)) || b.count - a.count);
}

type Growing<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K] };

function partOf<T>(map: Map<string, T>, parts: readonly unknown[], make: () => T): T {
  const key = JSON.stringify(parts);
  const value = map.get(key) ?? make();
  map.set(key, value);
  return value;
}

function addTo(
  total: { count: number; readonly outcomes: Record<string, number> },
  count: number,
  outcomes: AuditEntry['outcomes'],
): void {
  total.count += count;
  for (const [outcome, times] of Object.entries(outcomes))
    total.outcomes[outcome] = (total.outcomes[outcome] ?? 0) + times;
}

export function outcomesInWords(outcomes: Readonly<Record<string, number>>): string {
  const list = Object.entries(outcomes).map(([outcome, count]) => (count === 1 ? outcome : `${outcome} ×${count}`));
  return list.length === 0 ? 'open' : list.join(', ');
}
