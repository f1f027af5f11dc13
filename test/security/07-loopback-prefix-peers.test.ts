import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { beyond } from '../support/beyond.js';
import { connected, withServer, withUdp4 } from '../support/host-table.js';
import { HOST6 } from '../support/sockets.js';
import { suite } from '../support/suite.js';

// Claims 1 and 7: to the kernel a loopback prefix is a network like any other, so another host may have an address of it. Only
// this host's own addresses read as the loopback.
const check = suite(import.meta.url, {
  on: ['v6', 'lo4'],
  second: true,
  env: { V6ONLY_POLICY: '{"loopback":"fd00:7f::/96"}' },
});

const STRANGER = 'fd00:7f::7f00:9';
const ip = (command: string) => execFileSync('ip', ['-6', ...command.split(' ')]);

// First, since AVA loads this file on the machine itself, where nothing is changed.
check('the host has 127.0.0.1 and 127.0.0.2 of the prefix', async () => {
  for (const last of [1, 2]) ip(`addr add fd00:7f::7f00:${last}/128 dev lo nodad`);
  await isShownAs('127.0.0.2');
});

/** Connects from an own address until it is shown: what the kernel said before counts for a second. */
async function isShownAs(localAddress: string) {
  await withServer([0, '0.0.0.0'], async (port) => {
    const seen = async () => (await connected({ host: '127.0.0.1', port, localAddress })).said;
    while ((await seen()) !== localAddress) await new Promise((resolve) => setTimeout(resolve, 50));
  });
}

for (const host of ['0.0.0.0', '::']) {
  const shown = (address: string) => (host === '::' ? `::ffff:${address}` : address);

  check(`over TCP another host with an address of the prefix reads as itself, at ${host}`, async () => {
    await withServer([0, host], async (port) => {
      assert.deepEqual(await beyond('tcp', { host: HOST6, port, localAddress: STRANGER }), { said: STRANGER });
      const { said } = await connected({ host: '127.0.0.1', port, localAddress: '127.0.0.2' });
      assert.equal(said, shown('127.0.0.2'));
    });
  });
}

check('and over UDP', async () => {
  await withUdp4([0, '0.0.0.0'], async (socket) => {
    const { port } = socket.address();
    const senderOf = async (send: () => unknown) => {
      const message = once(socket, 'message');
      await send();
      return (await message)[1].address;
    };
    assert.equal(await senderOf(() => beyond('send', { host: HOST6, port, from: STRANGER, text: 'x' })), STRANGER);
    await withUdp4([0, '127.0.0.2'], async (own) => {
      assert.equal(await senderOf(() => own.send('x', port, '127.0.0.1')), '127.0.0.2');
    });
  });
});

check('an address that is local by a route is one of this host, as soon as the route is there', async () => {
  ip('route add local fd00:7f::7f00:20/124 dev lo');
  execFileSync('sh', ['-c', 'echo 1 > /proc/sys/net/ipv6/ip_nonlocal_bind']);
  await isShownAs('127.0.0.33');
});
