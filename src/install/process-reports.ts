import fs from 'node:fs';
import path from 'node:path';
import { isMainThread, threadId } from 'node:worker_threads';
import type { Counters } from '../hooks/counters';
import { printable } from '../report/printable';
import { givenReportFolder } from './given-report-folder';
import { type Found, hasReport, ReportFile, readReportFiles } from './report-file';
import { countUnable } from './unable-to-report';

/** The report of one process or thread to the command that runs it. */
export interface ProcessReport {
  /** The main script. */
  readonly program: string;
  /** Why this process runs without the hook. */
  readonly withoutHook?: string;
  readonly counters?: Counters;
  readonly nat64?: { readonly prefixes: readonly string[]; readonly origin: string };
  /** How many processes and threads it has started that run as another user: they cannot report. */
  readonly unable?: number;
}

type Rest = Omit<ProcessReport, 'program'>;

/** Writes a report that does not change. */
export function note(rest: Rest = {}): void {
  const given = givenReportFolder();
  if (given !== undefined) new ReportFile(given, 'hook').write(withProgram(rest));
}

/** Notes why this process runs without the hook, unless it has a report already. */
export function noteAbsence(withoutHook: string): void {
  const given = givenReportFolder();
  if (given !== undefined && !hasReport(given, 'hook')) note({ withoutHook });
}

function withProgram(rest: Rest): ProcessReport {
  return { program: programName() ?? (isMainThread ? 'node' : 'a worker thread'), ...rest };
}

/** The main script. The program may have replaced its arguments by anything. */
function programName(): string | undefined {
  try {
    const { argv } = process;
    const first: unknown = Array.isArray(argv) ? argv[1] : undefined;
    return typeof first === 'string' ? first : undefined;
  } catch {
    return undefined;
  }
}

/** Undefined if the folder is gone. */
export const readReports = (given: string): Found<ProcessReport>[] | undefined =>
  readReportFiles(given, 'hook', isProcessReport);

function isProcessReport(value: unknown): value is ProcessReport {
  if (!isObject(value) || typeof value.program !== 'string') return false;
  const { withoutHook, counters, nat64, unable } = value;
  return (
    (withoutHook === undefined || typeof withoutHook === 'string') &&
    (unable === undefined || Number.isInteger(unable)) &&
    (counters === undefined || hasNumbers(counters)) &&
    (nat64 === undefined ||
      (isObject(nat64) && Array.isArray(nat64.prefixes) && nat64.prefixes.every((one) => typeof one === 'string')))
  );
}

const hasNumbers = (counters: unknown): boolean =>
  isObject(counters) &&
  Object.entries(ZERO).every(([group, names]) => {
    const numbers = counters[group];
    return isObject(numbers) && Object.keys(names).every((name) => Number.isInteger(numbers[name]));
  });

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** One line with the results of connects, datagrams and lookups, and with the prefix and its origin. */
export function summaryInWords({ connects, sends, lookups }: Counters, nat64: ProcessReport['nat64']): string {
  const { direct, translated, refused, held } = connects;
  const parts = [
    inWords(direct + translated + refused, 'connect', [
      [translated, 'translated'],
      [direct, 'left on IPv4'],
      [refused, 'refused'],
      [held, 'waited for the NAT64 prefix'],
    ]),
    inWords(sends.direct + sends.translated + sends.refused, 'datagram', [
      [sends.translated, 'translated'],
      [sends.direct, 'left on IPv4'],
      [sends.refused, 'refused'],
    ]),
    inWords(lookups.system + lookups.own, 'lookup', [
      [lookups.system, 'by the system resolver'],
      [lookups.own, 'by v6only'],
    ]),
  ];
  const prefixes = nat64?.prefixes.length ? `${nat64.prefixes.join(', ')} (${nat64.origin})` : 'not needed';
  return `${parts.join('; ')}; NAT64 prefix: ${prefixes}`;
}

function inWords(total: number, what: string, parts: readonly (readonly [number, string])[]): string {
  const told = parts.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`);
  return `${total} ${total === 1 ? what : `${what}s`}${told.length === 0 ? '' : ` (${told.join(', ')})`}`;
}

const ZERO: Counters = {
  connects: { direct: 0, translated: 0, refused: 0, held: 0 },
  binds: { direct: 0, translated: 0, refused: 0 },
  sends: { direct: 0, translated: 0, refused: 0 },
  lookups: { system: 0, own: 0 },
};

/** Adds up the counters of several processes. */
export function addUp(all: readonly Counters[]): Counters {
  const total = structuredClone(ZERO);
  for (const counters of all) {
    for (const group of Object.keys(total) as (keyof Counters)[]) {
      const sums = total[group] as Record<string, number>;
      for (const [key, count] of Object.entries(counters[group])) if (key in sums) sums[key] = (sums[key] ?? 0) + count;
    }
  }
  return total;
}

/** How often a process updates its report, in case it is killed. */
const INTERVAL_MS = 500;

type State = () => Required<Pick<ProcessReport, 'counters' | 'nat64'>>;

/** Reports to the command that runs this process, until the process ends or the result is called. */
export function reportTo(given: string, state: State): () => void {
  const file = new ReportFile(given, 'hook');
  const unableNow = countUnable();
  let last = '';
  const note = () => {
    const unable = unableNow();
    const now = { ...state(), ...(unable > 0 && { unable }) };
    const text = JSON.stringify(now);
    if (text !== last) file.write(withProgram(now));
    last = text;
  };
  note();
  return atExit(note, setInterval(note, INTERVAL_MS).unref());
}

/** Writes one line to stderr when this process or thread ends, unless the result is called before. */
export function printSummaryAtEnd(state: State): () => void {
  return atExit(() => {
    try {
      const { counters, nat64 } = state();
      const who = `${path.basename(programName() ?? 'node')}, process ${process.pid}${isMainThread ? '' : `, thread ${threadId}`}`;
      // Not through process.stderr: the line must be written before the process ends.
      // The name of the program may contain anything.
      fs.writeSync(2, `${printable(`v6only: ${who}: ${summaryInWords(counters, nat64)}`)}\n`);
    } catch {
      // stderr is closed, or the program's arguments cannot be read: nothing may change how the program ends.
    }
  });
}

function atExit(what: () => void, timer?: NodeJS.Timeout): () => void {
  process.on('exit', what);
  return () => {
    clearInterval(timer);
    process.off('exit', what);
  };
}
