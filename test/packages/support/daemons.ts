// Servers that are no Node programs: each is started at BIND, as a distribution's package would configure it, with data of its own.
import { execFileSync, spawn } from 'node:child_process';
import path from 'node:path';
import { CACHE, onEnd, temporary } from './program.js';

/** 127.0.0.1 where the host has it, else ::1. */
export const BIND = process.env.BIND ?? '127.0.0.1';
const POSTGRES_BIN = process.env.POSTGRES_BIN ?? '';

/** Starts a server and resolves once it has said that it is ready. */
function start(command: string, args: readonly string[], ready: RegExp): Promise<void> {
  const env = { ...process.env };
  delete env.NODE_OPTIONS;
  return new Promise((resolve, reject) => {
    let output = '';
    const daemon = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
    onEnd(() => daemon.kill('SIGKILL'));
    const read = (chunk: Buffer) => {
      output += String(chunk);
      if (ready.test(output)) resolve();
    };
    daemon.stdout.on('data', read);
    daemon.stderr.on('data', read);
    daemon.on('error', reject);
    daemon.on('exit', (code) => reject(new Error(`${command} ended (${code}): ${output.slice(-600)}`)));
  });
}

const asRoot = process.getuid?.() === 0;
/** A command and its arguments that run another one as a user, if this one may. */
function as(user: string, command: string, args: readonly string[]): [command: string, args: readonly string[]] {
  if (!asRoot) return [command, args];
  return ['setpriv', [`--reuid=${user}`, `--regid=${user}`, '--clear-groups', command, ...args]];
}

export async function redis(port: string): Promise<void> {
  const args = ['--port', port, '--bind', BIND, '--save', '', '--appendonly', 'no', '--protected-mode', 'no'];
  await start('redis-server', [...args, '--dir', temporary()], /Ready to accept connections/);
}

export async function memcached(port: string): Promise<void> {
  const user = asRoot ? ['-u', 'nobody'] : [];
  await start(
    'memcached',
    ['-p', port, '-U', '0', '-l', BIND, '-m', '8', '-t', '1', '-vv', ...user],
    /server listening/,
  );
}

export async function postgres(port: string): Promise<void> {
  const directory = temporary();
  execFileSync('cp', ['-a', path.join(CACHE, 'pgdata'), `${directory}/data`]);
  const settings = ['-c', 'unix_socket_directories=', '-c', 'fsync=off'];
  const args = ['-D', `${directory}/data`, '-p', port, '-h', BIND, ...settings];
  await start(...as('postgres', path.join(POSTGRES_BIN, 'postgres'), args), /ready to accept connections/);
}

export async function mariadb(port: string): Promise<void> {
  const directory = temporary();
  execFileSync('cp', ['-a', path.join(CACHE, 'mysqldata'), `${directory}/data`]);
  const user = asRoot ? ['--user=root'] : [];
  const settings = ['--skip-name-resolve', '--innodb-buffer-pool-size=8M', '--innodb-log-file-size=4M'];
  const where = [
    `--datadir=${directory}/data`,
    `--socket=${directory}/socket`,
    `--port=${port}`,
    `--bind-address=${BIND}`,
  ];
  await start('mariadbd', ['--no-defaults', ...user, ...where, ...settings], /ready for connections/);
}
