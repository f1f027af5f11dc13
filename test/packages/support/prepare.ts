// What is made once and kept in .cache: a certificate for the addresses, and the data directories of the two database servers.
import { type ExecFileSyncOptions, execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { inRepository } from '../../support/paths.js';

const CACHE = inRepository('test/packages/.cache');
const asRoot = process.getuid?.() === 0;

/** The commands that programs need (`// needs: ...`), where they are found, and the Debian package of each. */
export const COMMANDS: Readonly<Record<string, string>> = {
  openssl: 'openssl',
  'redis-server': 'redis-server',
  memcached: 'memcached',
  postgres: 'postgresql',
  mariadbd: 'mariadb-server',
};

/** A database server is of use only beside the program that makes its data directory. */
const BESIDE: Readonly<Record<string, string>> = { postgres: 'initdb', mariadbd: 'mariadb-install-db' };

/** The path of a command. */
export function find(command: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/sbin', ...postgresFolders()];
  const beside = BESIDE[command] ?? command;
  const has = (folder: string, name: string) => folder !== '' && fs.existsSync(path.join(folder, name));
  const folder = folders.find((one) => has(one, command) && (command !== 'postgres' || has(one, beside)));
  if (folder === undefined || !folders.some((one) => has(one, beside))) return undefined;
  return path.join(folder, command);
}

/** The path of a command that is there. */
export function found(command: string): string {
  const file = find(command);
  if (file === undefined) throw new Error(`${command} is not installed`);
  return file;
}

function postgresFolders(): string[] {
  const root = '/usr/lib/postgresql';
  if (!fs.existsSync(root)) return [];
  const versions = fs.readdirSync(root).sort((a, b) => Number(b) - Number(a));
  return versions.map((version) => path.join(root, version, 'bin'));
}

const quiet: ExecFileSyncOptions = { stdio: ['pipe', 'ignore', 'inherit'] };

export function certificate(): void {
  if (fs.existsSync(path.join(CACHE, 'cert.pem'))) return;
  fs.mkdirSync(CACHE, { recursive: true });
  const names = 'subjectAltName=DNS:localhost,DNS:v4only.example.org,DNS:dual.example.org,IP:127.0.0.1,IP:203.0.113.7';
  const key = ['-newkey', 'rsa:2048', '-nodes', '-keyout', `${CACHE}/key.pem`];
  const args = [
    'req',
    '-x509',
    ...key,
    '-out',
    `${CACHE}/cert.pem`,
    '-days',
    '3650',
    '-subj',
    '/CN=localhost',
    '-addext',
    names,
  ];
  execFileSync('openssl', args, { stdio: 'ignore' });
}

/** User `app`, password `secret`, over TCP from anywhere. */
export function postgresData(): void {
  const data = path.join(CACHE, 'pgdata');
  if (fs.existsSync(path.join(data, 'PG_VERSION'))) return;
  fs.rmSync(data, { recursive: true, force: true });
  fs.mkdirSync(data, { recursive: true });
  const password = path.join(CACHE, 'password');
  fs.writeFileSync(password, 'secret\n');
  const initdb = path.join(path.dirname(found('postgres')), 'initdb');
  const args = ['-D', data, '-A', 'scram-sha-256', '-U', 'app', '--pwfile', password];
  const user = ['--reuid=postgres', '--regid=postgres', '--clear-groups'];
  if (asRoot) {
    // initdb refuses to run as root.
    execFileSync('chown', ['postgres', data, password]);
    execFileSync('setpriv', [...user, initdb, ...args], { ...quiet, cwd: '/' });
  } else execFileSync(initdb, args, quiet);
  fs.appendFileSync(path.join(data, 'pg_hba.conf'), 'host all all all scram-sha-256\n');
}

export function mariadbData(): void {
  const data = path.join(CACHE, 'mysqldata');
  if (fs.existsSync(path.join(data, 'app'))) return;
  fs.rmSync(data, { recursive: true, force: true });
  fs.mkdirSync(data, { recursive: true });
  const common = ['--no-defaults', `--datadir=${data}`, ...(asRoot ? ['--user=root'] : [])];
  execFileSync('mariadb-install-db', [...common, '--auth-root-authentication-method=normal', '--skip-test-db'], {
    stdio: 'ignore',
  });
  // The bootstrap takes one statement a line.
  const statements = [
    'FLUSH PRIVILEGES;',
    'CREATE DATABASE app;',
    "CREATE USER 'app'@'%' IDENTIFIED BY 'secret';",
    "GRANT ALL ON *.* TO 'app'@'%';",
  ];
  const input = `${statements.join('\n')}\n`;
  execFileSync(found('mariadbd'), [...common, '--bootstrap'], { input, stdio: ['pipe', 'ignore', 'ignore'] });
}
