import fs from 'node:fs';
import path from 'node:path';

/** The fields of this copy's package.json that are used. */
export interface OwnPackage {
  readonly version: string;
  readonly bugs?: string | { readonly url?: string };
  readonly homepage?: string;
}

/** The package's own folder, which contains register.js. This file runs from dist/ or, in tests, from build/src/. */
export function packageRoot(): string {
  for (let folder = __dirname; path.dirname(folder) !== folder; folder = path.dirname(folder)) {
    if (fs.existsSync(path.join(folder, 'register.js'))) return folder;
  }
  return __dirname;
}

/** The entry that preloads the hook: in the folder above dist/, or above build/ in tests. */
export const REGISTER_FILE = path.join(__dirname, '..', 'register.js');

/**
 * Whether this file is register.js of this copy. Where the package is part of a bundle, it is the bundle itself, with the
 * whole program, or does not exist.
 */
export function isOwnEntry(registerFile: string): boolean {
  return path.join(path.dirname(registerFile), 'dist', 'preload.js') === __filename && fs.existsSync(registerFile);
}

export function ownPackage(): OwnPackage {
  return JSON.parse(fs.readFileSync(path.join(packageRoot(), 'package.json'), 'utf8')) as OwnPackage;
}

/** Undefined if package.json must not be read (`--permission`). */
export function ownVersion(): string | undefined {
  try {
    return ownPackage().version;
  } catch {
    return undefined;
  }
}
