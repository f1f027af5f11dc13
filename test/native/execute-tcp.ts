import net from 'node:net';
import type { ConnectCase, ListenCase } from './cases-tcp.js';
import { type Json, type Recorder, reviveAll } from './values.js';

export async function connect({ args }: ConnectCase, record: Recorder, stopped: Promise<void>): Promise<void> {
  let socket: net.Socket;
  try {
    socket = net.connect(...(reviveAll(args, record) as [net.NetConnectOpts]));
  } catch (error) {
    record('throws', [error]);
    return;
  }
  const ended = new Promise<void>((resolve) => {
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

const ends = ({ remoteAddress, remoteFamily, remotePort, localAddress, localFamily, localPort }: net.Socket) => ({
  remoteAddress,
  remoteFamily,
  remotePort,
  localAddress,
  localFamily,
  localPort,
});

function closed(socket: net.Socket): Promise<void> | undefined {
  if (socket.destroyed) return undefined;
  socket.on('error', () => {});
  return new Promise((resolve) => {
    socket.on('close', () => resolve());
    socket.destroy();
  });
}

export async function listen({ args, again }: ListenCase, record: Recorder, stopped: Promise<void>): Promise<void> {
  const server = net.createServer();
  server.on('listening', () => record('listening', [server.address()]));
  server.on('error', (error) => record('error', [error]));
  server.on('close', () => record('close', []));
  await listenOnce(server, args, record, stopped);
  if (again !== null) await listenOnce(server, again, record, stopped);
}

async function listenOnce(
  server: net.Server,
  args: readonly Json[],
  record: Recorder,
  stopped: Promise<void>,
): Promise<void> {
  const settled = new Promise((resolve) => {
    for (const event of ['listening', 'error', 'close']) server.once(event, resolve);
  });
  try {
    server.listen(...(reviveAll(args, record) as [net.ListenOptions]));
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
