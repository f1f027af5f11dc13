import { once } from 'node:events';
import net from 'node:net';
import type { ExecutionContext } from 'ava';
import { decodeMessage } from '../../../src/resolver/message.js';
import { MessageFrames } from '../../../src/resolver/message-frames.js';
import type { Message } from '../../../src/resolver/types.js';

/** A connection that collects the answers it gets; `closed` when the server ended it. */
export async function connect(t: ExecutionContext, port: number, address = '::1') {
  const socket = net.connect({ port, host: address, allowHalfOpen: true });
  t.teardown(() => socket.destroy());
  socket.on('error', () => {});
  const frames = new MessageFrames();
  const got: Message[] = [];
  socket.on('data', (chunk) => {
    got.push(...frames.push(chunk).map((bytes) => decodeMessage(bytes)));
    socket.emit('answers');
  });
  const closed = new Promise<void>((resolve) => {
    socket.once('end', resolve);
    socket.once('close', resolve);
  });
  await once(socket, 'connect');
  const answer = async (n = 1) => {
    while (got.length < n)
      await Promise.race([once(socket, 'answers'), closed.then(() => Promise.reject(new Error('closed')))]);
    return got;
  };
  return { socket, closed, answer, got };
}
