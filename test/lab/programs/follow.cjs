// Asks again and again while the network changes, and prints what came of each try: {began, ended, result}, in milliseconds of
// the system's clock. `result` is `ok` and whom the server saw, or why not. node follow.cjs literal|name|udp|resolver
'use strict';
const dgram = require('node:dgram');
const dns = require('node:dns');
const net = require('node:net');

const PAUSE_MS = 250;
/** A program that waits no longer than this. */
const LIMIT_MS = 2000;

const connect = (host) => () =>
  new Promise((resolve) => {
    const socket = net.connect(7, host, () => socket.write('whoami'));
    const wait = () => socket.setTimeout(LIMIT_MS, () => socket.destroy(new Error('no answer')));
    if (net.isIP(host)) wait();
    else socket.once('lookup', wait);
    socket.on('data', (data) => {
      resolve(`ok ${JSON.parse(data).client}`);
      socket.destroy();
    });
    socket.on('error', ({ code, message }) => resolve(code ?? message));
  });

/** One socket for all datagrams, as a long-running program has it. */
function datagrams() {
  const socket = dgram.createSocket('udp4').on('error', () => {});
  let heard = () => {};
  socket.on('message', (data) => heard(`ok ${JSON.parse(data).client}`));
  return () =>
    new Promise((resolve) => {
      const timer = setTimeout(() => resolve('no answer'), 500);
      heard = (result) => {
        clearTimeout(timer);
        resolve(result);
      };
      socket.send('whoami', 7, '1.2.3.4', (error) => error && heard(error.code));
    });
}

/** c-ares, with a name server that has an IPv4 address alone. */
function resolver() {
  const asked = new dns.Resolver({ timeout: 700, tries: 1 });
  asked.setServers(['1.2.3.53']);
  return () =>
    new Promise((resolve) => {
      asked.resolve4('v4.example.org', (error) => resolve(error ? error.code : 'ok'));
    });
}

const KINDS = { literal: () => connect('1.2.3.4'), name: () => connect('v4.example.org'), udp: datagrams, resolver };

(async () => {
  const ask = KINDS[process.argv[2]]();
  for (;;) {
    const began = Date.now();
    const result = await ask();
    process.stdout.write(`${JSON.stringify({ began, ended: Date.now(), result })}\n`);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
})();
