// The way back where a rule by name has led a datagram elsewhere, and IPv4 reaches another peer at the same address and port.
import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import { isIP } from 'node:net';
import { beyond, OUTSIDE4, OUTSIDE6, own4 } from '../support/beyond.js';
import type { Kind } from '../support/host.js';
import { bound, HOST6, sent } from '../support/sockets.js';
import { suite } from '../support/suite.js';

const NAME = 'elsewhere.example.org';
const check = suite(import.meta.url, {
  on: ['egress'],
  second: true,
  env: { V6ONLY_POLICY: JSON.stringify({ rules: [{ match: NAME, to: OUTSIDE6 }] }) },
});

for (const [type, prefix] of [
  ['udp4', ''],
  ['udp6', '::ffff:'],
] as const) {
  check(`a ${type} socket answers each of two peers at one IPv4 address the way that he came`, async () => {
    const shown = prefix + OUTSIDE4;
    const lookup = (name: string, _: unknown, done: (error: null, address: string, family: number) => void) => {
      const address = name === NAME ? shown : name;
      setImmediate(done, null, address, isIP(address));
    };
    const socket = dgram.createSocket({ type, lookup: lookup as dgram.SocketOptions['lookup'] });
    const port = await bound(socket);
    socket.on('message', (message, peer) => {
      assert.equal(peer.address, shown);
      socket.send(`re: ${message}`, peer.port, peer.address);
    });
    assert.equal(await sent(socket, 'x', 5555, NAME), null);
    const host4 = own4(process.env.V6ONLY_CHECK_HOST as Kind).address;
    const ask = async (host: string, localAddress: string, text: string) =>
      (await beyond('udp', { host, port, localAddress, localPort: 5555, text })).said;
    for (const text of ['first', 'again']) {
      assert.equal(await ask(HOST6, OUTSIDE6, text), `re: ${text}`);
      assert.equal(await ask(host4, OUTSIDE4, text), `re: ${text}`);
    }
    socket.close();
  });
}
