// What explain() says of an address to bind to is what a bind does, and so is `v6only explain --bind`.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { explain } from '../../src/index.js';
import { cliPath } from '../support/cli.js';
import { codeOf } from '../support/errors.js';
import { registerPath } from '../support/host.js';
import { suite } from '../support/suite.js';

const check = suite(import.meta.url, { on: ['v6', 'lo4', 'vpn', 'dual'] });
const v6only: { explain: typeof explain } = createRequire(import.meta.url)(
  path.join(path.dirname(registerPath), 'dist/index.js'),
);

const own = Object.values(os.networkInterfaces()).flatMap((list) => list?.map(({ address }) => address) ?? []);
const IPV4 = ['1.2.3.4', '10.9.9.9', '192.0.2.80', '0.0.0.0', '127.0.0.1', ...own.filter(net.isIPv4)];
const IPV6 = ['2001:db8::77', '::', ...own.filter((one) => net.isIPv6(one) && !/^fe80/.test(one))];

/** The code of the error of a bind, or undefined. */
async function bindTo(address: string, protocol: 'tcp' | 'udp'): Promise<string | undefined> {
  const socket =
    protocol === 'tcp'
      ? net.createServer().listen(0, address)
      : dgram.createSocket(net.isIPv4(address) ? 'udp4' : 'udp6').bind(0, address);
  const failed = await once(socket, 'listening').then(() => undefined, codeOf);
  if (failed === undefined) socket.close();
  return failed;
}

check('explain() of an address to bind to: refused where a bind fails, and only there', async () => {
  for (const protocol of ['tcp', 'udp'] as const) {
    for (const address of IPV4) {
      const { decision } = v6only.explain(address, { purpose: 'bind', protocol });
      const said = decision.kind === 'refuse' ? decision.errno : undefined;
      assert.equal(said, await bindTo(address, protocol), `${address} ${protocol}: ${decision.why}`);
    }
  }
});

check('v6only explain --bind: the same, and IPv6 addresses', async () => {
  const args = ['explain', '--bind', '--json', ...IPV4, ...IPV6];
  const { stdout } = await promisify(execFile)(process.execPath, [cliPath, ...args]).catch((error) => error);
  const answers = JSON.parse(stdout) as { asked: string; addresses: { error?: string; becomes?: string }[] }[];
  assert.equal(answers.length, IPV4.length + IPV6.length);
  for (const { asked, addresses } of answers) {
    assert.equal(addresses[0]?.error, await bindTo(asked, 'tcp'), asked);
    assert.equal(addresses[0]?.becomes === undefined, addresses[0]?.error !== undefined, asked);
  }
});

check('explain --protocol udp: a broadcast has the route that a datagram takes', async () => {
  const networks = Object.values(os.networkInterfaces()).flatMap((list) => list ?? []);
  const directed = networks.filter(
    ({ family, internal, netmask }) => family === 'IPv4' && !internal && netmask !== ALL,
  );
  const targets = [ALL, ...directed.map(({ address }) => address.replace(/\d+$/, '255'))];
  const args = ['explain', '--json', '--protocol', 'udp', ...targets];
  const { stdout } = await promisify(execFile)(process.execPath, [cliPath, ...args]).catch((error) => error);
  const answers = [JSON.parse(stdout)].flat() as { asked: string; addresses: { route?: { ok: boolean } }[] }[];
  for (const { asked, addresses } of answers) {
    const socket = dgram.createSocket('udp4').bind(0);
    await once(socket, 'listening');
    socket.setBroadcast(true);
    const error = await new Promise((resolve) => socket.send('x', 9, asked, resolve));
    assert.equal(addresses[0]?.route?.ok ?? false, error === null, `${asked}: ${error}`);
    socket.close();
  }
  assert.equal(answers.length, targets.length);
});
const ALL = '255.255.255.255';

check('explain() takes an IPv4-mapped address for its IPv4 address', () => {
  const { decision } = v6only.explain('::FFFF:c000:0250');
  assert.deepEqual(decision, v6only.explain('192.0.2.80').decision);
  assert.throws(() => v6only.explain('2001:db8::1'), { code: 'V6ONLY_INVALID_ADDRESS' });
});

check('explain() rejects options that are none', () => {
  const wrong = [
    null,
    'tcp',
    { protocol: 'sctp' },
    { port: 70_000 },
    { port: '80' },
    { purpose: 'listen' },
    { host: 1 },
  ];
  for (const options of wrong)
    assert.throws(() => v6only.explain('192.0.2.1', options as never), { code: 'V6ONLY_INVALID_OPTION' });
});
