import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { bound, errorOf, HOST4, HOST6 } from '../support/sockets.js';
import { suite } from '../support/suite.js';

// Two datagram sockets on one port in one process, as Linux has it on a dual-stack host.
const check = suite(import.meta.url);

interface Where {
  readonly type: dgram.SocketType;
  readonly address: string;
  readonly ipv6Only?: boolean;
}

const any4: Where = { type: 'udp4', address: '0.0.0.0' };
const any6: Where = { type: 'udp6', address: '::', ipv6Only: true };
const both: Where = { type: 'udp6', address: '::' };
const local4: Where = { type: 'udp4', address: '127.0.0.1' };
const local6: Where = { type: 'udp6', address: '::1' };
const host4: Where = { type: 'udp4', address: HOST4 };
const host6: Where = { type: 'udp6', address: HOST6 };
const name = ({ address, ipv6Only }: Where) => (ipv6Only ? `${address} ipv6Only` : address);

/** A socket that answers with its label and the sender that it sees. */
function speaker(label: string, { type, ipv6Only }: Where) {
  const socket = dgram.createSocket({ type, ipv6Only });
  socket.on('message', (_, rinfo) =>
    socket.send(`${label} ${rinfo.family} ${rinfo.address}`, rinfo.port, rinfo.address),
  );
  return socket;
}

const close = (socket: dgram.Socket) => new Promise<void>((resolve) => socket.close(resolve));

/** What comes back from an address. */
async function heard(address: string, port: number) {
  const client = dgram.createSocket(address.includes(':') ? 'udp6' : 'udp4');
  client.send('ping', port, address);
  const [message, rinfo] = await once(client, 'message', { signal: AbortSignal.timeout(20_000) });
  await close(client);
  assert.equal(rinfo.address, address, 'another address answered');
  return String(message);
}

/** Nobody hears this port: the kernel says so to a connected socket. */
async function closedPort(address: string, port: number) {
  const client = dgram.createSocket(address.includes(':') ? 'udp6' : 'udp4');
  client.on('message', (message) => client.emit('error', new Error(`heard by ${message}`)));
  client.connect(port, address, () => client.send('ping'));
  const [error] = await once(client, 'error', { signal: AbortSignal.timeout(20_000) });
  assert.equal(error.code, 'ECONNREFUSED');
  await close(client);
}

async function pair(first: Where, second: Where) {
  const one = speaker('first', first);
  const two = speaker('second', second);
  const port = await bound(one, { port: 0, address: first.address });
  assert.equal(await bound(two, { port, address: second.address }), port);
  return { one, two, port };
}

const target = ({ type, address }: Where) =>
  [HOST4, HOST6].includes(address) ? address : type === 'udp4' ? '127.0.0.1' : '::1';
const family = ({ type }: Where) => (type === 'udp4' ? 'IPv4' : 'IPv6');

for (const [four, six] of [
  [any4, any6],
  [local4, local6],
  [any4, local6],
  [local4, any6],
  [host4, host6],
  [any4, host6],
]) {
  for (const [first, second] of [
    [four, six],
    [six, four],
  ]) {
    check(`${name(first)} and then ${name(second)}: each hears its own family`, async () => {
      const { one, two, port } = await pair(first, second);
      assert.deepEqual(one.address(), { address: first.address, family: family(first), port });
      assert.deepEqual(two.address(), { address: second.address, family: family(second), port });
      for (let i = 0; i < 3; i++) {
        assert.equal(await heard(target(first), port), `first ${family(first)} ${target(first)}`);
        assert.equal(await heard(target(second), port), `second ${family(second)} ${target(second)}`);
      }
      await Promise.all([close(one), close(two)]);
    });

    for (const goes of ['first', 'second']) {
      check(`${name(first)} and then ${name(second)}: the ${goes} closes, the other goes on`, async () => {
        const { one, two, port } = await pair(first, second);
        const [gone, stays, goneAt, staysAt] = goes === 'first' ? [one, two, first, second] : [two, one, second, first];
        await close(gone);
        assert.match(await heard(target(staysAt), port), goes === 'first' ? /^second / : /^first /);
        const again = speaker('again', goneAt);
        await bound(again, { port, address: goneAt.address });
        assert.match(await heard(target(goneAt), port), /^again /);
        assert.match(await heard(target(staysAt), port), /^(first|second) /);
        await Promise.all([close(again), close(stays)]);
        await closedPort(target(staysAt), port);
      });
    }
  }
}

