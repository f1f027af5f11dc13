import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeUnderTest, registerPath, runOnHost } from './host.js';

/** The command, from the same copy of the package as the preload. */
export const cliPath = path.join(path.dirname(registerPath), 'dist/cli.js');

/** Runs `v6only …` on a host of its own; `prepare` is shell that breaks or makes something there first. */
export function runCli(kind, args, { prepare, ...options } = {}) {
  const command = prepare === undefined ? [nodeUnderTest] : ['sh', '-ec', `${prepare}\nexec "$@"`, 'sh', nodeUnderTest];
  return runOnHost(kind, [cliPath, ...args], { hook: false, ...options, command });
}

/** A file beside the test that imports this. */
export const fixture = (name) => fileURLToPath(new URL(`../compliance/fixtures/${name}`, import.meta.url));

export const hasStrace = existsSync('/usr/bin/strace') || existsSync('/bin/strace');
