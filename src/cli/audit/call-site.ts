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

function stackFrames(): NodeJS.CallSite[] {
  const { prepareStackTrace, stackTraceLimit } = Error;
  const holder: { stack?: NodeJS.CallSite[] } = {};
  try {
    Error.stackTraceLimit = DEPTH;
    Error.prepareStackTrace = (_, frames) => frames;
    Error.captureStackTrace(holder, findCalling);
    return holder.stack ?? [];
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    // A missing property is not the same as an undefined one.
    if (prepareStackTrace === undefined) delete (Error as { prepareStackTrace?: unknown }).prepareStackTrace;
    else Error.prepareStackTrace = prepareStackTrace;
  }
}

function siteOf(frame: NodeJS.CallSite): Site | undefined {
  const name = frame.getFileName();
  if (typeof name !== 'string' || name.startsWith('node:')) return undefined;
  const generated = name.startsWith('file:') ? fileURLToPath(name) : name;
  if (!path.isAbsolute(generated) || OURS.some((ours) => generated.startsWith(ours))) return undefined;
  const place = original(name, generated, frame.getLineNumber() ?? 1, frame.getColumnNumber() ?? 1);
  return { ...place, functionName: frame.getFunctionName() ?? undefined, packageName: packageOf(place.file) };
}

/** The position in the source of a compiled file, if Node has its source map (--enable-source-maps). */
function original(name: string, file: string, line: number, column: number): Pick<Site, 'file' | 'line' | 'column'> {
  const entry = findSourceMap(name)?.findEntry(line - 1, column - 1);
  if (entry === undefined || !('originalSource' in entry)) return { file, line, column };
  const source = entry.originalSource.startsWith('file:') ? fileURLToPath(entry.originalSource) : entry.originalSource;
  return { file: source, line: entry.originalLine + 1, column: entry.originalColumn + 1 };
}
