// Connects twice, one after the other, with a limit of its own, and says by which addresses v6only tried each.
// node net-again.cjs HOST PORT MILLISECONDS
'use strict';
const diagnosticsChannel = require('node:diagnostics_channel');
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

let tried;
diagnosticsChannel.subscribe('v6only:connect', ({ decision }) => tried.push(decision.address));
const attemptBy = async () => {
  tried = [];
  return { result: await attempt(), tried };
};

attemptBy().then(async (first) => {
  const all = [first, await attemptBy()];
  print({ attempts: all.map(({ result }) => result), tried: all.map((one) => one.tried) });
});
