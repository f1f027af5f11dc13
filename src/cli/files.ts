import fs from 'node:fs';
import path from 'node:path';

/** The package's own folder, where register.js is: this file runs from dist/ or, in tests, from build/cli/. */
export const PACKAGE_ROOT = findRoot(__dirname);

export const REGISTER_FILE = path.join(PACKAGE_ROOT, 'register.js');
/** Preloads of `audit` and `simulate`, beside the command itself. */
export const preloadFile = (name: 'audit' | 'simulate'): string => {
  const isBundled = path.basename(__dirname) === 'dist';
  return path.join(__dirname, isBundled ? `${name}.js` : `${name}-register.js`);
};

export const packageVersion = (): string => ownPackage().version;

/** Where faults of v6only are reported: `bugs` of package.json, else `homepage`. Undefined while there is no such place. */
export function placeForReports(): string | undefined {
  const { bugs, homepage } = ownPackage();
  return (typeof bugs === 'object' ? bugs.url : bugs) ?? homepage;
}

interface OwnPackage {
  readonly version: string;
  readonly bugs?: string | { readonly url?: string };
  readonly homepage?: string;
}

function ownPackage(): OwnPackage {
  return JSON.parse(fs.readFileSync(path.join(PACKAGE_ROOT, 'package.json'), 'utf8')) as OwnPackage;
}

function findRoot(start: string): string {
  for (let folder = start; path.dirname(folder) !== folder; folder = path.dirname(folder)) {
    if (fs.existsSync(path.join(folder, 'register.js'))) return folder;
  }
  return start;
}
