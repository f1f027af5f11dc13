import fs from 'node:fs';
import path from 'node:path';
import { ownPackage, packageRoot } from '../install/own-package';

export const PACKAGE_ROOT = packageRoot();

export const REGISTER_FILE = path.join(PACKAGE_ROOT, 'register.js');
/** The preloads of `audit` and `simulate`. They are in the same folder as the command. */
export const preloadFile = (name: 'audit' | 'simulate'): string => {
  const isBundled = path.basename(__dirname) === 'dist';
  return path.join(__dirname, isBundled ? `${name}.js` : `${name}-register.js`);
};

/** Undefined if it was removed: then `process.cwd()` throws. */
export function workingFolder(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}

export const packageVersion = (): string => ownPackage().version;

/** Where to report bugs of v6only: `bugs` of package.json, else `homepage`. Undefined if package.json has neither. */
export function placeForReports(): string | undefined {
  const { bugs, homepage } = ownPackage();
  return (typeof bugs === 'object' ? bugs.url : bugs) ?? homepage;
}

/** What is at a path. `denied`: this user may not search a folder on the way to it. Undefined: nothing can be there. */
export function placeAt(name: string): 'file' | 'folder' | 'other' | 'denied' | undefined {
  try {
    const found = fs.statSync(name);
    return found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? 'denied' : undefined;
  }
}

export const isFile = (name: string): boolean => placeAt(name) === 'file';
export const isFolder = (name: string): boolean => placeAt(name) === 'folder';

export function isExecutable(name: string): boolean {
  try {
    fs.accessSync(name, fs.constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
