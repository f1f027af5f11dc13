// Rules of the policy come first, whatever the program has chosen for a datagram socket.
import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import { once } from 'node:events';
import os from 'node:os';
import { codeOf } from '../support/errors.js';
import { bound, HOST6, sent } from '../support/sockets.js';
import { suite } from '../support/suite.js';

const rules = [
  { match: '239.0.0.0/8', to: 'refuse' },
  { match: '238.0.0.0/8', to: HOST6 },
  { match: '127.0.0.0/8', port: 9, protocol: 'udp', to: 'refuse' },
];
const check = suite(import.meta.url, {
  on: ['v6', 'lo4', 'dual', 'docker'],
  env: { V6ONLY_POLICY: JSON.stringify({ rules }) },
});

/** What comes of a datagram and of a connect to an address. */
async function outcomes(socket: dgram.Socket, port: number, address: string) {
  const error = await sent(socket, 'x', port, address);
  const failure = await new Promise<unknown>((resolve) =>
    socket.connect(port, address, (...[e]: unknown[]) => resolve(e)),
  );
  if (!failure) socket.disconnect();
  return [codeOf(error), codeOf(failure)];
}

const own4 = () =>
  Object.values(os.networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family }) => family === 'IPv4')
    .map(({ address }) => address);

check('a group is refused, or led elsewhere, on whichever interface', async () => {
  const target = dgram.createSocket({ type: 'udp6', ipv6Only: true });
  const port = await bound(target, 0, HOST6);
  for (const by of [undefined, ...own4()]) {
    const socket = dgram.createSocket('udp4');
    await bound(socket, 0, '0.0.0.0');
    if (by !== undefined) socket.setMulticastInterface(by);
    assert.deepEqual(await outcomes(socket, port, '239.1.1.1'), ['EACCES', 'EACCES'], by);
    const heard = once(target, 'message');
    assert.deepEqual(await outcomes(socket, port, '238.1.1.1'), [undefined, undefined], by);
    await heard;
    socket.close();
  }
  target.close();
});

check('what is refused on the loopback is refused as 0.0.0.0 too', async () => {
  for (const [type, prefix] of [
    ['udp4', ''],
    ['udp6', '::ffff:'],
  ] as const) {
    for (const address of ['127.0.0.1', '0.0.0.0']) {
      const socket = dgram.createSocket(type);
      await bound(socket);
      assert.deepEqual(await outcomes(socket, 9, prefix + address), ['EACCES', 'EACCES'], prefix + address);
      socket.close();
    }
  }
});
