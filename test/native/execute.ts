// execute.js CASES OUT: runs every case of a file, one after the other, on the host that it was started on, and writes what
// came of each as a line of JSON. Every socket is closed before the next case.
import dgram from 'node:dgram';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import net from 'node:net';
import process from 'node:process';
import type { Case } from './cases.js';
import { callDns } from './execute-names.js';
import * as tcp from './execute-tcp.js';
import * as udp from './execute-udp.js';
import { type Outcome, plain } from './outcome.js';
import type { Recorder } from './values.js';

const CASE_TIMEOUT_MS = 6000;
const [casesFile = '', outFile = ''] = process.argv.slice(2);

/** Does what a case says. `stopped` resolves when it shall wait no longer. */
function execute(one: Case, record: Recorder, stopped: Promise<void>): Promise<void> {
  if (one.api === 'connect') return tcp.connect(one, record, stopped);
  if (one.api === 'listen') return tcp.listen(one, record, stopped);
  if (one.api === 'dgram') return udp.useSocket(one, record, stopped);
  return callDns(one, record, stopped);
}

/** The servers that cases connect and send to: wide and narrow ones of both families. */
const SERVERS = [
  [7001, '0.0.0.0'],
  [7002, '::'],
  [7003, '127.0.0.1'],
  [7004, '::1'],
  [7005, '203.0.113.7'],
] as const;

async function startServers(): Promise<void> {
  for (const [port, host] of SERVERS) {
    // Tells the client what the server sees.
    const server = net.createServer((socket) => {
      socket.on('error', () => {});
      const { remoteAddress, remoteFamily, localAddress, localFamily, localPort } = socket;
      socket.end(JSON.stringify({ remoteAddress, remoteFamily, localAddress, localFamily, localPort }));
    });
    server.listen(port, host);
    await once(server, 'listening');
    const socket = dgram.createSocket(host.includes(':') ? 'udp6' : 'udp4');
    socket.on('message', (_message, { address, family, port: source }) => {
      socket.send(JSON.stringify({ from: address, family }), source, address, () => {});
    });
    socket.on('error', () => {});
    socket.bind(port, host);
    await once(socket, 'listening');
  }
}

async function run(one: Case): Promise<Outcome> {
  const events: Outcome = [];
  let stop = () => {};
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  const record: Recorder = (name, args) => events.push([name, ...args.map((value) => plain(value))]);
  const stray = (name: string) => (error: unknown) => {
    record(name, [error]);
    stop();
  };
  const thrown = stray('uncaughtException');
  const rejected = stray('unhandledRejection');
  const timer = setTimeout(() => {
    record('nothing more', []);
    stop();
  }, CASE_TIMEOUT_MS);
  process.on('uncaughtException', thrown);
  process.on('unhandledRejection', rejected);
  try {
    await execute(one, record, stopped);
  } catch (error) {
    process.exitCode = 3;
    console.error('the test itself failed', JSON.stringify(one), error);
    return [['harness', String(error)]];
  }
  // What is left over from a call that threw is still this case's.
  for (let turn = 0; turn < 2; turn++) await new Promise(setImmediate);
  clearTimeout(timer);
  process.off('uncaughtException', thrown);
  process.off('unhandledRejection', rejected);
  return events;
}

await startServers();
const out = openSync(outFile, 'w');
for (const one of JSON.parse(readFileSync(casesFile, 'utf8')) as Case[])
  writeSync(out, `${JSON.stringify(await run(one))}\n`);
closeSync(out);
process.exit();
