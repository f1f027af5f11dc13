// Everything that a program can ask about addresses without sending a packet, and a few look-ups. node report.cjs
'use strict';
const dgram = require('node:dgram');
const dns = require('node:dns');
const net = require('node:net');
const os = require('node:os');
const { print, describe } = require('./print.cjs');

const lookup = (name, options) => dns.promises.lookup(name, options).catch((error) => describe(error));
const listen = (host) =>
  new Promise((resolve) => {
    const server = net.createServer();
    server.on('error', (error) => resolve(describe(error)));
    server.listen(0, host, () => {
      const { address, family } = server.address();
      server.close(() => resolve({ address, family }));
    });
  });
const bind = (type, host) =>
  new Promise((resolve) => {
    const socket = dgram.createSocket(type);
    socket.on('error', (error) => resolve(describe(error)));
    socket.bind(0, host, () => {
      const { address, family } = socket.address();
      socket.close(() => resolve({ address, family }));
    });
  });

async function report() {
  const result = { interfaces: os.networkInterfaces(), servers: dns.getServers(), lookups: {}, sockets: {} };
  for (const name of ['v4', 'v6', 'dual', 'alias2', 'nodata', 'nothere'].map((label) => `${label}.example.org`)) {
    for (const options of [{}, { family: 4 }, { family: 6 }, { all: true }, { all: true, order: 'ipv4first' }]) {
      result.lookups[`${name} ${JSON.stringify(options)}`] = await lookup(name, options);
    }
  }
  for (const name of ['localhost', '127.0.0.1', '203.0.113.5', '::1'])
    result.lookups[name] = await lookup(name, { all: true });
  for (const host of [undefined, '0.0.0.0', '127.0.0.1', '::', '::1', '203.0.113.77', 'localhost']) {
    result.sockets[`listen ${host}`] = await listen(host);
  }
  for (const host of [undefined, '0.0.0.0', '127.0.0.1', '203.0.113.77'])
    result.sockets[`udp4 ${host}`] = await bind('udp4', host);
  for (const host of [undefined, '::', '::1']) result.sockets[`udp6 ${host}`] = await bind('udp6', host);
  print(result);
}
report();
