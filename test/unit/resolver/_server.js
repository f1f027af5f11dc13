// A name server on [::1] that does as it is told, over UDP and TCP.
import dgram from 'node:dgram';
import net from 'node:net';
import { decodeMessage, encodeMessage } from '../../../build/resolver/message.js';
import { message, record } from './_upstream.js';

/**
 * `respond(query, {tcp, bytes})` gives the message or octets to answer with, an array of them, or undefined for silence.
 * Everything is closed when the test is over.
 */
export async function nameServer(t, respond, { tcp = true, address = '::1' } = {}) {
  const seen = [];
  const answerTo = (bytes, overTcp) => {
    const query = decodeMessage(Buffer.from(bytes));
    seen.push({ ...query, tcp: overTcp });
    const replies = [respond(query, { tcp: overTcp, bytes, nth: seen.length })].flat();
    return replies.filter((r) => r !== undefined).map((r) => (Buffer.isBuffer(r) ? r : encodeMessage(r)));
  };
  const listen = async () => {
    const udp = dgram.createSocket('udp6');
    await new Promise((resolve) => udp.bind(0, address, resolve));
    const { port } = udp.address();
    const server = net.createServer((socket) => {
      socket.on('error', () => {});
      socket.on('data', (chunk) => {
        for (const reply of answerTo(chunk.subarray(2), true)) {
          const length = Buffer.from([reply.length >> 8, reply.length & 255]);
          // In two pieces: a stream keeps no boundaries.
          socket.write(Buffer.concat([length, reply.subarray(0, 5)]));
          setImmediate(() => socket.write(reply.subarray(5)));
        }
      });
    });
    if (tcp) {
      await new Promise((resolve, reject) => server.once('error', reject).listen(port, address, resolve));
    }
    return { udp, server, port };
  };
  // The UDP port that the kernel chose may be taken for TCP.
  const { udp, server, port } = await listen().catch(listen);
  udp.on('message', (bytes, from) => {
    for (const reply of answerTo(bytes, false)) udp.send(reply, from.port, from.address);
  });
  t.teardown(() => {
    udp.close();
    server.close();
  });
  return { seen, port, at: `[${address}]:${port}`, udp };
}

/** The reply to `query` with these records. */
export const reply = (query, answers = [], overrides = {}) =>
  message({ id: query.id, question: query.question, answers, edns: query.edns, ...overrides });

/** Answers every A question with 203.0.113.5. */
export const withA = (query) => reply(query, [record(query.question.name, 'A', '203.0.113.5')]);
