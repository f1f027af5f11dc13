import fs from 'node:fs';
import path from 'node:path';
import { threadId } from 'node:worker_threads';

/** What a report is about: what the hook did, and what `v6only audit` has seen. */
export type ReportKind = 'hook' | 'audit';

// The program may replace them.
const { closeSync, constants, fstatSync, ftruncateSync, lstatSync, openSync, readFileSync, readdirSync, writeSync } =
  fs;
/** Windows has no links that a file of this name could be, and no such flags. */
const { O_CREAT, O_EXCL, O_WRONLY, O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;

/** The value of V6ONLY_REPORT_FOLDER for a folder that this process has made: device, inode, owner and path. */
export function nameReportFolder(folder: string): string {
  return `${identityOf(folder)}:${folder}`;
}

/**
 * The file in which this process or thread reports to the command that runs it. It is opened once, when the process
 * starts. So the report reaches the command even if the program gives up its privileges, and no later write follows a
 * name: when the command has ended, its folder is gone, and anybody may make another one of this name in /tmp.
 */
export class ReportFile {
  readonly #given: string;
  readonly #kind: ReportKind;
  #descriptor: number | undefined;
  #identity = '';

  /** @param given the value of V6ONLY_REPORT_FOLDER */
  constructor(given: string, kind: ReportKind) {
    this.#given = given;
    this.#kind = kind;
    this.#open();
  }

  #open(): void {
    // A process may start after the end of the command.
    const folder = namedReportFolder(this.#given);
    if (folder === undefined) return;
    const file = path.join(folder, `${prefixOf(this.#kind)}${process.hrtime.bigint()}.json`);
    try {
      // O_EXCL: even in the wrong folder, no file is overwritten.
      this.#descriptor = openSync(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
      this.#identity = identityOf(this.#descriptor);
    } catch {
      // The program may not write files (--permission).
    }
  }

  /** Replaces the report. If it cannot be written, none is left: the command must not take an old one for the last. */
  write(report: unknown): void {
    if (this.#descriptor === undefined) return;
    try {
      if (!this.#isOpen(this.#descriptor)) {
        // Another file, which is the later one.
        this.#descriptor = undefined;
        this.#open();
        if (this.#descriptor === undefined) return;
      }
      const octets = Buffer.from(JSON.stringify(report));
      let length = 0;
      try {
        while (length < octets.length) {
          length += writeSync(this.#descriptor, octets, length, octets.length - length, length);
        }
      } catch {
        length = 0;
      }
      ftruncateSync(this.#descriptor, length);
    } catch {
      this.#descriptor = undefined;
    }
  }

  /** The program may have closed the descriptor, and its number may now be that of another file. */
  #isOpen(descriptor: number): boolean {
    try {
      return identityOf(descriptor) === this.#identity;
    } catch {
      return false;
    }
  }
}

const prefixOf = (kind: ReportKind): string => `${kind}-${process.pid}-${threadId}-`;

/** Whether this process or thread has a report already. */
export function hasReport(given: string, kind: ReportKind): boolean {
  try {
    return readdirSync(namedReportFolder(given) ?? '').some((name) => name.startsWith(prefixOf(kind)));
  } catch {
    return false;
  }
}

/** The path of the folder that `nameReportFolder` named. Undefined if it is gone, even if another one has its path. */
export function namedReportFolder(name: string): string | undefined {
  const [, identity, folder = ''] = /^(\d+:\d+:\d+):(.*)$/s.exec(name) ?? [];
  try {
    return identityOf(folder) === identity ? folder : undefined;
  } catch {
    return undefined;
  }
}

/** Which file or folder it is, and whose. A link is not followed. */
function identityOf(of: string | number): string {
  const { dev, ino, uid } = typeof of === 'number' ? fstatSync(of, BIG) : lstatSync(of, BIG);
  return `${dev}:${ino}:${uid}`;
}
const BIG = { bigint: true } as const;

/** What was found of one report. `report` is undefined if there is a file, and no report in it. */
export interface Found<T> {
  readonly pid: number;
  readonly thread: number;
  readonly report: T | undefined;
}

/**
 * The reports of all processes, in the order of their process ids. The program can write to this folder too: what it
 * leaves there is not trusted.
 * @param given what `nameReportFolder` returned
 * @returns undefined if the folder is gone
 */
export function readReportFiles<T>(
  given: string,
  kind: ReportKind,
  isReport: (value: unknown) => value is T,
): Found<T>[] | undefined {
  const folder = namedReportFolder(given);
  if (folder === undefined) return undefined;
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return undefined;
  }
  // Of the files of one process or thread the last counts: it may have lost the descriptor of the first.
  const latest = new Map<string, readonly [name: string, pid: string, thread: string, openedAt: bigint]>();
  for (const name of names) {
    const [, of, pid = '', thread = '', openedAt = ''] = /^(hook|audit)-(\d+)-(\d+)-(\d+)\.json$/.exec(name) ?? [];
    const known = latest.get(`${pid}-${thread}`);
    if (of === kind && (known === undefined || known[3] < BigInt(openedAt)))
      latest.set(`${pid}-${thread}`, [name, pid, thread, BigInt(openedAt)]);
  }
  return [...latest.values()]
    .map(([name, pid, thread]) => {
      const file = path.join(folder, name);
      // A process that is still running may be writing just now.
      const value = valueIn(file) ?? valueIn(file);
      return { pid: Number(pid), thread: Number(thread), report: isReport(value) ? value : undefined };
    })
    .sort((a, b) => a.pid - b.pid || a.thread - b.thread);
}

function valueIn(file: string): unknown {
  try {
    const descriptor = openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      return fstatSync(descriptor).isFile() ? JSON.parse(readFileSync(descriptor, 'utf8')) : undefined;
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return undefined;
  }
}
