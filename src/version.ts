import { readFileSync } from 'node:fs';
import path from 'node:path';

/** This copy's version, by its package.json: beside dist/, or build/ in tests. Undefined where that must not be read. */
export function ownVersion(): string | undefined {
  try {
    const { version } = JSON.parse(readFileSync(path.join(__dirname, '..', 'package.json'), 'utf8')) as {
      readonly version: string;
    };
    return version;
  } catch {
    return undefined;
  }
}
