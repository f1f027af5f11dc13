import { existsSync } from 'node:fs';
import path from 'node:path';
import { type Ended, type HostOptions, type Kind, nodeUnderTest, registerPath, runOnHost } from './host.js';
import { inRepository } from './paths.js';

/** The command, from the same copy of the package as the preload. */
export const cliPath = path.join(path.dirname(registerPath), 'dist/cli.js');

/** Runs `v6only …` on a host of its own; `prepare` is shell that breaks or makes something there first. */
export function runCli(
  kind: Kind,
  args: readonly string[],
  { prepare, ...options }: HostOptions & { prepare?: string | undefined } = {},
): Promise<Ended> {
  const command = prepare === undefined ? [nodeUnderTest] : ['sh', '-ec', `${prepare}\nexec "$@"`, 'sh', nodeUnderTest];
  return runOnHost(kind, [cliPath, ...args], { hook: false, ...options, command });
}

/** A file of the compliance tests. */
export const fixture = (name: string): string => inRepository(`test/compliance/fixtures/${name}`);

export const hasStrace = existsSync('/usr/bin/strace') || existsSync('/bin/strace');
