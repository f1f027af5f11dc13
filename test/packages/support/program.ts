// What every program here uses. It opens no socket of its own.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { inRepository } from '../../support/paths.js';

export const name = path.basename(process.argv[1] ?? 'program').replace(/\.[cm]js$/, '');

/** An IPv4 address of "another machine": on each test host it, or its NAT64 address, is the host's own. */
export const REMOTE = process.env.REMOTE ?? '127.0.0.1';

/** The files that run.ts prepares: key.pem, cert.pem (for 127.0.0.1, 203.0.113.7, localhost), pgdata, mysqldata. */
export const CACHE = inRepository('test/packages/.cache');

const endings: (() => void)[] = [];
let finished = false;
const atEnd = () => {
  for (const ending of endings.splice(0).reverse()) ending();
};
process.on('exit', (code) => {
  atEnd();
  if (!finished && code === 0) {
    console.error('Error: the program ended without a result');
    process.exitCode = 9;
  }
});

/** Everything was as it should be. Exits, unless told to let the event loop run dry. */
export function done(note = '', { exit = true } = {}): void {
  finished = true;
  console.log(`ok ${name} ${note}`.trimEnd());
  if (exit) setImmediate(() => process.exit(0));
}

/** A directory of the program's own, removed when it ends. */
export function temporary(): string {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), `v6p-${name}-`));
  fs.chmodSync(directory, 0o755);
  endings.push(() => fs.rmSync(directory, { recursive: true, force: true, maxRetries: 3 }));
  return directory;
}

export const onEnd = (ending: () => void): number => endings.push(ending);

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The promise, or an error that says what was waited for in vain. */
export function within<Value>(ms: number, what: string, promise: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${ms} ms in vain for ${what}`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
