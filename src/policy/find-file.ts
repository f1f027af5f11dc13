import fs from 'node:fs';
import path from 'node:path';

/**
 * The names of policy files. In each folder, the first that exists is the policy (package.json only if it has the key).
 */
export const POLICY_FILES = ['v6only.config.json', '.v6onlyrc.json', 'package.json'] as const;

export interface FoundFile {
  readonly file: string;
  readonly text: string;
  /** Why the file must not be used, although it can be read. */
  readonly refusal?: string | undefined;
}

/**
 * Looks for the policy of a program: from its main script's folder up to its package root, the nearest folder with a
 * package.json. Without a package.json, only the main script's folder is searched: folders above it, such as a home
 * directory or /tmp, do not belong to the program. The working directory is never searched, because others may control
 * it, and a policy controls the network.
 *
 * Uses plain `fs`: each start of a program pays for the search, which takes 0.4 ms, and 2.4 ms with a configuration
 * finder (bench/rules.mts).
 *
 * @param mainScript absolute path, which may not exist in this form (`node app` means app.js)
 * @param onUnreadable is called for a file that exists but cannot be read
 */
export function findPolicyFile(
  mainScript: string,
  onUnreadable: (file: string, error: Error) => void,
): FoundFile | undefined {
  const start = folderOf(mainScript);
  /** The file found above the main script's folder. It is the policy only if a package.json follows. */
  let above: (() => FoundFile | undefined) | undefined;
  for (let folder = start; ; folder = path.dirname(folder)) {
    for (const name of POLICY_FILES) {
      const isPackage = name === 'package.json';
      if (above && !isPackage) continue;
      const found = readIfThere(path.join(folder, name), onUnreadable);
      if (found === undefined) continue;
      if (isPackage) {
        // This folder is the package root, so the search ends here.
        const own = found();
        return above ? above() : own && hasPolicyKey(own.text) ? own : undefined;
      }
      if (folder === start) return found();
      above = found;
    }
    if (path.dirname(folder) === folder) return undefined;
  }
}

/**
 * Whether a package.json contains a policy. If it is not valid JSON, assume so: it is then parsed, and the fault is
 * reported.
 */
function hasPolicyKey(text: string): boolean {
  if (!text.includes('"v6only"')) return false;
  try {
    // "v6only" may also be a dependency.
    return Object.hasOwn(JSON.parse(text) as object, 'v6only');
  } catch {
    return true;
  }
}

/** The folder of the file that Node runs. Node follows links, so this does too. */
function folderOf(mainScript: string): string {
  const real = realPath(mainScript) ?? realPath(`${mainScript}.js`);
  if (real === undefined) return path.dirname(mainScript);
  return fs.statSync(real).isDirectory() ? real : path.dirname(real);
}

function realPath(file: string): string | undefined {
  try {
    return fs.realpathSync(file);
  } catch {
    return undefined;
  }
}

/** Undefined if there is no such file. Else a function that returns its text, or reports why it is unreadable. */
function readIfThere(
  file: string,
  onUnreadable: (file: string, error: Error) => void,
): (() => FoundFile | undefined) | undefined {
  try {
    const found = readPolicyText(file);
    return () => found;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // With --permission, a file that the program may not read counts as absent.
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ERR_ACCESS_DENIED') return undefined;
    // Node.js passes over a folder with this name too.
    if (code === 'EISDIR' && path.basename(file) === 'package.json') return undefined;
    return () => {
      onUnreadable(file, error as Error);
      return undefined;
    };
  }
}

/** Twice the size of 4,096 rules with comments. */
const MAX_OCTETS = 1024 * 1024;
const WRITABLE_BY_OTHERS = 0o022;

/**
 * The text of a file, without a byte order mark, and whether it may be a policy. Whoever can write a policy controls
 * the network.
 */
export function readPolicyText(file: string): FoundFile {
  // To open a pipe that nobody writes to would take for ever.
  if (fs.statSync(file).isFIFO()) throw new Error('it is a pipe, not a file');
  const descriptor = fs.openSync(file, 'r');
  try {
    const { mode } = fs.fstatSync(descriptor);
    // A package.json contains more than the policy, so v6only sets no limit on its size.
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
  // On Windows the mode does not say who may write.
  if ((mode & WRITABLE_BY_OTHERS) === 0 || process.platform === 'win32') return undefined;
  const octal = (mode & 0o777).toString(8);
  return `is writable by users other than its owner (mode ${octal}), who could control the network of the program. Remove this permission: chmod go-w`;
}
