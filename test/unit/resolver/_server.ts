// A name server on [::1] that does as it is told, over UDP and TCP.
import dgram from 'node:dgram';
import net from 'node:net';
import type { ExecutionContext } from 'ava';
import { decodeMessage, encodeMessage } from '../../../src/resolver/message.js';
import { framed } from '../../../src/resolver/message-frames.js';
import type { Message, Question, ResourceRecord } from '../../../src/resolver/types.js';
import { codeOf } from '../../support/errors.js';
import { message, record } from './_upstream.js';

/** A query with its question. */
export type Asked = Message & { readonly question: Question };
type Answer = Message | Buffer | undefined;
/** How it came: over TCP or UDP, as which octets, as which question of all. */
interface How {
  readonly tcp: boolean;
  readonly bytes: Buffer;
  readonly nth: number;
}
export type Respond = (query: Asked, how: How) => Answer | Answer[];

/**
 * `respond(query, {tcp, bytes})` gives the message or octets to answer with, an array of them, or undefined for silence.
 * Everything is closed when the test is over.
 */
export async function nameServer(t: ExecutionContext, respond: Respond, { tcp = true, address = '::1' } = {}) {
  const seen: (Asked & { tcp: boolean })[] = [];
  const answerTo = (bytes: Buffer, overTcp: boolean) => {
    const query = decodeMessage(Buffer.from(bytes)) as Asked;
    seen.push({ ...query, tcp: overTcp });
    const replies = [respond(query, { tcp: overTcp, bytes, nth: seen.length })].flat();
    return replies.filter((r) => r !== undefined).map((r) => (Buffer.isBuffer(r) ? r : encodeMessage(r)));
  };
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      const stream = Buffer.concat(answerTo(chunk.subarray(2), true).map(framed));
      // In two pieces: a stream keeps no boundaries.
      socket.write(stream.subarray(0, 7));
      setImmediate(() => socket.write(stream.subarray(7)));
    });
  });
  const { udp, port } = await listen(server, tcp, address);
  udp.on('message', (bytes, from) => {
    for (const reply of answerTo(bytes, false)) udp.send(reply, from.port, from.address);
  });
  t.teardown(() => {
    udp.close();
    server.close();
  });
  return { seen, port, at: `[${address}]:${port}`, udp };
}

/** A UDP socket, and `server` on the same port. */
async function listen(
  server: net.Server,
  tcp: boolean,
  address: string,
  attempts = 10,
): Promise<{ udp: dgram.Socket; port: number }> {
  const udp = dgram.createSocket('udp6');
  try {
    await new Promise<void>((resolve, reject) => udp.once('error', reject).bind(0, address, resolve));
    const { port } = udp.address();
    if (tcp) await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, address, resolve));
    return { udp, port };
  } catch (error) {
    udp.close();
    // The UDP port that the kernel chose may be taken for TCP.
    if (codeOf(error) !== 'EADDRINUSE' || attempts === 1) throw error;
    return listen(server, tcp, address, attempts - 1);
  }
}

/** The reply to `query` with these records. */
export const reply = (query: Asked, answers: readonly ResourceRecord[] = [], overrides: Partial<Message> = {}) =>
  message({ id: query.id, question: query.question, answers, edns: query.edns, ...overrides });

/** Answers every A question with 203.0.113.5. */
export const withA = (query: Asked) => reply(query, [record(query.question.name, 'A', '203.0.113.5')]);
