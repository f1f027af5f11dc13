import { createRequire } from 'node:module';
import path from 'node:path';
import type { V6OnlyError } from '../report/errors';
import { usage } from './arguments';
import { isExecutable, isFile, isFolder, placeAt, workingFolder } from './files';
import { interpreterLine, isJavaScript, SCRIPTS } from './interpreter';

/** The program to run: a file for this Node.js, or any other command. */
export interface Program {
  readonly kind: 'node' | 'command';
  readonly file: string;
  readonly args: readonly string[];
  /** The main script, if it is known. It decides which policy is used. */
  readonly script: string | undefined;
}

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
  const isWord = !/[/\\]/.test(first) && first !== '.' && first !== '..';
  const found = isWord ? commandIn([...foldersOfPath(), ...foldersOfPackages()], first) : commandAt(first);
  if (found.file !== undefined) return { kind: 'command', file: found.file, args: rest, script: undefined };
  if (isFile(first) && !isJavaScript(first)) throw notJavaScript(first, command);
  const script = mainFile(first);
  if (script !== undefined) return ofNode(words, script);
  if (isFolder(first)) {
    throw usage(
      `there is no program in the folder ${first}`,
      'Node.js runs index.js, or the "main" of package.json. Name a file',
    );
  }
  const near = SCRIPTS.map((extension) => first + extension).find(isFile);
  const hint =
    found.refused === undefined
      ? 'Name a JavaScript file, a command on the PATH, or a command in node_modules/.bin'
      : `This user may not execute ${found.refused}, or not search its folder (EACCES)`;
  throw usage(`found no command and no file "${first}"`, near === undefined ? hint : `Did you mean "${near}"?`);
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

const foldersOfPath = (): string[] => (process.env.PATH ?? '').split(path.delimiter).filter(Boolean);

/** npm and npx add these folders to the PATH. A shell does not. */
function foldersOfPackages(): string[] {
  const start = workingFolder();
  if (start === undefined) return [];
  const folders: string[] = [];
  for (let folder = start; ; folder = path.dirname(folder)) {
    folders.push(path.join(folder, 'node_modules', '.bin'));
    if (path.dirname(folder) === folder) return folders;
  }
}

interface Found {
  readonly file?: string;
  /** The first file that this user may not see or execute. As of execvp, it matters only if no other is found. */
  readonly refused?: string | undefined;
}

function commandIn(folders: readonly string[], name: string): Found {
  // Windows finds a command by its extension.
  const extensions = process.platform === 'win32' ? (process.env.PATHEXT ?? '.EXE;.CMD;.BAT').split(';') : [''];
  let refused: string | undefined;
  for (const folder of folders) {
    for (const extension of extensions) {
      const file = path.join(folder, name + extension);
      const place = placeAt(file);
      if (place === 'file' && isExecutable(file)) return { file };
      if (place === 'file' || place === 'denied') refused ??= file;
    }
  }
  return { refused };
}

/** A word with a slash. */
function commandAt(file: string): Found {
  if (placeAt(file) === 'denied') return { refused: file };
  return isFile(file) && isExecutable(file) ? { file: path.resolve(file) } : {};
}

/** Node.js would report a syntax error, and not that the file is for another interpreter. */
function notJavaScript(file: string, command: string): V6OnlyError {
  const interpreter = interpreterLine(file);
  const what =
    interpreter === undefined ? 'its name and its first line do not say JavaScript' : `it is for "${interpreter}"`;
  const isExecuted = isExecutable(file);
  const chmod = isExecuted ? '' : `chmod +x ${file}, then `;
  const path = /[/\\]/.test(file) ? file : `./${file}`;
  const node = interpreter === undefined ? `. As JavaScript: v6only ${command} node ${file}` : '';
  return usage(
    `${file} is no command${isExecuted ? ' on the PATH' : ', because it is not executable'}, and no JavaScript file: ${what}`,
    `To run it: ${chmod}v6only ${command} ${path}${node}`,
  );
}
