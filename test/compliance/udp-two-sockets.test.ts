import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { type StdioOptions, spawn, spawnSync } from 'node:child_process';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import net from 'node:net';
import type { Readable } from 'node:stream';
import type { Failure } from '../support/errors.js';
import type { Kind } from '../support/host.js';
import { udpHandleOf } from '../support/internals.js';
import { bound, errorOf, HOST4, HOST6, ownAddress, PEER6, sent } from '../support/sockets.js';
import { suite } from '../support/suite.js';

// A udp4 socket is an AF_INET socket and, where it is needed, an AF_INET6 one beside it. The program sees one.
const check = suite(import.meta.url);
const WITHOUT_IPV4: Kind[] = ['noinet', 'v6', 'lo4'];
const kind = process.env.V6ONLY_CHECK_HOST;

const udp4 = (options: Partial<dgram.SocketOptions> = {}) => dgram.createSocket({ type: 'udp4', ...options });

/** Descriptors of this process that are sockets. */
const sockets = () =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:');
    } catch {
      return false; // the one that the folder was read with
    }
  }).length;

/** A udp4 socket that sends back what it gets, on `address`. */
async function echo(address: string) {
  const socket = udp4();
  socket.on('message', (message, { port, address: from }) => socket.send(message, port, from));
  return { socket, port: await bound(socket, 0, address) };
}

check('a pair is two descriptors, where there is a choice, and closes both', async () => {
  for (const [address, count] of [
    ['0.0.0.0', kind === 'lo4' ? 2 : 1],
    ['127.0.0.1', 1],
    [HOST4, 1],
  ] as const) {
    const before = sockets();
    const socket = udp4();
    await bound(socket, 0, address);
    assert.equal(sockets() - before, count, address);
    socket.close();
    await once(socket, 'close');
    // libuv closes a descriptor when its loop comes round.
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(sockets(), before, address);
  }
});

check('both have one port, and address() is one', { on: ['lo4'] }, async () => {
  const socket = udp4();
  const port = await bound(socket, 0, '0.0.0.0');
  assert.deepEqual(socket.address(), { address: '0.0.0.0', family: 'IPv4', port });
  const heard: string[] = [];
  socket.on('message', (message, { address }) => heard.push(`${message} ${address}`));
  const six = dgram.createSocket('udp6');
  await bound(six, 0, PEER6);
  for (const [by, host] of [
    [udp4(), '127.0.0.1'],
    [six, HOST6],
  ] as const) {
    by.send(host, port, host);
    await once(socket, 'message');
    by.close();
  }
  assert.deepEqual(heard, ['127.0.0.1 127.0.0.1', `${HOST6} ${PEER6}`]);
  socket.close();
});

for (const host of ['127.0.0.1', HOST4]) {
  check(`while it is connected to ${host} it hears nobody else`, async () => {
    const peer = await echo(host);
    const socket = udp4();
    // The kernel takes an ephemeral port back when a socket is connected no more.
    const port = await bound(socket, 7059, '0.0.0.0');
    socket.connect(peer.port, host);
    await once(socket, 'connect');
    assert.deepEqual(socket.remoteAddress(), { address: host, family: 'IPv4', port: peer.port });
    const heard: string[] = [];
    socket.on('message', (message) => heard.push(String(message)));
    const others = ['127.0.0.1', HOST4].map((to) => ({ to, by: udp4() }));
    for (const { to, by } of others) assert.equal(await sent(by, 'x', port, to), null);
    socket.send('mine');
    while (!heard.includes('mine')) await once(socket, 'message');
    assert.deepEqual(heard, ['mine']);
    socket.disconnect();
    // An AF_INET6 socket that was connected hears on its former address alone, natively too (Linux 6.18).
    const again = kind === 'lo4' || kind === 'dual' ? others : others.filter(({ to }) => to === host);
    for (const { to, by } of again) {
      by.send(to, port, to);
      await once(socket, 'message');
    }
    assert.deepEqual(heard, ['mine', ...again.map(({ to }) => to)]);
    for (const { by } of others) by.close();
    socket.close();
    peer.socket.close();
  });
}

