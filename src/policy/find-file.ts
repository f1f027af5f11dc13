import fs from 'node:fs';
import path from 'node:path';

/** In each folder, the first of these that is there (and, of package.json, that has the key) is the policy. */
export const POLICY_FILES = ['v6only.config.json', '.v6onlyrc.json', 'package.json'] as const;

export interface FoundFile {
  readonly file: string;
  readonly text: string;
  /** Why it must not be used, although it can be read. */
  readonly refusal?: string | undefined;
}

/**
 * Looks for the policy of a program: from its main script's folder up to its package root, the nearest folder with a
 * package.json. Where there is no package.json, in the main script's folder alone: what lies above, such as a home directory or
 * /tmp, is not the program's. Never from the working directory: who controls that must not control the network.
 *
 * Plain `fs`, since a search costs 0.4 ms so and 2.4 ms by a configuration finder (bench/rules.mts): every start pays it.
 *
 * @param mainScript `process.argv[1]`, which need not exist as it stands (`node app` means app.js)
 * @param onUnreadable is told of a file that is there but cannot be read
 */
export function findPolicyFile(
  mainScript: string,
  onUnreadable: (file: string, error: Error) => void,
): FoundFile | undefined {
  const start = folderOf(mainScript);
  /** What was found above the main script's folder: a policy if a package.json turns up, too. */
  let above: (() => FoundFile | undefined) | undefined;
  for (let folder = start; ; folder = path.dirname(folder)) {
    for (const name of POLICY_FILES) {
      const isPackage = name === 'package.json';
      if (above && !isPackage) continue;
      const found = readIfThere(path.join(folder, name), onUnreadable);
      if (found === undefined) continue;
      if (isPackage) {
        // The package root: whatever it says, the search ends here.
        const own = found();
        return above ? above() : own && hasPolicyKey(own.text) ? own : undefined;
      }
      if (folder === start) return found();
      above = found;
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

/** Undefined where there is no such file; else what reads it, or tells why that cannot be. */
function readIfThere(
  file: string,
  onUnreadable: (file: string, error: Error) => void,
): (() => FoundFile | undefined) | undefined {
  try {
    const found = readPolicyText(file);
    return () => found;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // With --permission, what the program may not read counts as absent.
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ERR_ACCESS_DENIED') return undefined;
    return () => {
      onUnreadable(file, error as Error);
      return undefined;
    };
  }
}

/** Twice what 4,096 rules with comments take. */
const MAX_OCTETS = 1024 * 1024;
const WRITABLE_BY_OTHERS = 0o022;

/** A file's text, without a byte order mark, and whether it may be a policy. Who can write a policy controls the network. */
export function readPolicyText(file: string): FoundFile {
  const descriptor = fs.openSync(file, 'r');
  try {
    const { mode } = fs.fstatSync(descriptor);
    // A package.json has other things in it, too: how long it may be is not for us to say.
    const bytes =
      path.basename(file) === 'package.json' ? fs.readFileSync(descriptor) : readAtMost(descriptor, MAX_OCTETS + 1);
    const text = bytes.toString('utf8', bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0);
    return { file, text, refusal: refusalOf(mode, bytes.length) };
  } finally {
    fs.closeSync(descriptor);
  }
}

function readAtMost(descriptor: number, limit: number): Buffer {
  const chunks: Buffer[] = [];
  for (let total = 0; total < limit; ) {
    const chunk = Buffer.allocUnsafe(Math.min(limit - total, 65_536));
    const count = fs.readSync(descriptor, chunk);
    if (count === 0) break;
    chunks.push(chunk.subarray(0, count));
    total += count;
  }
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
}

function refusalOf(mode: number, octets: number): string | undefined {
  if (octets > MAX_OCTETS)
    return `has more than ${MAX_OCTETS} octets. Name networks instead of single addresses, or split it by program`;
  // On Windows the mode says nothing of who may write.
  if ((mode & WRITABLE_BY_OTHERS) === 0 || process.platform === 'win32') return undefined;
  const octal = (mode & 0o777).toString(8);
  return `can be written by others than its owner (mode ${octal}), who would control the network of the program. Take that away: chmod go-w`;
}
