import { ReportFile } from '../../install/report-file';
import { type AuditEntry, keyOf } from './entry';

/** More entries than anybody can read. The limit bounds the memory. */
const MAX_ENTRIES = 20_000;
/** Milliseconds between two writes of the counts. */
const INTERVAL_MS = 500;

/**
 * Collects the entries of one process or thread in a file, which is always up to date, because a process may end
 * without notice.
 */
export class Recorder {
  readonly #file: ReportFile;
  readonly #entries = new Map<string, AuditEntry>();
  #isDirty = false;
  #isWriting = false;

  /** @param given the value of V6ONLY_REPORT_FOLDER */
  constructor(given: string) {
    this.#file = new ReportFile(given, 'audit');
    setInterval(() => this.write(), INTERVAL_MS).unref();
    process.on('exit', () => this.write());
    this.#isDirty = true;
    this.write();
  }

  /** Counts one more use of an entry. */
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
    this.#file.write([...this.#entries.values()]);
  }
}
