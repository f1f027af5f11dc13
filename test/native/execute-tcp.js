import net from 'node:net';
import { revive } from './values.js';

export const RUN = { connect, listen };

async function connect({ args }, record, stopped) {
  let socket;
  try {
    socket = net.connect(...revive(args, record));
  } catch (error) {
    record('throws', [error]);
    return;
  }
  const ended = new Promise((resolve) => {
    // A lookup that outlives its socket ends when it ends.
    socket.on('lookup', (...seen) => socket.destroyed || record('lookup', seen));
    socket.on('connectionAttempt', (address, port, family) => record('connectionAttempt', [address, port, family]));
    socket.on('error', (error) => record('error', [error]));
    socket.on('connect', () => record('connect', [ends(socket)]));
    socket.on('timeout', () => record('timeout', []));
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('end', () => {
      record('the server saw', [text]);
      // A self-connect would go on for ever.
      socket.destroy();
    });
    socket.on('close', (hadError) => {
      record('close', [hadError, ends(socket)]);
      resolve();
    });
  });
  await Promise.race([ended, stopped]);
  await closed(socket);
}

const ends = ({ remoteAddress, remoteFamily, remotePort, localAddress, localFamily, localPort }) => ({
  remoteAddress,
  remoteFamily,
  remotePort,
  localAddress,
  localFamily,
  localPort,
});

function closed(socket) {
  if (socket.destroyed) return undefined;
  socket.on('error', () => {});
  return new Promise((resolve) => {
    socket.on('close', resolve);
    socket.destroy();
  });
}

async function listen({ args, again }, record, stopped) {
  const server = net.createServer();
  server.on('listening', () => record('listening', [server.address()]));
  server.on('error', (error) => record('error', [error]));
  server.on('close', () => record('close', []));
  await listenOnce(server, args, record, stopped);
  if (again !== null) await listenOnce(server, again, record, stopped);
}

async function listenOnce(server, args, record, stopped) {
  const settled = new Promise((resolve) => {
    for (const event of ['listening', 'error', 'close']) server.once(event, resolve);
  });
  try {
    server.listen(...revive(args, record));
  } catch (error) {
    record('throws', [error]);
    record('address', [server.address()]);
    return;
  }
  await Promise.race([settled, stopped]);
  // A server that has failed may have an address all the same, and an aborted one closes on a later tick.
  await new Promise(setImmediate);
  record('then', [server.listening, server.listening ? server.address() : null]);
  if (server.listening) await new Promise((resolve) => server.close(resolve));
}
