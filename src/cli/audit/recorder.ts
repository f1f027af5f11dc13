import fs from 'node:fs';
import path from 'node:path';
import { threadId } from 'node:worker_threads';
import { type AuditEntry, keyOf } from './entry';

/** More different entries than a person can read, and a bound on memory. */
const MAX_ENTRIES = 20_000;
/** Milliseconds between two writings of what only grew in number. */
const INTERVAL_MS = 500;

/** Gathers the entries of one process or thread, and keeps a file of them up to date: a process may end without notice. */
export class Recorder {
  readonly #file: string;
  readonly #entries = new Map<string, AuditEntry>();
  #isDirty = false;
  #isWriting = false;

  /** @param folder where the files of all processes of the program go */
  constructor(folder: string) {
    this.#file = path.join(folder, `${process.pid}-${threadId}.json`);
    setInterval(() => this.write(), INTERVAL_MS).unref();
    process.on('exit', () => this.write());
    this.#isDirty = true;
    this.write();
  }

  /** Counts one more of an entry. */
  count(entry: Omit<AuditEntry, 'count' | 'outcomes'>): AuditEntry {
    const key = keyOf(entry);
    let known = this.#entries.get(key);
    if (known === undefined) {
      known = { ...entry, count: 0, outcomes: {} };
      if (this.#entries.size < MAX_ENTRIES) this.#entries.set(key, known);
      if (!this.#isWriting) {
        this.#isWriting = true;
        setImmediate(() => this.write()).unref();
      }
    }
    known.count++;
    this.#isDirty = true;
    return known;
  }

  outcome(entry: AuditEntry, outcome: string): void {
    entry.outcomes[outcome] = (entry.outcomes[outcome] ?? 0) + 1;
    this.#isDirty = true;
  }

  write(): void {
    this.#isWriting = false;
    if (!this.#isDirty) return;
    this.#isDirty = false;
    try {
      // Renamed into place: the command may read at any moment.
      fs.writeFileSync(`${this.#file}.new`, JSON.stringify([...this.#entries.values()]));
      fs.renameSync(`${this.#file}.new`, this.#file);
    } catch {
      // The command is gone, and its folder with it: there is nobody left to report to.
    }
  }
}