check('a socket on the host’s own address sends to 127.0.0.1, and is answered', async () => {
  const own = ownAddress();
  const near = await echo('127.0.0.1');
  const socket = udp4();
  await bound(socket, 0, own);
  socket.send('x', near.port, '127.0.0.1');
  const [message, rinfo] = await once(socket, 'message');
  assert.equal(String(message), 'x');
  assert.equal(rinfo.address, '127.0.0.1');
  assert.equal(socket.address().address, own);
  socket.close();
  near.socket.close();
});

check('multicast on 127.0.0.1 is IPv4', { on: ['lo4', 'dual'] }, async () => {
  const socket = udp4({ reuseAddr: true });
  const port = await bound(socket, 0, '0.0.0.0');
  socket.addMembership('239.1.2.3', '127.0.0.1');
  socket.setMulticastInterface('127.0.0.1');
  socket.send('near', port, '239.1.2.3');
  const [message, rinfo] = await once(socket, 'message');
  assert.equal(String(message), 'near');
  assert.equal(rinfo.address, '127.0.0.1');
  socket.dropMembership('239.1.2.3', '127.0.0.1');
  socket.close();
});

check('a group without an interface is joined by null too', async () => {
  const socket = udp4();
  await bound(socket, 0, '0.0.0.0');
  for (const act of [socket.addMembership, socket.dropMembership]) Reflect.apply(act, socket, ['239.1.2.3', null]);
  socket.close();
});

check('the second bind works where the first address was not the host’s', async () => {
  const socket = udp4();
  socket.bind(7058, '192.0.2.9');
  assert.equal((await errorOf(socket)).code, 'EADDRNOTAVAIL');
  assert.equal(await bound(socket, 7058, '0.0.0.0'), 7058);
  socket.close();
});

for (const [type, address] of [
  ['udp4', '::'],
  ['udp4', '::1'],
  ['udp4', '::ffff:127.0.0.1'],
  ['udp6', '127.0.0.1'],
] as const) {
  check(`${type} cannot be bound to ${address}`, async () => {
    const socket = dgram.createSocket(type);
    socket.bind(0, address);
    assert.equal((await errorOf(socket)).code, 'EINVAL');
    socket.close();
  });
}

check('what needs a descriptor says EBADF before the bind', async () => {
  for (const call of [
    (socket: dgram.Socket) => socket.setMulticastInterface('127.0.0.1'),
    (socket: dgram.Socket) => socket.setTTL(9),
    (socket: dgram.Socket) => socket.setBroadcast(true),
  ]) {
    const socket = udp4();
    assert.throws(() => call(socket), { code: 'EBADF' });
    assert.equal(typeof (await bound(socket, 0, '0.0.0.0')), 'number');
    socket.close();
  }
});

const GARBAGE: [type: dgram.SocketType, addresses: string[]][] = [
  ['udp4', ['0x7f.0.0.1', '999.0.113.7', '203.0.113.7 ', '', 'evil']],
  ['udp6', ['::ffff:zz', '::ffff:999.1.1.1', '127.0.0.1', '203.0.113.7', 'evil']],
];

for (const [type, garbage] of GARBAGE) {
  check(`a look-up of ${type} that gives no address of its family sends nothing: EINVAL`, async () => {
    for (const address of garbage) {
      const lookup = (name: string, family: unknown, callback: (...said: unknown[]) => void) =>
        process.nextTick(callback, null, net.isIP(name) ? name : address, family);
      const socket = dgram.createSocket({ type, lookup } as dgram.SocketOptions);
      await bound(socket, 0);
      assert.equal((await sent(socket, 'x', 9, 'name'))?.code, 'EINVAL', JSON.stringify(address));
      socket.close();
    }
  });
}

check('a udp6 socket that is sent to an IPv4 literal says EINVAL', async () => {
  const socket = dgram.createSocket('udp6');
  assert.equal((await sent(socket, 'x', 9, '127.0.0.1'))?.code, 'EINVAL');
  socket.close();
});

