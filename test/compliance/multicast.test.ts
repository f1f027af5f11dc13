import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { codeOf, type Failure } from '../support/errors.js';
import { bound, HOST4, ownAddress, sent } from '../support/sockets.js';
import { suite } from '../support/suite.js';

// Groups on one host, and the errors that the kernel has for what is wrong; between hosts: multicast-two-hosts.test.js.
const check = suite(import.meta.url);
const GROUP = '239.1.2.3';

/** A socket for a check, closed afterwards. */
async function withSocket<Result>(
  use: (socket: dgram.Socket) => Result | Promise<Result>,
  options: dgram.SocketOptions = { type: 'udp4', reuseAddr: true },
): Promise<Result> {
  const socket = dgram.createSocket(options);
  await bound(socket, 0, '0.0.0.0');
  try {
    return await use(socket);
  } finally {
    socket.close();
  }
}

const failure = (call: () => unknown) => {
  try {
    call();
  } catch (error) {
    return `${(error as Failure).syscall} ${codeOf(error)}`;
  }
  return 'none';
};

for (const [what, call, expected] of [
  ['a group that is none', (socket: dgram.Socket) => socket.addMembership('192.0.2.1'), 'addMembership EINVAL'],
  ['a group that is no address', (socket: dgram.Socket) => socket.addMembership('group'), 'addMembership EINVAL'],
  [
    'an interface that is nobody’s',
    (socket: dgram.Socket) => socket.addMembership(GROUP, '192.0.2.99'),
    'addMembership ENODEV',
  ],
  [
    'an interface that is no address',
    (socket: dgram.Socket) => socket.addMembership(GROUP, 'eth0'),
    'addMembership EINVAL',
  ],
  [
    'a group that was not joined',
    (socket: dgram.Socket) => socket.dropMembership(GROUP),
    'dropMembership EADDRNOTAVAIL',
  ],
  [
    'a group that was joined already',
    (socket: dgram.Socket) => {
      socket.addMembership(GROUP, ownAddress());
      socket.addMembership(GROUP, ownAddress());
    },
    'addMembership EADDRINUSE',
  ],
  [
    'a source-specific membership of what is no group',
    (socket: dgram.Socket) => socket.addSourceSpecificMembership('192.0.2.1', '192.0.2.2', ownAddress()),
    'addSourceSpecificMembership EINVAL',
  ],
  [
    'a source that was not joined',
    (socket: dgram.Socket) => socket.dropSourceSpecificMembership('192.0.2.1', '232.1.2.3', ownAddress()),
    'dropSourceSpecificMembership EINVAL',
  ],
  [
    'an outgoing interface that is nobody’s',
    (socket: dgram.Socket) => socket.setMulticastInterface('192.0.2.99'),
    'setMulticastInterface EADDRNOTAVAIL',
  ],
  [
    'an outgoing interface that is a group',
    (socket: dgram.Socket) => socket.setMulticastInterface('224.0.0.2'),
    'setMulticastInterface EADDRNOTAVAIL',
  ],
  [
    'an outgoing interface that is no address',
    (socket: dgram.Socket) => socket.setMulticastInterface('eth0'),
    'setMulticastInterface EINVAL',
  ],
  ['a TTL beyond 255', (socket: dgram.Socket) => socket.setMulticastTTL(256), 'setMulticastTTL EINVAL'],
] as const) {
  check(`${what}: ${expected}`, () =>
    withSocket((socket: dgram.Socket) =>
      assert.equal(
        failure(() => call(socket)),
        expected,
      ),
    ),
  );
}

check('wrong types throw as in plain Node.js', () =>
  withSocket((socket: dgram.Socket) => {
    assert.throws(() => Reflect.apply(socket.addMembership, socket, []), { code: 'ERR_MISSING_ARGS' });
    assert.throws(() => Reflect.apply(socket.setMulticastInterface, socket, [7]), { code: 'ERR_INVALID_ARG_TYPE' });
    assert.throws(() => Reflect.apply(socket.addSourceSpecificMembership, socket, ['192.0.2.1']), {
      code: 'ERR_INVALID_ARG_TYPE',
    });
  }),
);

