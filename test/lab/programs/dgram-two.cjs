// One udp4 socket, two destinations. node dgram-two.cjs HOST PORT HOST PORT
'use strict';
const dgram = require('node:dgram');
const { print, fail } = require('./print.cjs');

const [, , host1, port1, host2, port2] = process.argv;
const socket = dgram.createSocket('udp4');
const replies = {};
socket.on('error', fail);
socket.on('message', (data, rinfo) => {
  const { server, client } = JSON.parse(data);
  replies[rinfo.address] = { server, client };
  if (Object.keys(replies).length < 2) return;
  print({ replies });
  socket.close();
});
socket.send('whoami', Number(port1), host1, (error) => error && fail(error));
socket.send('whoami', Number(port2), host2, (error) => error && fail(error));
