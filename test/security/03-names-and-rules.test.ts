import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import dns from 'node:dns/promises';
import { once } from 'node:events';
import net from 'node:net';
import { beyond, INSIDE6, OUTSIDE4, OUTSIDE6, WHO_PORT } from '../support/beyond.js';
import { answered, connected, withServer } from '../support/host-table.js';
import { bound, HOST6, listening } from '../support/sockets.js';
import { suite } from '../support/suite.js';

// Claims 1 and 3 where rules send IPv4 addresses to IPv6 ones: a stranger's name that leads to the target of a rule gets no
// address that passes a filter which denies the target, and a rule for one port gives the host no other name.
const OTHER4 = '192.0.2.81';
const rules = [
  { match: 'outside.example.org', to: OUTSIDE6 },
  { match: 'dual.example.org', port: WHO_PORT, to: 'refuse' },
  { match: 'own.example.org', to: 'refuse' },
  { match: OUTSIDE4, to: INSIDE6 },
  { match: OTHER4, port: WHO_PORT, to: OUTSIDE6 },
];
const check = suite(import.meta.url, {
  on: ['v6', 'lo4'],
  second: true,
  dns: 'plain',
  env: { V6ONLY_POLICY: JSON.stringify({ rules }) },
});
const lookup4 = (name: string) => dns.lookup(name, { family: 4 }).then(({ address }) => address);

check('the target of a rule is private: a name that leads there is too', async () => {
  assert.match(await lookup4('ula.example.org'), /^10\./);
  assert.equal((await connected({ host: 'ula.example.org', family: 4 })).said, `${INSIDE6} ${HOST6}`);
  assert.equal((await connected({ host: OUTSIDE4 })).said, `${INSIDE6} ${HOST6}`);
});

check('a rule for one port does not name the host', async () => {
  assert.notEqual(await lookup4('outside6.example.org'), OTHER4);
  assert.equal((await connected({ host: 'outside6.example.org', family: 4 })).said, `${OUTSIDE6} ${HOST6}`);
  await withServer([0, '0.0.0.0'], async (port) => {
    const { said } = await beyond('tcp', { host: HOST6, port, localAddress: OUTSIDE6 });
    assert.notEqual(said, OTHER4);
  });
});

check('but who was asked at that port answers from the address that was asked', async () => {
  const socket = dgram.createSocket('udp4');
  const answer = { said: `${OUTSIDE6} ${HOST6}`, address: OTHER4, family: 'IPv4' };
  assert.deepEqual(await answered(socket, OTHER4), answer);
  socket.close();
  const dual = dgram.createSocket('udp6');
  const mapped = { ...answer, address: `::ffff:${OTHER4}`, family: 'IPv6' };
  assert.deepEqual(await answered(dual, `::ffff:${OTHER4}`), mapped);
  dual.close();
});

check('rules by name hold for datagrams', { on: ['v6', 'lo4', 'dual', 'docker'] }, async () => {
  for (const options of [{ type: 'udp4' }, { type: 'udp6' }, { type: 'udp6', ipv6Only: true }] as const) {
    const name = JSON.stringify(options);
    const socket = dgram.createSocket(options);
    assert.deepEqual(await answered(socket, 'dual.example.org'), { error: 'EACCES' }, name);
    if (options.type === 'udp4') {
      const answer = { said: `${OUTSIDE6} ${HOST6}`, address: OUTSIDE4, family: 'IPv4' };
      assert.deepEqual(await answered(socket, 'outside.example.org'), answer);
      // A reply goes to who answered, even if the address alone leads elsewhere.
      assert.deepEqual(await answered(socket, OUTSIDE4), answer);
    }
    socket.close();
    const connected = dgram.createSocket(options);
    const failure = await new Promise<NodeJS.ErrnoException>((resolve) =>
      connected.connect(WHO_PORT, 'dual.example.org', (...[error]: unknown[]) => resolve(error as Error)),
    );
    assert.equal(failure?.code, 'EACCES', name);
    connected.close();
  }
});

check('the name to which a socket is bound concerns no datagram', { on: ['v6', 'lo4', 'dual', 'docker'] }, async () => {
  const other = dgram.createSocket({ type: 'udp6', ipv6Only: true });
  other.connect(WHO_PORT, OUTSIDE6);
  await once(other, 'connect');
  const lookup = (_: string, __: unknown, done: (error: null, address: string, family: number) => void) =>
    done(null, '127.0.0.1', 4);
  const socket = dgram.createSocket({ type: 'udp4', lookup: lookup as dgram.SocketOptions['lookup'] });
  const error = await new Promise<unknown>((resolve) => {
    socket.on('listening', () => other.send('x', resolve));
    socket.bind(0, 'own.example.org');
  });
  assert.equal(error, null);
  for (const one of [socket, other]) one.close();
});

// Claim 4 for the same rules: to the operator, the target is the host with this IPv4 address.
check('a server and a socket that are open to both families block the target of a rule', { node: 24 }, async () => {
  const blockList = new net.BlockList();
  blockList.addAddress(OUTSIDE4);
  const server = net.createServer({ blockList }, (socket) => socket.on('error', () => {}).end('in'));
  const port = await listening(server, 0, '::');
  const said = async (localAddress: string) => (await beyond('tcp', { host: HOST6, port, localAddress })).said || 'out';
  assert.deepEqual([await said(INSIDE6), await said(OUTSIDE6)], ['out', 'in']);
  server.close();

  const socket = dgram.createSocket({ type: 'udp6', receiveBlockList: blockList });
  const to = await bound(socket, 0, '::');
  const heard: string[] = [];
  socket.on('message', (message) => heard.push(String(message)));
  await beyond('send', { host: HOST6, port: to, from: INSIDE6, text: 'blocked' });
  await beyond('send', { host: HOST6, port: to, from: OUTSIDE6, text: 'let in' });
  while (heard.length === 0) await once(socket, 'message');
  assert.deepEqual(heard, ['let in']);
  socket.close();
});