check('a member hears its own datagrams, unless it says no', () =>
  withSocket(async (socket: dgram.Socket) => {
    const { port } = socket.address();
    socket.addMembership(GROUP, ownAddress());
    socket.setMulticastInterface(ownAddress());
    socket.send('heard', port, GROUP);
    const [message, rinfo] = await once(socket, 'message');
    assert.equal(String(message), 'heard');
    assert.equal(rinfo.port, port);
    socket.setMulticastLoopback(false);
    // Datagrams keep their order here: it would be read before the next one.
    await new Promise((resolve) => socket.send('unheard', port, GROUP, resolve));
    socket.setMulticastLoopback(true);
    socket.send('heard again', port, GROUP);
    assert.equal(String((await once(socket, 'message'))[0]), 'heard again');
  }),
);

check('all members on one port hear a datagram', async () => {
  const members = [];
  let port = 0;
  for (let i = 0; i < 3; i++) {
    const member = dgram.createSocket({ type: 'udp4', reuseAddr: true });
    port = await bound(member, port, '0.0.0.0');
    member.addMembership('239.255.255.250', ownAddress());
    members.push(member);
  }
  const heard = Promise.all(members.map((member) => once(member, 'message')));
  await withSocket(async (socket: dgram.Socket) => {
    socket.setMulticastInterface(ownAddress());
    socket.send('all', port, '239.255.255.250');
    for (const [message] of await heard) assert.equal(String(message), 'all');
  });
  for (const member of members) member.close();
});

check('a socket bound to a group hears what is sent there', async () => {
  const socket = dgram.createSocket({ type: 'udp4', reuseAddr: true });
  const port = await bound(socket, 0, '239.255.255.250');
  assert.equal(socket.address().address, '239.255.255.250');
  socket.addMembership('239.255.255.250', ownAddress());
  await withSocket(async (sender) => {
    sender.setMulticastInterface(ownAddress());
    sender.send('bound', port, '239.255.255.250');
    assert.equal(String((await once(socket, 'message'))[0]), 'bound');
  });
  socket.close();
});

check('a membership before the bind binds', async () => {
  const socket = dgram.createSocket('udp4');
  socket.addMembership(GROUP, ownAddress());
  socket.bind();
  await once(socket, 'listening').catch(() => {});
  assert.equal(socket.address().family, 'IPv4');
  socket.close();
});

check('a member goes on speaking to single hosts', () =>
  withSocket(async (socket: dgram.Socket) => {
    socket.addMembership('224.0.0.251', ownAddress());
    const other = dgram.createSocket('udp4');
    const port = await bound(other, 0, HOST4);
    socket.send('one', port, HOST4);
    assert.equal(String((await once(other, 'message'))[0]), 'one');
    other.close();
  }),
);

check('a broadcast needs setBroadcast', () =>
  withSocket(async (socket: dgram.Socket) => {
    const send = () => sent(socket, 'x', 4400, '255.255.255.255');
    const error = await send();
    assert.equal(error?.message, 'send EACCES 255.255.255.255:4400');
    socket.setBroadcast(true);
    assert.equal(await send(), null);
    socket.setBroadcast(false);
    assert.equal((await send())?.code, 'EACCES');
  }),
);

check('a udp6 socket is bound to a group of the link with its zone', async () => {
  for (const [group, shown] of [
    ['ff02::fb%eth0', 'ff02::fb'],
    ['FF12::1%eth0', 'ff12::1'],
    ['ff05::2%eth0', 'ff05::2'],
  ]) {
    const socket = dgram.createSocket({ type: 'udp6', reuseAddr: true });
    await bound(socket, 0, group);
    assert.equal(socket.address().address, shown);
    socket.close();
  }
});
