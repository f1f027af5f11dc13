import { findSourceMap } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageOf } from '../../hooks/process/native-packages';
import { PACKAGE_ROOT } from '../files';
import type { Site } from './entry';

/** The caller: the nearest frame outside Node and v6only, and the nearest frame in the program's own code. */
export interface Calling {
  readonly site: Site | undefined;
  readonly own: Site | undefined;
}

/** Deep enough for a promise library or a stack of middleware. */
const DEPTH = 60;
const OURS = [
  path.join(PACKAGE_ROOT, 'dist') + path.sep,
  path.join(PACKAGE_ROOT, 'build') + path.sep,
  path.join(PACKAGE_ROOT, 'register.js'),
];

/** Searches the stack. This takes some ten microseconds, so only the audit does it. */
export function findCalling(): Calling {
  let site: Site | undefined;
  for (const frame of stackFrames()) {
    const found = siteOf(frame);
    if (found === undefined) continue;
    site ??= found;
    if (found.packageName === undefined) return { site, own: found };
  }
  return { site, own: undefined };
}

/** The program may have frozen `Error`. Then there are fewer frames, or none. */
function stackFrames(): readonly NodeJS.CallSite[] {
  const holder: { stack?: unknown } = {};
  const undo = [
    setForNow('stackTraceLimit', DEPTH),
    setForNow('prepareStackTrace', (_: Error, frames: NodeJS.CallSite[]) => frames),
  ];
  try {
    Error.captureStackTrace(holder, findCalling);
    return Array.isArray(holder.stack) ? (holder.stack as NodeJS.CallSite[]) : [];
  } catch {
    return [];
  } finally {
    for (const one of undo) one();
  }
}

function setForNow(key: 'stackTraceLimit' | 'prepareStackTrace', value: unknown): () => void {
  const before = Object.getOwnPropertyDescriptor(Error, key);
  Reflect.defineProperty(Error, key, { value, writable: true, enumerable: true, configurable: true });
  return () => {
    // A missing property is not the same as an undefined one.
    if (before === undefined) Reflect.deleteProperty(Error, key);
    else Reflect.defineProperty(Error, key, before);
  };
}

/** Undefined if it is no file of the program: the name that `vm` gives to code may be anything. */
function siteOf(frame: NodeJS.CallSite): Site | undefined {
  try {
    const name = frame.getFileName();
    if (typeof name !== 'string' || name.startsWith('node:')) return undefined;
    const generated = name.startsWith('file:') ? fileURLToPath(name) : name;
    if (!path.isAbsolute(generated) || OURS.some((ours) => generated.startsWith(ours))) return undefined;
    const place = original(name, generated, frame.getLineNumber() ?? 1, frame.getColumnNumber() ?? 1);
    return { ...place, functionName: frame.getFunctionName() ?? undefined, packageName: packageOf(place.file) };
  } catch {
    return undefined;
  }
}

/** The position in the source of a compiled file, if Node has its source map (--enable-source-maps). */
function original(name: string, file: string, line: number, column: number): Pick<Site, 'file' | 'line' | 'column'> {
  const entry = findSourceMap(name)?.findEntry(line - 1, column - 1);
  if (entry === undefined || !('originalSource' in entry)) return { file, line, column };
  const source = entry.originalSource.startsWith('file:') ? fileURLToPath(entry.originalSource) : entry.originalSource;
  return { file: source, line: entry.originalLine + 1, column: entry.originalColumn + 1 };
}
