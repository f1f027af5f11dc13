// The parts of the soak test. Each does what it is told of, from number `first` up to `end`, checks every content, and resolves to
// how many were right.
import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import dns from 'node:dns';
import { once } from 'node:events';
import net from 'node:net';
import { codeOf } from '../support/errors.js';
import { bound, HOST4, listening } from '../support/sockets.js';

/** How many, in the form of ten minutes. Of datagrams: there and back. */
export const COUNTS = {
  connections: 200_000,
  datagramsOfOnePeer: 2_500_000,
  datagramsOfManyPeers: 2_500_000,
  names: 10_000,
  listeners: 20_000,
};

const PEERS = 1000;
/** A datagram that has not come back in this time is lost, on a host of its own. */
const LOST_MS = 60_000;
const turn = () => new Promise(setImmediate);

interface Closable {
  close(callback: () => void): unknown;
}
const closed = (socket: Closable) => new Promise<void>((resolve) => socket.close(resolve));

/** Does the numbers from `first` up to `end`. */
type Phase = (first: number, end: number) => Promise<number>;

/** Does `one(i)` for each number, `width` at a time. */
async function each(first: number, end: number, width: number, one: (i: number) => Promise<unknown>): Promise<number> {
  let next = first;
  let done = 0;
  const worker = async () => {
    while (next < end) {
      await one(next++);
      done++;
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  return done;
}

async function connections(first: number, end: number): Promise<number> {
  const server = net.createServer((socket) => socket.pipe(socket));
  const port = await listening(server, 0, '0.0.0.0');
  const done = await each(first, end, 16, async (i) => {
    const socket = net.connect(port, HOST4).setEncoding('latin1');
    const text = `connection ${i}`;
    socket.end(text);
    let back = '';
    socket.on('data', (data) => {
      back += data;
    });
    await once(socket, 'close');
    assert.equal(back, text);
  });
  await closed(server);
  return done;
}

interface Exchange {
  readonly socket: dgram.Socket;
  readonly since: number;
  resolve(): void;
}

const datagrams =
  (peers: number): Phase =>
  async (first, end) => {
    const server = dgram.createSocket('udp4');
    server.on('message', (message, { port, address }) => server.send(message, port, address));
    const port = await bound(server, 0, '0.0.0.0');
    const waiting = new Map<string, Exchange>();
    const sockets = Array.from({ length: peers }, () => dgram.createSocket('udp4'));
    for (const socket of sockets) {
      await bound(socket, 0);
      socket.on('message', (message, rinfo) => {
        const text = message.toString('latin1');
        // Who answers is who was asked, in IPv4; and each answer comes where the question came from.
        const asked = waiting.get(text);
        assert.ok(
          rinfo.address === HOST4 && rinfo.port === port && asked?.socket === socket,
          `${text} from ${rinfo.address}`,
        );
        asked.resolve();
        waiting.delete(text);
      });
    }
    const timer = setInterval(() => {
      for (const [text, { since }] of waiting) if (Date.now() - since > LOST_MS) throw new Error(`lost: ${text}`);
    }, LOST_MS);
    // Each exchange is two datagrams.
    const done = await each(first / 2, end / 2, 32, (i) => {
      const socket = sockets[i % peers] as dgram.Socket;
      const text = `datagram ${i}`;
      return new Promise<void>((resolve) => {
        waiting.set(text, { socket, resolve, since: Date.now() });
        socket.send(text, port, HOST4);
      });
    });
    clearInterval(timer);
    await Promise.all([server, ...sockets].map(closed));
    return done * 2;
  };

/** six-N.example.org and inside-N.example.org of zone.ts have one IPv6 address each. */
function names(first: number, end: number): Promise<number> {
  return each(first, end, 4, async (i) => {
    const [kind, network] = i & 1 ? ['six', '2001:db8:6::'] : ['inside', 'fd12:3456::1:'];
    const number = 1000 + (i >> 1);
    const name = `${kind}-${number}.example.org`;
    const address = network + number;
    assert.deepEqual(await dns.promises.lookup(name, { all: true }), [{ address, family: 6 }]);
    assert.deepEqual(await dns.promises.resolve6(name), [address]);
    await assert.rejects(dns.promises.resolve4(`none-${i}.example.org`), { code: 'ENOTFOUND' });
  });
}

/** Two listeners on one port, of TCP and of UDP in turn, opened and closed in every order. */
function listeners(first: number, end: number): Promise<number> {
  return each(first, end, 1, async (i) => {
    const open = await openPair(i & 1 ? openTcp : openUdp, i & 2 ? [4, 6] : [6, 4]);
    await Promise.all((i & 4 ? open : open.reverse()).map(closed));
    // libuv tells of what is closed a turn later.
    await turn();
  });
}

type Open = (family: 4 | 6, port: number) => Promise<readonly [Closable, port: number]>;

const openTcp: Open = async (family, port) => {
  const server = net.createServer();
  return [server, await listening(server, { port, host: ANY[family], ipv6Only: family === 6 })];
};
const openUdp: Open = async (family, port) => {
  const socket = dgram.createSocket({ type: `udp${family}`, ipv6Only: family === 6 });
  return [socket, await bound(socket, port, ANY[family])];
};
const ANY = { 4: '0.0.0.0', 6: '::' } as const;

/** A port that the kernel chose in one family may be taken in the other, by a connection that has just ended: then another one. */
async function openPair(open: Open, [one, other]: readonly [4 | 6, 4 | 6]): Promise<Closable[]> {
  for (;;) {
    const [first, port] = await open(one, 0);
    try {
      const [second] = await open(other, port);
      return [first, second];
    } catch (error) {
      await closed(first);
      if (codeOf(error) !== 'EADDRINUSE') throw error;
    }
  }
}

export const PHASES: Readonly<Record<keyof typeof COUNTS, Phase>> = {
  connections,
  datagramsOfOnePeer: datagrams(1),
  datagramsOfManyPeers: datagrams(PEERS),
  names,
  listeners,
};