for (const [first, second] of [
  [any4, both],
  [both, any4],
  [local4, both],
  [both, local4],
  [any4, any4],
  [any4, local4],
  [local4, any4],
  [local6, any6],
  [any6, both],
  [local4, local4],
]) {
  check(`${name(first)} and then ${name(second)}: EADDRINUSE`, async () => {
    const one = speaker('first', first);
    const port = await bound(one, { port: 0, address: first.address });
    const two = speaker('second', second);
    two.bind({ port, address: second.address });
    const error = await errorOf(two);
    assert.equal(error.message, `bind EADDRINUSE ${second.address}:${port}`);
    assert.match(await heard(first === local6 || first === any6 ? '::1' : '127.0.0.1', port), /^first /);
    await Promise.all([close(one), close(two)]);
  });
}

// Elsewhere ::1 is all there is: without a loopback prefix datagrams do not tell which of the two they are for.
check('127.0.0.1 and 127.0.0.2 on one port are two sockets', { on: ['lo4', 'dual'] }, async () => {
  const { one, two, port } = await pair(local4, { type: 'udp4', address: '127.0.0.2' });
  assert.match(await heard('127.0.0.1', port), /^first /);
  assert.match(await heard('127.0.0.2', port), /^second /);
  await Promise.all([close(one), close(two)]);
});

check('each of two answers, multiplexes and is unreferenced on its own', async () => {
  const { one, two, port } = await pair(any4, any6);
  assert.ok(one.getRecvBufferSize() > 0);
  assert.ok(two.getRecvBufferSize() > 0);
  one.unref();
  two.unref();
  one.ref();
  two.ref();
  assert.equal(two.setTTL(9), 9);
  const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => heard(i % 2 ? '127.0.0.1' : '::1', port)));
  for (const [i, text] of answers.entries()) assert.match(text, i % 2 ? /^first IPv4/ : /^second IPv6/);
  await Promise.all([close(one), close(two)]);
});

check('1,000 openings and closings leave no descriptor behind', { timeoutMs: 60_000 }, async () => {
  const descriptors = () => readdirSync('/proc/self/fd').length;
  const port = 23_457;
  const cycle = async (i: number) => {
    const [a, b] = i & 1 ? [any4, any6] : [any6, any4];
    const [one, two] = [dgram.createSocket(a), dgram.createSocket(b)];
    one.bind({ port, address: a.address });
    await once(one, 'listening');
    two.bind({ port, address: b.address });
    await once(two, 'listening');
    await Promise.all(i & 2 ? [close(one), close(two)] : [close(two), close(one)]);
  };
  for (let i = 0; i < 10; i++) await cycle(i);
  const before = descriptors();
  for (let i = 0; i < 1_000; i++) await cycle(i);
  // Some are closed a turn later.
  for (let i = 0; i < 100 && descriptors() > before; i++) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(descriptors() <= before, `${before} descriptors before, ${descriptors()} after`);
});

for (const option of ['reuseAddr', 'reusePort'] as const) {
  // Of sockets with SO_REUSEADDR Linux takes the last one; of those with SO_REUSEPORT one by the addresses of the datagram.
  check(`of two sockets with ${option} one receives, and not always the first`, { node: 24 }, async () => {
    const counts = [0, 0];
    const sockets = counts.map((_, i) =>
      dgram.createSocket({ type: 'udp4', [option]: true }).on('message', () => {
        counts[i]++;
      }),
    );
    const port = await bound(sockets[0], 0, '0.0.0.0');
    await bound(sockets[1], port, '0.0.0.0');
    const clients = Array.from({ length: 32 }, () => dgram.createSocket('udp4'));
    for (const client of clients) client.send('x', port, HOST4);
    while (counts[0] + counts[1] < clients.length) await new Promise(setImmediate);
    assert.ok(counts[1] > 0, `${counts}`);
    if (option === 'reuseAddr') assert.deepEqual(counts, [0, clients.length]);
    await Promise.all([...sockets, ...clients].map(close));
  });
}
