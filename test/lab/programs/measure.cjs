// How long things take: TCP connects, small exchanges on one connection, UDP exchanges, a download. Prints milliseconds and bytes per second.
// node measure.cjs HOST [noudp]
'use strict';
const dgram = require('node:dgram');
const http = require('node:http');
const net = require('node:net');
const { print, fail } = require('./print.cjs');

const [, , host, noUdp] = process.argv;
const CONNECTS = 400;
const EXCHANGES = 2000;
const now = () => performance.now();

async function times(count, once) {
  const taken = [];
  for (let i = 0; i < count; i++) {
    const started = now();
    await once();
    taken.push(now() - started);
  }
  taken.sort((a, b) => a - b);
  return { p50: taken[Math.floor(count / 2)], p99: taken[Math.floor(count * 0.99)] };
}

const connectOnce = () =>
  new Promise((resolve, reject) => {
    const socket = net.connect(7, host, () => {
      resolve();
      socket.resetAndDestroy();
    });
    socket.on('error', reject);
  });

async function exchanges() {
  const socket = net.connect(7, host);
  socket.setNoDelay(true);
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  const result = await times(EXCHANGES, () => {
    socket.write('0123456789');
    return new Promise((resolve) => socket.once('data', resolve));
  });
  socket.destroy();
  return result;
}

async function datagrams() {
  const socket = dgram.createSocket(net.isIPv6(host) ? 'udp6' : 'udp4');
  const result = await times(EXCHANGES, () => {
    socket.send('0123456789', 7, host);
    return new Promise((resolve) => socket.once('message', resolve));
  });
  socket.close();
  return result;
}

function download() {
  return new Promise((resolve, reject) => {
    const started = now();
    http
      .get({ host, path: '/big', agent: false }, (response) => {
        let bytes = 0;
        response.on('data', (chunk) => {
          bytes += chunk.length;
        });
        response.on('end', () => resolve((bytes / (now() - started)) * 1000));
      })
      .on('error', reject);
  });
}

async function measure() {
  await times(50, connectOnce);
  const connect = await times(CONNECTS, connectOnce);
  const exchange = await exchanges();
  const datagram = noUdp ? null : await datagrams();
  print({ connect, exchange, datagram, bytesPerSecond: await download() });
}
measure().catch(fail);
