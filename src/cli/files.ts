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
