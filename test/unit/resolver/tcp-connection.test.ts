// The deadlines of a connection, on real sockets and by a clock that the test moves.

import net from 'node:net';
import { mock } from 'node:test';
import test, { type ExecutionContext } from 'ava';
import { encodeMessage, queryMessage } from '../../../src/resolver/message.js';
import { framed } from '../../../src/resolver/message-frames.js';
import { TcpConnection } from '../../../src/resolver/tcp-connection.js';
import { portOf } from '../../support/sockets.js';
import { connect } from './_connection.js';
import { ask } from './_upstream.js';

const LIMITS = { idleMs: 1000, messageMs: 400, maxQueries: 4 };
const query = (id: number) => encodeMessage({ ...queryMessage(id, ask('v4.example.org', 'AAAA'), 'v4.example.org') });
const SIZE = framed(query(0)).length;
type Respond = ConstructorParameters<typeof TcpConnection>[1];

/** Gives the query back as its answer. */
const echo: Respond = (bytes) => bytes;

test.before(() => mock.timers.enable({ apis: ['setTimeout'] }));
test.after.always(() => mock.timers.reset());

async function pair(t: ExecutionContext, respond = echo) {
  const accepted: { socket: net.Socket; connection: TcpConnection }[] = [];
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    const connection = new TcpConnection(socket, respond, LIMITS);
    accepted.push({ socket, connection });
  });
  await new Promise<void>((resolve) => server.listen(0, '::1', resolve));
  t.teardown(() => server.close());
  const client = await connect(t, portOf(server));
  while (accepted.length === 0) await new Promise(setImmediate);
  const [{ socket, connection }] = accepted;
  t.teardown(() => socket.destroy());
  /** Until the server has read so many octets. */
  const read = async (octets: number) => {
    while (socket.bytesRead < octets) await new Promise(setImmediate);
    await new Promise(setImmediate);
  };
  return { ...client, server: socket, connection, read };
}

test.serial('a message must be whole in its time, counted from its first octet', async (t) => {
  const { socket, closed, server, read } = await pair(t);
  for (let i = 1; i <= 4; i++) {
    socket.write(Buffer.from([1]));
    await read(i);
    t.false(server.destroyed);
    mock.timers.tick(100);
  }
  t.true(server.destroyed);
  await closed;
});

test.serial('each message has its own time: who goes on asking, in pieces, is never cut off', async (t) => {
  const { socket, answer, server } = await pair(t);
  const stream = Buffer.concat(Array.from({ length: 41 }, (_, i) => framed(query(i))));
  for (let i = 0; i < 40; i++) {
    // No piece ends where a message ends, so that one is always under way.
    socket.write(stream.subarray(i === 0 ? 0 : i * SIZE + 5, (i + 1) * SIZE + 5));
    await answer(i + 1);
    mock.timers.tick(350);
  }
  t.false(server.destroyed);
  mock.timers.tick(50);
  t.true(server.destroyed, 'the last message was never whole');
});

test.serial(
  'a connection on which nothing is asked is closed in its time, counted anew after each answer',
  async (t) => {
    const { socket, answer, server } = await pair(t);
    for (let i = 1; i <= 3; i++) {
      mock.timers.tick(900);
      t.false(server.destroyed);
      socket.write(framed(query(i)));
      await answer(i);
    }
    mock.timers.tick(999);
    t.false(server.destroyed);
    mock.timers.tick(1);
    t.true(server.destroyed);
  },
);

test.serial('while the server is at work nothing is the client’s to do', async (t) => {
  const release: (() => void)[] = [];
  const { socket, answer, server, connection, read } = await pair(
    t,
    (bytes) => new Promise((resolve) => release.push(() => resolve(bytes))),
  );
  // Six queries, four of which are in work, and the beginning of a seventh.
  const stream = Buffer.concat([...Array.from({ length: 6 }, (_, i) => framed(query(i))), Buffer.from([0])]);
  socket.write(stream);
  await read(stream.length);
  t.is(release.length, 4);
  t.false(connection.isIdle);
  mock.timers.tick(60_000);
  t.false(server.destroyed);
  for (let i = 0; i < 6; i++) {
    release[i]();
    await answer(i + 1);
  }
  mock.timers.tick(400);
  t.true(server.destroyed, 'then the seventh is');
});

test.serial('nor where the client has closed its side: it still reads', async (t) => {
  let release = () => {};
  const { socket, answer, server, closed } = await pair(t, (bytes) => {
    return new Promise((resolve) => {
      release = () => resolve(bytes);
    });
  });
  const ended = new Promise((resolve) => server.once('end', resolve));
  socket.end(framed(query(1)));
  await ended;
  mock.timers.tick(60_000);
  t.false(server.destroyed);
  release();
  await answer(1);
  await closed;
});

test.serial('what deserves no answer ends the connection', async (t) => {
  const { socket, closed } = await pair(t, () => undefined);
  socket.write(framed(Buffer.alloc(0)));
  await closed;
  t.pass();
});
