import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

let written = 0;

/** Writes a file in one step: a program of another test may be reading it at this moment. */
export function writeWhole(file: string, text: string): string {
  mkdirSync(path.dirname(file), { recursive: true });
  const part = `${file}.${++written}`;
  writeFileSync(part, text);
  renameSync(part, file);
  return file;
}
