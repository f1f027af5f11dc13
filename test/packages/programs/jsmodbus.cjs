'use strict';
// jsmodbus: a PLC at 0.0.0.0:502 and a client by address
const assert = require('node:assert/strict');
const { once } = require('node:events');
const net = require('node:net');
const Modbus = require('jsmodbus');

(async () => {
  const { done, REMOTE } = await import('../../../build/test/packages/support/program.js');
  const holding = Buffer.alloc(20);
  holding.writeUInt16BE(4711, 6);
  const listener = new net.Server();
  new Modbus.server.TCP(listener, { holding });
  listener.listen(502, '0.0.0.0');
  await once(listener, 'listening');
  const socket = net.connect({ host: REMOTE, port: 502 });
  const client = new Modbus.client.TCP(socket, 1);
  await once(socket, 'connect');
  const { response } = await client.readHoldingRegisters(3, 1);
  assert.deepEqual([...response.body.values], [4711]);
  await client.writeSingleRegister(4, 99);
  assert.equal(holding.readUInt16BE(8), 99);
  socket.end();
  listener.close();
  done('', { exit: false });
})();
