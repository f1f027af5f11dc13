import fs from 'node:fs';
import path from 'node:path';
import type { Program } from '../program';

/** What the program's own package.json calls it: the nearest to its main script; for a command, to this folder. */
export function nameProgram({ script }: Program): { name: string | undefined; programVersion: string | undefined } {
  const start = script === undefined ? process.cwd() : path.dirname(script);
  for (let folder = start; ; folder = path.dirname(folder)) {
    const found = readNames(path.join(folder, 'package.json'));
    if (found) return found;
    if (path.dirname(folder) === folder) return { name: undefined, programVersion: undefined };
  }
}

function readNames(file: string) {
  try {
    const { name, version } = JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, unknown>;
    return { name: textOf(name), programVersion: textOf(version) };
  } catch {
    return undefined;
  }
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
