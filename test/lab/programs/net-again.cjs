// Connects twice, one after the other, with a limit of its own. node net-again.cjs HOST PORT MILLISECONDS
'use strict';
const net = require('node:net');
const { print } = require('./print.cjs');

const [, , host, port, limitMs] = process.argv;
const attempt = () =>
  new Promise((resolve) => {
    const socket = net.connect(Number(port), host, () => {
      resolve(`connected to ${socket.remoteAddress}`);
      socket.destroy();
    });
    socket.setTimeout(Number(limitMs), () => socket.destroy(new Error('timed out by the program')));
    socket.on('error', (error) => resolve(error.message));
  });

attempt().then(async (first) => print({ attempts: [first, await attempt()] }));
