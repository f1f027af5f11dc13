import test from 'ava';
import { hostTest, type Kind } from '../support/host.js';
import { HOST_A, HOST_B, onTwoHosts, type TwoHostsOptions } from '../support/two-hosts.js';

// Multicast and broadcast between two hosts on one link. `dual` is the control: there it is IPv4 multicast.
const KINDS: Kind[] = ['noinet', 'v6', 'dual'];

/** A link-local peer: without IPv4 it reads as what it is, with its zone. */
const neighbour = (kind: Kind) => (kind === 'dual' ? 'IPv4' : 'IPv6');

/** Declares a test whose program on host a prints `lines`; `lines` and `policy` may depend on the kind of host. */
interface Case extends Omit<TwoHostsOptions, 'policy'> {
  on?: readonly Kind[];
  lines: string[] | ((kind: Kind) => string[]);
  a: string;
  b: string;
  policy?: object | ((kind: Kind) => object | undefined);
}

function twoHosts(title: string, { on = KINDS, lines, a, b, policy, ...options }: Case) {
  hostTest(test, on, title, async (t, kind) => {
    const of = <Value>(value: Value | ((kind: Kind) => Value)): Value =>
      typeof value === 'function' ? (value as (kind: Kind) => Value)(kind) : value;
    const { stdout, stderr, code } = await onTwoHosts(kind, { a, b }, { ...options, policy: of(policy) });
    t.is(stderr, '');
    t.deepEqual(stdout.trim().split('\n'), of(lines));
    t.is(code, 0);
  });
}

twoHosts('an mDNS query is answered, by multicast and by unicast', {
  lines: (kind: Kind) => [`multicast ${neighbour(kind)} 5353 answer`, `unicast ${neighbour(kind)} answer`],
  b: `
    const socket = dgram.createSocket({ type: 'udp4', reuseAddr: true });
    await bound(socket, 5353, '0.0.0.0');
    socket.addMembership('224.0.0.251');
    socket.on('message', (message, rinfo) => {
      if (!String(message).startsWith('query')) return;
      if (rinfo.port === 5353) socket.send('answer', 5353, '224.0.0.251');
      else socket.send('answer', rinfo.port, rinfo.address);
    });
    say('ready');`,
  a: `
    const socket = dgram.createSocket({ type: 'udp4', reuseAddr: true });
    await bound(socket, 5353, '0.0.0.0');
    socket.setMulticastTTL(255);
    socket.setMulticastLoopback(false);
    socket.addMembership('224.0.0.251');
    socket.send('query', 5353, '224.0.0.251');
    const [message, rinfo] = await first(socket, 'message');
    say('multicast', rinfo.family, rinfo.port, message);
    const legacy = dgram.createSocket('udp4');
    legacy.send('query', 5353, '224.0.0.251');
    const [again, from] = await first(legacy, 'message');
    say('unicast', from.family, again);`,
});

twoHosts('an mDNS query is answered by an IPv6 responder that knows nothing of v6only', {
  on: ['noinet', 'v6'],
  hookB: false,
  lines: ['IPv6 answer'],
  b: `
    const socket = dgram.createSocket({ type: 'udp6', reuseAddr: true });
    await bound(socket, 5353, '::');
    socket.addMembership('ff02::fb', '::%eth0');
    socket.on('message', (_, rinfo) => socket.send('answer', rinfo.port, rinfo.address));
    say('ready');`,
  a: `
    const socket = dgram.createSocket('udp4');
    socket.send('query', 5353, '224.0.0.251');
    const [message, rinfo] = await first(socket, 'message');
    say(rinfo.family, message);`,
});

twoHosts('an SSDP search is answered, and by policy the answer is IPv4', {
  policy: { peers: 'pool' },
  lines: ['HTTP/1.1 200 OK IPv4 1900 true'],
  b: `
    const socket = dgram.createSocket({ type: 'udp4', reuseAddr: true });
    await bound(socket, 1900);
    socket.addMembership('239.255.255.250', ownAddress('eth0'));
    socket.on('message', (message, rinfo) => {
      if (String(message).startsWith('M-SEARCH')) socket.send('HTTP/1.1 200 OK', rinfo.port, rinfo.address);
    });
    say('ready');`,
  a: `
    const socket = dgram.createSocket('udp4');
    await bound(socket, 0, ownAddress('eth0'));
    socket.send('M-SEARCH * HTTP/1.1', 1900, '239.255.255.250');
    const [message, rinfo] = await first(socket, 'message');
    say(message, rinfo.family, rinfo.port, net.isIPv4(rinfo.address));`,
});

