import fs from 'node:fs';
import path from 'node:path';

/** In each folder, the first of these that is there (and, of package.json, that has the key) is the policy. */
export const POLICY_FILES = ['v6only.config.json', '.v6onlyrc.json', 'package.json'] as const;

export interface FoundFile {
  readonly file: string;
  readonly text: string;
}

/**
 * Looks for the policy of a program: from its main script's folder up to its package root, the nearest folder with a
 * package.json. Never from the working directory: who controls that must not control the network.
 *
 * Plain `fs`, since a search costs 0.4 ms so and 2.4 ms by a configuration finder (bench/rules.mjs): every start pays it.
 *
 * @param mainScript `process.argv[1]`, which need not exist as it stands (`node app` means app.js)
 * @param onUnreadable is told of a file that is there but cannot be read
 */
export function findPolicyFile(
  mainScript: string,
  onUnreadable: (file: string, error: Error) => void,
): FoundFile | undefined {
  for (let folder = folderOf(mainScript); ; folder = path.dirname(folder)) {
    for (const name of POLICY_FILES) {
      const file = path.join(folder, name);
      const text = readIfThere(file, onUnreadable);
      if (text === undefined) continue;
      if (name !== 'package.json') return { file, text };
      // The package root: whatever it says, the search ends here.
      return hasPolicyKey(text) ? { file, text } : undefined;
    }
    if (path.dirname(folder) === folder) return undefined;
  }
}

/** Whether a package.json has a policy. One that is not JSON may have one: it is read, and the fault told. */
function hasPolicyKey(text: string): boolean {
  if (!text.includes('"v6only"')) return false;
  try {
    // "v6only" is among the dependencies, too.
    return Object.hasOwn(JSON.parse(text) as object, 'v6only');
  } catch {
    return true;
  }
}

/** The folder of the file that Node runs: links are followed, as it does. */
function folderOf(mainScript: string): string {
  const real = realPath(mainScript) ?? realPath(`${mainScript}.js`);
  if (real === undefined) return path.dirname(path.resolve(mainScript));
  return fs.statSync(real).isDirectory() ? real : path.dirname(real);
}

function realPath(file: string): string | undefined {
  try {
    return fs.realpathSync(file);
  } catch {
    return undefined;
  }
}

function readIfThere(file: string, onUnreadable: (file: string, error: Error) => void): string | undefined {
  try {
    return readText(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // With --permission, what the program may not read counts as absent.
    if (code !== 'ENOENT' && code !== 'ENOTDIR' && code !== 'ERR_ACCESS_DENIED') onUnreadable(file, error as Error);
    return undefined;
  }
}

/** A text file's content without a byte order mark. */
export function readText(file: string): string {
  const text = fs.readFileSync(file, 'utf8');
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}
