// Connects to the echo server at each name, one after the other. node connect-all.cjs NAME…
'use strict';
const net = require('node:net');
const { print } = require('./print.cjs');

// For what hangs, not an expectation.
const LIMIT_MS = 13_000;

function connect(host) {
  return new Promise((resolve) => {
    const started = Date.now();
    const end = (reached) => {
      clearTimeout(limit);
      socket.destroy();
      resolve({ reached, ms: Date.now() - started });
    };
    const socket = net.connect({ host, port: 7 }, () => socket.write('whoami'));
    const limit = setTimeout(() => end('silence'), LIMIT_MS);
    socket.on('data', (data) => end(JSON.parse(data).server));
    socket.on('error', (error) => end(error.code));
  });
}

async function main() {
  const result = {};
  // Together: a slow name must not hold up the others.
  await Promise.all(
    process.argv.slice(2).map(async (name) => {
      const { reached } = await connect(name);
      result[name] = reached;
    }),
  );
  print(result);
}
main();
