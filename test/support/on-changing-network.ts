import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ExecutionContext } from 'ava';
import { evalOnHost, type Kind, nodeUnderTest } from './host.js';
import { inRepository } from './paths.js';

/** Two NAT64 prefixes. */
export const A = '2001:db8:a64::/96';
export const B = '2001:db8:b64::/96';

const support = JSON.stringify(inRepository('test/support/changing-network.cjs'));
const folder = mkdtempSync(path.join(tmpdir(), 'v6only-network-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

/** A file that names [::1] alone. */
export const resolvConf = path.join(folder, 'resolv.conf');
writeFileSync(resolvConf, 'nameserver ::1\n');

/**
 * Runs `body` on a host, with the functions of changing-network.cjs, `A`, `B` and a server's `port`; what it passes to `say` is
 * the result. 64:ff9b::/96 is silent.
 * @param options `env`; `prepare`: shell that runs before
 */
export async function onChangingNetwork<Said extends unknown[]>(
  t: ExecutionContext,
  kind: Kind,
  body: string,
  { env = {}, prepare = 'true' }: { env?: NodeJS.ProcessEnv; prepare?: string } = {},
): Promise<Said> {
  t.timeout(120_000);
  const source = `
    const { nameServer, nat64, connect, until, sleep, prefixes, server, v6only } = require(${support});
    const [A, B] = ${JSON.stringify([A, B])};
    const said = [];
    const say = (...values) => said.push(...values);
    process.on('exit', () => console.log(JSON.stringify(said)));
    (async () => {
      nat64('64:ff9b::/96', 'silent');
      const port = await server();
      ${body}
      process.exit();
    })();`;
  const { stdout, ...end } = await evalOnHost(kind, source, {
    env: { V6ONLY_NAT64: undefined, HOST_RESOLV: resolvConf, ...env },
    timeoutMs: 100_000,
    command: ['sh', '-c', `${prepare}; exec "$0" "$@"`, nodeUnderTest],
  });
  t.deepEqual(end, { code: 0, signal: null, stderr: '' });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}
