import fs from 'node:fs';
import path from 'node:path';

export const isNode = (file: string): boolean => path.basename(fs.realpathSync(file)).replace(/\.exe$/i, '') === 'node';

/** The kind of a command. It explains why the command's first process may not get the hook. */
export function interpreterOf(file: string): 'node' | 'script' | 'binary' {
  if (isNode(file)) return 'node';
  const interpreter = interpreterLine(file);
  if (interpreter === undefined) return 'binary';
  return namesNode(interpreter) ? 'node' : 'script';
}

/** `/usr/bin/env -S node --flag` does, `ts-node` does not. */
const namesNode = (interpreter: string): boolean => /(^|[\s/])node(js)?(\s|$)/.test(interpreter);

/** What follows `#!` in the first line of a file. Undefined if there is none, or if the file cannot be read. */
export const interpreterLine = (file: string): string | undefined => /^#!(.*)/.exec(startOf(file))?.[1]?.trim();

export const SCRIPTS = ['.js', '.cjs', '.mjs', '.ts', '.cts', '.mts'];

/** Whether a file is for Node.js: its name says so, else its first line. Any other text without an extension may be. */
export function isJavaScript(file: string): boolean {
  const extension = path.extname(file);
  if (SCRIPTS.includes(extension)) return true;
  const interpreter = interpreterLine(file);
  if (interpreter !== undefined) return namesNode(interpreter);
  return extension === '' && !startOf(file).includes('\0');
}

/** Empty if the file cannot be read. */
function startOf(file: string): string {
  const start = Buffer.alloc(256);
  try {
    const descriptor = fs.openSync(file, 'r');
    try {
      return start.toString('latin1', 0, fs.readSync(descriptor, start));
    } finally {
      fs.closeSync(descriptor);
    }
  } catch {
    return '';
  }
}
