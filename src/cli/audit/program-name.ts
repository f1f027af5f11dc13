import fs from 'node:fs';
import path from 'node:path';
import { workingFolder } from '../files';
import type { Program } from '../program';

/** The program's name in the nearest package.json: to its main script, or, for a command, to the working directory. */
export function nameProgram({ script }: Program): { name: string | undefined; programVersion: string | undefined } {
  const start = script === undefined ? workingFolder() : path.dirname(script);
  for (let folder = start ?? '/'; ; folder = path.dirname(folder)) {
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
