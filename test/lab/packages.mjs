// The programs that the lab is made of, all from Debian packages.
import { run } from './sh.mjs';

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
export function checkPackages() {
  const missing = Object.entries(PACKAGES).filter(([, program]) => !has(program));
  if (missing.length > 0) {
    const names = missing.map(([name]) => name).join(' ');
    throw new Error(`the lab needs more Debian packages: apt-get install --no-install-recommends ${names}`);
  }
}

/** One line with the versions (as dpkg says, or only that the program is there). */
export function versions() {
  const names = Object.keys(PACKAGES);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own placeholders
  const format = '-f=${Package} ${Version}\\n';
  const { stdout } = run(['dpkg-query', '-W', format, ...names], { allowFailure: true });
  const known = new Map((stdout ?? '').split('\n').map((line) => line.split(' ')));
  return names.map((name) => `${name} ${known.get(name) ?? '(not from a package)'}`).join(', ');
}

function has(program) {
  return run(['sh', '-c', `command -v ${program}`], { allowFailure: true }).status === 0;
}
