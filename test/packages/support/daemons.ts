// Servers that are no Node programs: each is started at BIND, as a distribution's package would configure it, with data of its own.
import { execFileSync, spawn } from 'node:child_process';
import path from 'node:path';
import { CACHE, onEnd, temporary } from './program.mjs';

/** 127.0.0.1 where the host has it, else ::1. */
export const BIND = process.env.BIND ?? '127.0.0.1';
const POSTGRES_BIN = process.env.POSTGRES_BIN;

function start(command, args, ready) {
  const env = { ...process.env };
  delete env.NODE_OPTIONS;
  return new Promise((resolve, reject) => {
    let output = '';
    const daemon = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
    onEnd(() => daemon.kill('SIGKILL'));
    const read = (chunk) => {
      output += chunk;
      if (ready.test(output)) resolve();
    };
    daemon.stdout.on('data', read);
    daemon.stderr.on('data', read);
    daemon.on('error', reject);
    daemon.on('exit', (code) => reject(new Error(`${command} ended (${code}): ${output.slice(-600)}`)));
  });
}

const asRoot = process.getuid?.() === 0;
const as = (user, ...command) =>
  asRoot
    ? ['setpriv', [`--reuid=${user}`, `--regid=${user}`, '--clear-groups', ...command]]
    : [command[0], command.slice(1)];

export async function redis(port) {
  const args = ['--port', port, '--bind', BIND, '--save', '', '--appendonly', 'no', '--protected-mode', 'no'];
  await start('redis-server', [...args, '--dir', temporary()], /Ready to accept connections/);
}

export async function memcached(port) {
  const user = asRoot ? ['-u', 'nobody'] : [];
  await start(
    'memcached',
    ['-p', port, '-U', '0', '-l', BIND, '-m', '8', '-t', '1', '-vv', ...user],
    /server listening/,
  );
}

export async function postgres(port) {
  const directory = temporary();
  execFileSync('cp', ['-a', path.join(CACHE, 'pgdata'), `${directory}/data`]);
  const settings = ['-c', 'unix_socket_directories=', '-c', 'fsync=off'];
  const command = [path.join(POSTGRES_BIN, 'postgres'), '-D', `${directory}/data`, '-p', port, '-h', BIND, ...settings];
  await start(...as('postgres', ...command), /ready to accept connections/);
}

export async function mariadb(port) {
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
