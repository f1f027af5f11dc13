'use strict';
// net-snmp: an agent and a receiver of traps over udp4; a trap carries the agent's address as four octets
const assert = require('node:assert/strict');
const snmp = require('net-snmp');

(async () => {
  const { done, within } = await import('../../../build/test/packages/support/program.js');
  const agent = snmp.createAgent({ port: 161, address: '0.0.0.0', disableAuthorization: true }, () => {});
  agent.registerProvider({
    name: 'sysName',
    type: snmp.MibProviderType.Scalar,
    oid: '1.3.6.1.2.1.1.5',
    scalarType: snmp.ObjectType.OctetString,
    maxAccess: snmp.MaxAccess['read-only'],
  });
  agent.getMib().setScalarValue('sysName', 'switch');
  const session = snmp.createSession('127.0.0.1', 'public');
  const [varbind] = await within(
    5000,
    'the agent',
    new Promise((resolve, reject) =>
      session.get(['1.3.6.1.2.1.1.5.0'], (error, found) => (error ? reject(error) : resolve(found))),
    ),
  );
  assert.equal(String(varbind.value), 'switch');
  let hear;
  const heard = within(
    5000,
    'the trap',
    new Promise((resolve) => {
      hear = resolve;
    }),
  );
  snmp.createReceiver({ port: 162, address: '0.0.0.0', disableAuthorization: true }, (error, trap) =>
    hear(error ?? trap),
  );
  const sender = snmp.createSession('127.0.0.1', 'public', { version: snmp.Version1 });
  sender.trap(snmp.TrapType.LinkDown, [], '192.0.2.30', () => {});
  const { pdu, rinfo } = await heard;
  assert.equal(pdu.agentAddr, '192.0.2.30');
  assert.equal(rinfo.address, '127.0.0.1');
  done();
})();
