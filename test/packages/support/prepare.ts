// What is made once and kept in .cache: a certificate for the addresses, and the data directories of the two database servers.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const CACHE = path.join(import.meta.dirname, '..', '.cache');
const asRoot = process.getuid?.() === 0;

/** The commands that programs need (`// needs: ...`), where they are found, and the Debian package of each. */
export const COMMANDS = {
  openssl: 'openssl',
  'redis-server': 'redis-server',
  memcached: 'memcached',
  postgres: 'postgresql',
  mariadbd: 'mariadb-server',
};

export function find(command) {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/sbin', ...postgresFolders()];
  // A database server is of use only beside the program that makes its data directory.
  const beside = { postgres: 'initdb', mariadbd: 'mariadb-install-db' }[command];
  const has = (folder, name) => fs.existsSync(path.join(folder, name));
  const folder = folders.find((f) => f && has(f, command) && (command !== 'postgres' || has(f, beside)));
  if (command === 'mariadbd' && !folders.some((f) => f && has(f, beside))) return undefined;
  return folder && path.join(folder, command);
}

function postgresFolders() {
  const root = '/usr/lib/postgresql';
  if (!fs.existsSync(root)) return [];
  const versions = fs.readdirSync(root).sort((a, b) => Number(b) - Number(a));
  return versions.map((version) => path.join(root, version, 'bin'));
}

const quiet = { stdio: ['pipe', 'ignore', 'inherit'] };

export function certificate() {
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
export function postgresData() {
  const data = path.join(CACHE, 'pgdata');
  if (fs.existsSync(path.join(data, 'PG_VERSION'))) return;
  fs.rmSync(data, { recursive: true, force: true });
  fs.mkdirSync(data, { recursive: true });
  const password = path.join(CACHE, 'password');
  fs.writeFileSync(password, 'secret\n');
  const initdb = [
    path.join(path.dirname(find('postgres')), 'initdb'),
    '-D',
    data,
    '-A',
    'scram-sha-256',
    '-U',
    'app',
    '--pwfile',
    password,
  ];
  const user = ['--reuid=postgres', '--regid=postgres', '--clear-groups'];
  if (asRoot) {
    // initdb refuses to run as root.
    execFileSync('chown', ['postgres', data, password]);
    execFileSync('setpriv', [...user, ...initdb], { ...quiet, cwd: '/' });
  } else execFileSync(initdb[0], initdb.slice(1), quiet);
  fs.appendFileSync(path.join(data, 'pg_hba.conf'), 'host all all all scram-sha-256\n');
}

export function mariadbData() {
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
  execFileSync(find('mariadbd'), [...common, '--bootstrap'], { input, stdio: ['pipe', 'ignore', 'ignore'] });
}
