import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { splitNodeOptions } from '../hooks/process/node-options';

/**
 * The absolute path of the file that this process or thread runs, which may not exist in this form (`node app` means
 * app.js). Undefined if the code is not in a file (`-e`, standard input, a REPL, a `data:` URL): then `process.argv[1]` is
 * an argument of the program, and neither it nor the working directory says to whom the code belongs. Undefined in a worker
 * thread that is only being preloaded too, which has no `process.argv[1]` yet.
 */
export function mainScript(): string | undefined {
  const [, first] = process.argv;
  // A worker thread has the options of its process.
  if (first === undefined || (isMainThread && process.execArgv.some(isCode))) return undefined;
  // Node makes the path of the file that it runs absolute, and no other argument.
  if (path.isAbsolute(first)) return first;
  const inEnvironment = splitNodeOptions(process.env.NODE_OPTIONS ?? '').map(({ value }) => value);
  const options = [...inEnvironment, ...process.execArgv].map((option) => option.replaceAll('_', '-'));
  if (options.includes('--entry-url')) return fileOfUrl(first);
  // A file with tests. A pattern names no file.
  if (options.includes('--test')) return fs.existsSync(first) ? path.resolve(first) : undefined;
  // It gives the name under which it was called.
  return (require('node:sea') as typeof import('node:sea')).isSea() ? process.execPath : undefined;
}

/** Whether an option says that its value, or the standard input, is the code to run. */
const isCode = (option: string) => /^(?:-e|-p|-pe|--eval|--print)(?:=|$)/.test(option);

/** Node resolves the URL against the working directory. It also runs the code of `data:` URLs. */
function fileOfUrl(url: string): string | undefined {
  try {
    return fileURLToPath(new URL(url, pathToFileURL(`${process.cwd()}${path.sep}`)));
  } catch {
    return undefined;
  }
}