twoHosts('a broadcast arrives, and is answered to its sender', {
  lines: (kind: Kind) => ['EACCES send EACCES 255.255.255.255:4400', `found ${neighbour(kind)}`],
  b: `
    const socket = dgram.createSocket('udp4');
    await bound(socket, 4400);
    socket.on('message', (_, rinfo) => socket.send('found', rinfo.port, rinfo.address));
    say('ready');`,
  a: `
    const socket = dgram.createSocket('udp4');
    const error = await new Promise((resolve) => socket.send('?', 4400, '255.255.255.255', resolve));
    say(error.code, error.message);
    socket.setBroadcast(true);
    socket.send('who is there?', 4400, '255.255.255.255');
    const [message, rinfo] = await first(socket, 'message');
    say(message, rinfo.family);`,
});

twoHosts('the multicast interface is chosen by its IPv4 address', {
  lines: ['0.0.0.0 one', 'eth1 two', 'eth0 one'],
  b: `
    for (const [name, answer] of [['eth0', 'one'], ['eth1', 'two']]) {
      const socket = dgram.createSocket({ type: 'udp4', reuseAddr: true });
      // Each on one of the links alone.
      await bound(socket, name === 'eth0' ? 4410 : 4411);
      socket.addMembership('239.1.2.3', ownAddress(name));
      socket.on('message', (_, rinfo) => socket.send(answer, rinfo.port, rinfo.address));
    }
    say('ready');`,
  a: `
    const ask = async (port, choose) => {
      const socket = await bound(dgram.createSocket('udp4'), 0);
      if (choose) socket.setMulticastInterface(choose);
      socket.send('?', port, '239.1.2.3');
      const [message] = await first(socket, 'message');
      return String(message);
    };
    say('0.0.0.0', await ask(4410, '0.0.0.0'));
    say('eth1', await ask(4411, ownAddress('eth1')));
    say('eth0', await ask(4410, ownAddress('eth0')));`,
});

twoHosts('what is sent to a group reaches the members until they leave', {
  lines: ['joined', 'nothing', 'joined'],
  b: `
    const socket = await bound(dgram.createSocket('udp4'), 4420);
    const control = await bound(dgram.createSocket('udp4'), 4421);
    socket.on('message', (_, rinfo) => socket.send('joined', rinfo.port, rinfo.address));
    socket.addMembership('224.0.0.99');
    let member = true;
    control.on('message', (_, rinfo) => {
      if (member) socket.dropMembership('224.0.0.99');
      else socket.addMembership('224.0.0.99');
      member = !member;
      control.send('done', rinfo.port, rinfo.address);
    });
    control.addMembership('224.0.0.98');
    say('ready');`,
  a: `
    const socket = await bound(dgram.createSocket('udp4'), 0);
    const ask = async (port, group, ms) => {
      socket.send('?', port, group);
      return String((await first(socket, 'message', ms))[0]);
    };
    say(await ask(4420, '224.0.0.99'));
    await ask(4421, '224.0.0.98');
    say(await ask(4420, '224.0.0.99', 500));
    await ask(4421, '224.0.0.98');
    say(await ask(4420, '224.0.0.99'));`,
});

// The members know the source by its IPv4 address: natively its own, here by a rule of the policy.
twoHosts('a source-specific membership hears its source, and no other', {
  policy: (kind: Kind) =>
    kind === 'dual'
      ? undefined
      : {
          rules: [
            { match: '198.51.100.1', to: HOST_A[0] },
            { match: '198.51.100.77', to: '2001:db8:1::77' },
          ],
        },
  lines: ['mine'],
  b: `
    const mine = await bound(dgram.createSocket('udp4'), 4430);
    mine.addSourceSpecificMembership('198.51.100.1', '232.1.2.3', ownAddress('eth0'));
    mine.on('message', (_, rinfo) => mine.send('mine', rinfo.port, rinfo.address));
    const other = await bound(dgram.createSocket('udp4'), 4431);
    other.addSourceSpecificMembership('198.51.100.77', '232.1.2.4', ownAddress('eth0'));
    other.on('message', (_, rinfo) => other.send('other', rinfo.port, rinfo.address));
    say('ready');`,
  a: `
    const socket = await bound(dgram.createSocket('udp4'), 0);
    socket.send('?', 4430, '232.1.2.3');
    socket.send('?', 4431, '232.1.2.4');
    const seen = [];
    socket.on('message', (message) => seen.push(String(message)));
    await sleep(700);
    say(seen.join());`,
});

