import fs from 'node:fs';
import path from 'node:path';
import { isMainThread, threadId } from 'node:worker_threads';
import type { Counters } from '../hooks/counters';
import { printable } from '../report/printable';

/** The report of one process or thread to the command that runs it. */
export interface ProcessReport {
  readonly pid: number;
  readonly thread: number;
  /** The main script. */
  readonly program: string;
  /** Why this process runs without the hook. */
  readonly withoutHook?: string;
  readonly counters?: Counters;
  readonly nat64?: { readonly prefixes: readonly string[]; readonly origin: string };
}

const reportFile = (folder: string): string => path.join(folder, `${process.pid}-${threadId}.json`);

/** Writes or updates this process's report. */
export function noteProcess(folder: string, rest: Omit<ProcessReport, 'pid' | 'thread' | 'program'> = {}): void {
  const file = reportFile(folder);
  try {
    const program = programName() ?? (isMainThread ? 'node' : 'a worker thread');
    // Renamed into place, because the command may read at any moment.
    fs.writeFileSync(`${file}.new`, JSON.stringify({ pid: process.pid, thread: threadId, program, ...rest }));
    fs.renameSync(`${file}.new`, file);
  } catch {
    // The command and its folder are gone, or the program may not write files (--permission).
  }
}

/** The main script. The program may have replaced its arguments by anything. */
function programName(): string | undefined {
  const { argv } = process;
  const first: unknown = Array.isArray(argv) ? argv[1] : undefined;
  return typeof first === 'string' ? first : undefined;
}

/** Notes why this process runs without the hook, unless the reason is noted already. */
export function noteAbsence(folder: string, withoutHook: string): void {
  if (!fs.existsSync(reportFile(folder))) noteProcess(folder, { withoutHook });
}

/** The reports of all processes, in the order of their process ids. */
export function readReports(folder: string): ProcessReport[] {
  return fs
    .readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) => reportIn(path.join(folder, name)))
    .sort((a, b) => a.pid - b.pid || a.thread - b.thread);
}

function reportIn(file: string): ProcessReport[] {
  try {
    return [JSON.parse(fs.readFileSync(file, 'utf8')) as ProcessReport];
  } catch {
    // The program can write to this folder too, so a file may not be a report.
    return [];
  }
}

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

/** Adds up the counters of several processes. */
export function addUp(all: readonly Counters[]): Counters {
  const total: Counters = {
    connects: { direct: 0, translated: 0, refused: 0, held: 0 },
    binds: { direct: 0, translated: 0, refused: 0 },
    sends: { direct: 0, translated: 0, refused: 0 },
    lookups: { system: 0, own: 0 },
  };
  for (const counters of all) {
    for (const group of Object.keys(total) as (keyof Counters)[]) {
      const sums = total[group] as Record<string, number>;
      for (const [key, count] of Object.entries(counters[group])) sums[key] = (sums[key] ?? 0) + count;
    }
  }
  return total;
}

/** How often a process updates its report, in case it is killed. */
const INTERVAL_MS = 500;

type State = () => Required<Pick<ProcessReport, 'counters' | 'nat64'>>;

/** Reports to the command that runs this process, until the process ends or the result is called. */
export function reportTo(folder: string, state: State): () => void {
  let last = '';
  const note = () => {
    const now = state();
    const text = JSON.stringify(now);
    if (text !== last) noteProcess(folder, now);
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