check('nothing of Object.prototype is taken for a socket’s state', async () => {
  const { socket: server, port } = await echo('0.0.0.0');
  for (const [key, value] of Object.entries({
    peer: '127.0.0.1',
    local: '127.0.0.1',
    second: {},
    connected: {},
    carrier: {},
  }))
    Object.defineProperty(Object.prototype, key, { value, configurable: true, writable: true });
  try {
    const socket = udp4();
    socket.send('x', port, HOST4);
    const [, rinfo] = await once(socket, 'message');
    assert.equal(rinfo.address, HOST4);
    assert.equal(socket.address().address, '0.0.0.0');
    socket.connect(port, HOST4);
    await once(socket, 'connect');
    assert.equal(socket.remoteAddress().address, HOST4);
    socket.close();
  } finally {
    for (const key of ['peer', 'local', 'second', 'connected', 'carrier'])
      Reflect.deleteProperty(Object.prototype, key);
  }
  server.close();
});

check(
  'without a descriptor for the second the first works, and the second is made later',
  { on: ['lo4'] },
  async () => {
    const near = await echo('127.0.0.1');
    const far = await echo(HOST4);
    // All modules that are needed are loaded.
    assert.equal(await sent(udp4().unref(), 'x', far.port, HOST4), null);
    const code = `
    const dgram = require('dgram'), fs = require('fs'), { once } = require('events');
    const sent = (socket, port, host) => new Promise((resolve) => socket.send('x', port, host, (error) => resolve(error?.code ?? 'sent')));
    (async () => {
      const warm = dgram.createSocket('udp4');
      await sent(warm, ${far.port}, '${HOST4}');
      warm.close();
      await new Promise((resolve) => setTimeout(resolve, 50));
      const files = [];
      for (;;) try { files.push(fs.openSync('/dev/null')); } catch { break; }
      fs.closeSync(files.pop());
      const socket = dgram.createSocket('udp4');
      socket.bind(0);
      await once(socket, 'listening');
      const said = [await sent(socket, ${near.port}, '127.0.0.1'), await sent(socket, ${far.port}, '${HOST4}')];
      for (const file of files) fs.closeSync(file);
      said.push(await sent(socket, ${far.port}, '${HOST4}'));
      console.log(said.join());
      process.exit();
    })();`;
    const limited = ['-c', 'ulimit -n 64; exec "$0" "$@"', process.execPath, ...process.execArgv, '-e', code];
    const { stdout, stderr } = spawnSync('sh', limited, { encoding: 'utf8' });
    assert.equal(stdout, 'sent,EMFILE,sent\n', stderr);
    near.socket.close();
    far.socket.close();
  },
);

check('unref holds for both', () => {
  const code = `const socket = require('dgram').createSocket('udp4');
    socket.unref();
    socket.send('x', 9, '${HOST4}', () => console.log('sent'));
    socket.send('x', 9, '127.0.0.1', () => socket.bind);`;
  const child = spawnSync(process.execPath, [...process.execArgv, '-e', code], { encoding: 'utf8', timeout: 8000 });
  assert.equal(child.signal, null, 'it did not end');
});

check('a block list has the address that the kernel gave or gets', { on: WITHOUT_IPV4, node: 24 }, async () => {
  const blockList = new net.BlockList();
  blockList.addSubnet('64:ff9b::', 96, 'ipv6');
  const receiver = udp4({ receiveBlockList: blockList });
  const port = await bound(receiver, 0, '0.0.0.0');
  const heard: string[] = [];
  receiver.on('message', (message) => heard.push(String(message)));
  const blocked = udp4();
  await bound(blocked, 0, HOST4);
  blocked.send('blocked', port, HOST4);
  const free = udp4();
  await bound(free, 0, '127.0.0.1');
  free.send('free', port, '127.0.0.1');
  while (!heard.includes('free')) await once(receiver, 'message');
  assert.deepEqual(heard, ['free']);
  const sender = udp4({ sendBlockList: blockList });
  assert.equal((await sent(sender, 'x', port, HOST4))?.code, 'ERR_IP_BLOCKED');
  const connecting = udp4({ sendBlockList: blockList });
  const error = await new Promise<Failure | undefined>((resolve) =>
    connecting.connect(port, HOST4, (...failure: Failure[]) => resolve(failure[0])),
  );
  assert.equal(error?.code, 'ERR_IP_BLOCKED');
  for (const socket of [receiver, blocked, free, sender, connecting]) socket.close();
});

