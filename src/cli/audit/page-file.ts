import fs from 'node:fs';
import { usage } from '../arguments';

/** The title of a report, of this version and of earlier ones. */
const OF_REPORT = /^<!doctype html>[\s\S]*v6only audit<\/title>/;
/** More octets than there are before the end of the title, in which a path may be. */
const HEAD = 65_536;

/**
 * The file of `--html`. It is written when the program has ended: the program may be that very file. That it can be
 * written is found out before, so that a missing folder does not cost the whole run.
 */
export class PageFile {
  readonly #name: string;

  /** @throws V6OnlyError V6ONLY_USAGE if the file cannot be written, or must not be overwritten */
  constructor(name: string) {
    this.#name = name;
    const fault = this.#attempt(() => {
      const present = fs.statSync(name, { throwIfNoEntry: false });
      if (present === undefined) this.#tryOut();
      // To open a pipe would wait for its reader, or end it.
      else if (present.isFile()) fs.closeSync(this.#open());
      else if (present.isDirectory()) throw new Error('it is a folder');
      else fs.accessSync(name, fs.constants.W_OK);
    });
    if (fault !== undefined) throw usage(fault);
  }

  /** @returns why it cannot be written */
  write(text: string): string | undefined {
    return this.#attempt(() => {
      const present = fs.statSync(this.#name, { throwIfNoEntry: false });
      if (present !== undefined && !present.isFile()) return fs.writeFileSync(this.#name, text);
      const descriptor = this.#open();
      try {
        fs.ftruncateSync(descriptor);
        fs.writeFileSync(descriptor, text);
      } finally {
        fs.closeSync(descriptor);
      }
    });
  }

  /** A file that is not there is made, and removed again: if the program does not start, none is left. */
  #tryOut(): void {
    fs.closeSync(this.#open());
    // The name may be a link to a file that was not there.
    fs.unlinkSync(fs.realpathSync(this.#name));
  }

  /** A mistyped command line must not cost a file that is something else. */
  #open(): number {
    const { O_RDWR, O_CREAT } = fs.constants;
    const descriptor = fs.openSync(this.#name, O_RDWR | O_CREAT, 0o666);
    const head = Buffer.alloc(HEAD);
    const length = fs.readSync(descriptor, head, 0, HEAD, 0);
    if (length === 0 || OF_REPORT.test(head.toString('utf8', 0, length))) return descriptor;
    fs.closeSync(descriptor);
    throw new Error('it exists and is not a report of v6only audit. Name another file, or remove it');
  }

  #attempt(what: () => void): string | undefined {
    try {
      what();
      return undefined;
    } catch (error) {
      return `--html ${this.#name} cannot be written: ${(error as Error).message}`;
    }
  }
}
