// A TCP client with a limit of its own. node net-timeout.cjs HOST PORT MILLISECONDS
'use strict';
const net = require('node:net');
const { print, fail } = require('./print.cjs');

const [, , host, port, limitMs] = process.argv;
const socket = net.connect(Number(port), host, () => print({ connected: true }));
socket.setTimeout(Number(limitMs), () => socket.destroy(new Error('timed out by the program')));
socket.on('error', fail);