check('a descriptor that is inherited hears IPv6 too', { on: ['lo4'] }, async () => {
  const socket = udp4();
  // A handle without a socket of the program is one kernel socket, for others.
  const handle = new (udpHandleOf(socket).constructor)();
  socket.close();
  assert.equal(handle.bind('0.0.0.0', 0, 0), 0);
  const name: { port?: number } = {};
  handle.getsockname(name);
  const code = `const socket = require('dgram').createSocket('udp4');
    socket.on('message', (message, { port, address }) => socket.send(address, port, address, () => socket.close()));
    socket.bind({ fd: 3 }, () => console.log(socket.address().port));`;
  const stdio: StdioOptions = ['ignore', 'pipe', 'inherit', handle.fd];
  const child = spawn(process.execPath, [...process.execArgv, '-e', code], { stdio });
  const ended = once(child, 'exit');
  assert.equal(String((await once(child.stdout as Readable, 'data'))[0]), `${name.port}\n`);
  handle.close();
  const six = dgram.createSocket('udp6');
  await bound(six, 0, PEER6);
  six.send('x', Number(name.port), HOST6);
  assert.equal(String((await once(six, 'message'))[0]), PEER6);
  six.close();
  await ended;
});

check('events of a socket run in the asynchronous context in which it was created', async () => {
  const storage = new AsyncLocalStorage<string>();
  const seen: unknown[] = [];
  const created = (options: dgram.SocketOptions) =>
    storage.run(`created ${options.type}`, () => {
      const socket = dgram.createSocket(options);
      return socket
        .on('message', (message) => seen.push([`${message}`, storage.getStore()]))
        .on('error', ({ code }: NodeJS.ErrnoException) => seen.push([code, storage.getStore()]));
    });
  const heard = async (socket: dgram.Socket) => {
    const { length } = seen;
    while (seen.length === length) await new Promise((heard) => socket.once('message', heard).once('error', heard));
    return seen.at(-1);
  };

  const server = await echo('0.0.0.0');
  for (const isBound of [false, true]) {
    const client = created({ type: 'udp4' });
    if (isBound) await storage.run('bound', () => bound(client, 0, '0.0.0.0'));
    storage.run('sent', () => client.send('through the NAT64', server.port, HOST4));
    assert.deepEqual(await heard(client), ['through the NAT64', 'created udp4']);
    client.close();
  }
  server.socket.close();

  const four = created({ type: 'udp4' });
  const port = await storage.run('bound', () => bound(four, 0, '0.0.0.0'));
  const six = created({ type: 'udp6', ipv6Only: true });
  await storage.run('bound', () => bound(six, port, '::'));
  const [client4, client6] = [udp4(), dgram.createSocket('udp6')];
  for (let i = 0; i < 4; i++) {
    storage.run('sent', () => client4.send('to 4', port, '127.0.0.1'));
    assert.deepEqual(await heard(four), ['to 4', 'created udp4']);
    storage.run('sent', () => client6.send('to 6', port, '::1'));
    assert.deepEqual(await heard(six), ['to 6', 'created udp6']);
  }
  four.close();

  const refused = created({ type: 'udp4' });
  storage.run('connected', () => refused.connect(port, '127.0.0.1'));
  await once(refused, 'connect');
  storage.run('sent', () => refused.send('to nobody'));
  assert.deepEqual(await heard(refused), ['ECONNREFUSED', 'created udp4']);
  for (const socket of [refused, six, client4, client6]) socket.close();
});

check('a socket whose signal is aborted already is closed, as natively', async () => {
  const socket = udp4({ signal: AbortSignal.abort() });
  await once(socket, 'close');
});
