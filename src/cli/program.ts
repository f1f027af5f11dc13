import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { usage } from './arguments';
import { workingFolder } from './files';

/** The program to run: a file for this Node.js, or any other command. */
export interface Program {
  readonly kind: 'node' | 'command';
  readonly file: string;
  readonly args: readonly string[];
  /** The main script, if it is known. It decides which policy is used. */
  readonly script: string | undefined;
}

const SCRIPTS = ['.js', '.cjs', '.mjs', '.ts', '.cts', '.mts'];

/**
 * Finds the program in the words of a command line. A word with a slash is a file. A word without one is a command on
 * the PATH, else a command in node_modules/.bin, else a file.
 * @throws V6OnlyError V6ONLY_USAGE
 */
export function findProgram(words: readonly string[], command: string): Program {
  const [first, ...rest] = words;
  if (first === undefined || first === '') {
    throw usage('no program is named', `For example: v6only ${command} app.js, or v6only ${command} npm start`);
  }
  if (first.startsWith('-')) return ofNode(words, scriptAmong(words));
  if (SCRIPTS.includes(path.extname(first)) && isFile(first)) return ofNode(words, first);
  if (!/[/\\]/.test(first) && first !== '.' && first !== '..') {
    const file = commandOnPath(first) ?? commandOfPackages(first);
    if (file !== undefined) return { kind: 'command', file, args: rest, script: undefined };
  } else if (isFile(first) && isExecutable(first)) {
    return { kind: 'command', file: path.resolve(first), args: rest, script: undefined };
  }
  const script = mainFile(first);
  if (script !== undefined) return ofNode(words, script);
  if (isFolder(first)) {
    throw usage(
      `there is no program in the folder ${first}`,
      'Node.js runs index.js, or the "main" of package.json. Name a file',
    );
  }
  const near = SCRIPTS.map((extension) => first + extension).find(isFile);
  throw usage(
    `found no command and no file "${first}"`,
    near === undefined
      ? 'Name a JavaScript file, a command on the PATH, or a command in node_modules/.bin'
      : `Did you mean "${near}"?`,
  );
}

/** The file that Node.js runs for a word: `app` means app.js, and a folder its main file. It adds no other extension. */
function mainFile(word: string): string | undefined {
  try {
    return createRequire(__filename).resolve(path.resolve(word));
  } catch {
    return undefined;
  }
}

const ofNode = (words: readonly string[], script: string | undefined): Program => ({
  kind: 'node',
  file: process.execPath,
  args: words,
  script: script === undefined ? undefined : path.resolve(script),
});

/** The first word after Node.js options that is a file. Some options are followed by a value. */
const scriptAmong = (words: readonly string[]): string | undefined =>
  words.find((word) => !word.startsWith('-') && isFile(word));

function commandOnPath(name: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter(Boolean);
  return commandIn(folders, name);
}

/** npm and npx add these folders to the PATH. A shell does not. */
function commandOfPackages(name: string): string | undefined {
  const start = workingFolder();
  if (start === undefined) return undefined;
  const folders: string[] = [];
  for (let folder = start; ; folder = path.dirname(folder)) {
    folders.push(path.join(folder, 'node_modules', '.bin'));
    if (path.dirname(folder) === folder) return commandIn(folders, name);
  }
}

function commandIn(folders: readonly string[], name: string): string | undefined {
  // Windows finds a command by its extension.
  const extensions = process.platform === 'win32' ? (process.env.PATHEXT ?? '.EXE;.CMD;.BAT').split(';') : [''];
  for (const folder of folders) {
    for (const extension of extensions) {
      const file = path.join(folder, name + extension);
      if (isFile(file) && isExecutable(file)) return file;
    }
  }
  return undefined;
}

function isFile(name: string): boolean {
  return fs.statSync(name, { throwIfNoEntry: false })?.isFile() === true;
}

function isFolder(name: string): boolean {
  return fs.statSync(name, { throwIfNoEntry: false })?.isDirectory() === true;
}

function isExecutable(name: string): boolean {
  try {
    fs.accessSync(name, fs.constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export const isNode = (file: string): boolean => path.basename(fs.realpathSync(file)).replace(/\.exe$/i, '') === 'node';

/** The kind of a command. It explains why the command's first process may not get the hook. */
export function interpreterOf(file: string): 'node' | 'script' | 'binary' {
  if (isNode(file)) return 'node';
  const interpreter = interpreterLine(file);
  if (interpreter === undefined) return 'binary';
  return /\bnode\b/.test(interpreter) ? 'node' : 'script';
}

/** What follows `#!` in the first line of a file. Undefined if there is none, or if the file cannot be read. */
export function interpreterLine(file: string): string | undefined {
  const start = Buffer.alloc(256);
  let length: number;
  try {
    const descriptor = fs.openSync(file, 'r');
    try {
      length = fs.readSync(descriptor, start);
    } finally {
      fs.closeSync(descriptor);
    }
  } catch {
    return undefined;
  }
  return /^#!(.*)/.exec(start.toString('latin1', 0, length))?.[1]?.trim();
}
