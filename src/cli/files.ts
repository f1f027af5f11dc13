import path from 'node:path';
import { ownPackage, packageRoot } from '../install/own-package';

export const PACKAGE_ROOT = packageRoot();

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
