// The programs that the lab is made of, all from Debian packages.
import { tryRun } from './sh.js';

/** Package → the program that shows it is there. */
const PACKAGES = {
  iproute2: 'ip',
  tayga: 'tayga',
  unbound: 'unbound',
  bind9: 'named',
  'bind9-utils': 'dnssec-signzone',
  'bind9-dnsutils': 'dig',
  nsd: 'nsd',
  nginx: 'nginx',
  openssl: 'openssl',
  curl: 'curl',
  socat: 'socat',
  nftables: 'nft',
};

/** Throws one line that says what to install when something is missing. */
export function checkPackages(): void {
  const missing = Object.entries(PACKAGES).filter(([, program]) => !has(program));
  if (missing.length > 0) {
    const names = missing.map(([name]) => name).join(' ');
    throw new Error(`the lab needs more Debian packages: apt-get install --no-install-recommends ${names}`);
  }
}

/** One line with the versions (as dpkg says, or only that the program is there). */
export function versions(): string {
  const names = Object.keys(PACKAGES);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own placeholders
  const format = '-f=${Package} ${Version}\\n';
  const { stdout } = tryRun(['dpkg-query', '-W', format, ...names]);
  const known = new Map(stdout.split('\n').map((line) => line.split(' ') as [string, string]));
  return names.map((name) => `${name} ${known.get(name) ?? '(not from a package)'}`).join(', ');
}

function has(program: string): boolean {
  return tryRun(['sh', '-c', `command -v ${program}`]).status === 0;
}
