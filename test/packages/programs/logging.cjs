'use strict';
// winston-syslog over udp4 and tcp4, gelf-pro over UDP: log lines arrive
const assert = require('node:assert/strict');
const dgram = require('node:dgram');
const { once } = require('node:events');
const net = require('node:net');
const zlib = require('node:zlib');
const gelf = require('gelf-pro');
const winston = require('winston');
const { Syslog } = require('winston-syslog');

(async () => {
  const { done, REMOTE, within } = await import('../../../build/test/packages/support/program.js');
  const udp = dgram.createSocket('udp4').bind(514, '0.0.0.0');
  await once(udp, 'listening');
  let hear;
  const overTcp = new Promise((resolve) => {
    hear = resolve;
  });
  const tcp = net.createServer((socket) => socket.on('data', hear)).listen(601, '0.0.0.0');
  await once(tcp, 'listening');
  const logger = (options) =>
    winston.createLogger({ levels: winston.config.syslog.levels, transports: [new Syslog(options)] });
  const first = within(5000, 'a line over UDP', once(udp, 'message'));
  logger({ host: REMOTE, port: 514, protocol: 'udp4', app_name: 'shop' }).error('broken');
  const [line, from] = await first;
  assert.match(String(line), /shop.*broken/);
  assert.equal(from.family, 'IPv4');
  logger({ host: '127.0.0.1', port: 601, protocol: 'tcp4', app_name: 'shop' }).info('sold');
  assert.match(String(await within(5000, 'a line over TCP', overTcp)), /shop.*sold/);
  const graylog = dgram.createSocket('udp4').bind(12_201, '127.0.0.1');
  await once(graylog, 'listening');
  gelf.setConfig({ adapterName: 'udp', adapterOptions: { host: '127.0.0.1', port: 12_201, protocol: 'udp4' } });
  const packet = within(5000, 'a GELF packet', once(graylog, 'message'));
  gelf.info('hello');
  const [chunk] = await packet;
  // GELF: two magic octets, an id of eight, the number of the chunk and how many there are.
  const bytes = chunk.subarray(12);
  assert.equal(JSON.parse(zlib.inflateSync(bytes)).short_message, 'hello');
  done();
})();