twoHosts('a source-specific group is one in IPv6 too (RFC 4607)', {
  on: ['noinet'],
  hookB: false,
  lines: ['native IPv6'],
  b: `
    const socket = await bound(dgram.createSocket('udp6'), 4441, '::');
    socket.addSourceSpecificMembership('${HOST_A[0]}', 'ff3e::e801:203', '::%eth0');
    socket.on('message', (_, rinfo) => socket.send('native', rinfo.port, rinfo.address));
    say('ready');`,
  a: `
    const socket = await bound(dgram.createSocket('udp4'), 0);
    socket.setMulticastInterface(ownAddress('eth0'));
    socket.send('?', 4441, '232.1.2.3');
    const [message, rinfo] = await first(socket, 'message');
    say(message, rinfo.family);`,
});

twoHosts('a group of the policy’s map becomes the IPv6 group that it names', {
  on: ['noinet'],
  hookB: false,
  policy: { multicast: { '239.9.9.9': 'ff15::4:99' } },
  lines: ['native IPv4'],
  b: `
    const socket = await bound(dgram.createSocket('udp6'), 4440, '::');
    socket.addMembership('ff15::4:99', '::%eth0');
    socket.on('message', (_, rinfo) => socket.send('native', rinfo.port, rinfo.address));
    say('ready');`,
  a: `
    const socket = await bound(dgram.createSocket('udp4'), 0);
    socket.setMulticastInterface(ownAddress('eth0'));
    socket.send('?', 4440, '239.9.9.9');
    const [message, rinfo] = await first(socket, 'message');
    say(message, net.isIPv6(rinfo.address) ? 'IPv4' : rinfo.family);`,
});

// fe80::b is on both links: two peers with one address.
twoHosts('link-local peers on two interfaces read as their addresses with the zone, and replies reach the right one', {
  on: ['noinet', 'v6'],
  hookB: false,
  lines: [
    'fe80::b%eth0 IPv6',
    'fe80::b%eth1 IPv6',
    'eth0: reply for eth0',
    'eth1: reply for eth1',
    'eth0: connected',
    'eth1: connected',
  ],
  b: `
    say('ready');
    for (const name of ['eth0', 'eth1']) {
      const socket = await bound(dgram.createSocket('udp6'), 4450, 'fe80::b%' + name);
      socket.on('message', (message) => socket.send(name + ': ' + message, 4451, 'fe80::a%' + name));
      const hello = setInterval(() => socket.send(name, 4451, 'fe80::a%' + name), 100);
      socket.once('message', () => clearInterval(hello));
    }`,
  a: `
    const socket = await bound(dgram.createSocket('udp4'), 4451);
    const peers = new Map();
    while (peers.size < 2) {
      const [message, rinfo] = await once(socket, 'message');
      peers.set(String(message), rinfo);
    }
    for (const name of ['eth0', 'eth1']) say(peers.get(name).address, peers.get(name).family);
    const answer = async () => {
      for (;;) {
        const [message, rinfo] = await once(socket, 'message');
        if (String(message).includes(':')) return String(message);
      }
    };
    for (const name of ['eth0', 'eth1']) {
      const { port, address } = peers.get(name);
      socket.send('reply for ' + name, port, address);
      say(await answer());
    }
    for (const name of ['eth0', 'eth1']) {
      const { port, address } = peers.get(name);
      socket.connect(port, address);
      await once(socket, 'connect');
      socket.send('connected');
      say(await answer());
      socket.disconnect();
    }`,
});

twoHosts('an IPv4 server reads a native peer as its IPv6 address, and by policy as one of the pool', {
  on: ['noinet'],
  policy: { peers: 'pool' },
  lines: ['true IPv4', 'tcp true', 'udp pong'],
  b: `
    const socket = await bound(dgram.createSocket('udp4'), 4460);
    socket.on('message', (_, rinfo) => socket.send('pong', rinfo.port, rinfo.address));
    const server = net.createServer((client) => client.end(client.remoteAddress + ' ' + client.remoteFamily)).listen(4460, '0.0.0.0', () => say('ready'));`,
  a: `
    const client = net.connect(4460, '${HOST_B[0]}').setEncoding('utf8');
    const [text] = await once(client, 'data');
    const [address, family] = text.split(' ');
    say(/^198\\.1[89]\\./.test(address), family);
    const server = net.createServer().listen(4461, '0.0.0.0');
    await once(server, 'listening');
    net.connect({ port: 4461, host: '${HOST_A[0]}', localAddress: '${HOST_A[1]}' });
    const [peer] = await once(server, 'connection');
    say('tcp', net.isIPv4(peer.remoteAddress));
    const socket = dgram.createSocket('udp6');
    socket.send('ping', 4460, '${HOST_B[0]}');
    say('udp', (await first(socket, 'message'))[0]);`,
});
