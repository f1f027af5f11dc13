import assert from 'node:assert/strict';
import { OUTSIDE4, OUTSIDE4_EMBEDDED, OUTSIDE6 } from '../support/beyond.js';
import { ALL_KINDS, type Kind } from '../support/host.js';
import { overIPv4, overIPv6, seenOverUdp, table, withServer, withUdpServer } from '../support/host-table.js';
import { suite } from '../support/suite.js';

// Who hears whom on 0.0.0.0, on every kind of host: a port is never open to more than it was where IPv4 neighbours reach it.
const check = suite(import.meta.url, { on: ALL_KINDS, second: true });

const warnings: Pick<NodeJS.ErrnoException, 'code' | 'message'>[] = [];
process.on('warning', ({ code, message }: NodeJS.ErrnoException) => warnings.push({ code, message }));

// biome-ignore format: it is a table
table(check, [
  // The columns:                               without   docker   vpn        egress,  private,   container
  //                                            IPv4                          clat     dual

  ['a TCP listener, from an IPv6 host',         ['heard', 'heard', 'refused', 'heard', 'refused', 'refused'], tcpFromIPv6],
  ['a TCP listener, from beyond the NAT64',     ['heard', 'heard', 'refused', 'heard', 'refused', 'refused'], tcpFromNat64],
  ['a TCP listener, from an IPv4 neighbour',    ['-',     'heard', 'heard',   'heard', 'heard',   'heard'], tcpFromIPv4],
  ['a UDP socket, from an IPv6 host',           ['heard', 'heard', 'refused', 'heard', 'refused', 'refused'], udpFromIPv6],
  ['a UDP socket, from beyond the NAT64',       ['heard', 'heard', 'refused', 'heard', 'refused', 'refused'], udpFromNat64],
  ['a UDP socket, from an IPv4 neighbour',      ['-',     'heard', 'heard',   'heard', 'heard',   'heard'], udpFromIPv4],
  ['a listener on 127.0.0.1, from an IPv6 host', ['refused', 'refused', 'refused', 'refused', 'refused', 'refused'], onLoopback],
  // The last row, since what the rows above have opened counts.
  ['a warning that nobody new can connect',     ['none',  'none',  'one',     'none',  'none',    '-'], warningsSeen],
]);

function tcpFromIPv6(word: string) {
  return withServer([0, '0.0.0.0'], async (port, server) => {
    await overIPv6('tcp', word, port, OUTSIDE6);
    assert.deepEqual(server.address(), { address: '0.0.0.0', family: 'IPv4', port });
  });
}

function tcpFromNat64(word: string) {
  return withServer([0, '0.0.0.0'], (port) => overIPv6('tcp', word, port, OUTSIDE4_EMBEDDED, OUTSIDE4));
}

function tcpFromIPv4(_: unknown, kind: Kind) {
  return withServer([0, '0.0.0.0'], (port) => overIPv4('tcp', kind, port));
}

function udpFromIPv6(word: string) {
  return withUdpServer([0, '0.0.0.0'], async (port, socket) => {
    await overIPv6('udp', word, port, OUTSIDE6);
    assert.deepEqual(socket.address(), { address: '0.0.0.0', family: 'IPv4', port });
  });
}

function udpFromNat64(word: string, kind: Kind) {
  return withUdpServer([0, '0.0.0.0'], (port) => overIPv6('udp', word, port, OUTSIDE4_EMBEDDED, seenOverUdp(kind)));
}

function udpFromIPv4(_: unknown, kind: Kind) {
  return withUdpServer([0, '0.0.0.0'], (port) => overIPv4('udp', kind, port));
}

async function onLoopback() {
  await withServer([0, '127.0.0.1'], (port) => overIPv6('tcp', 'refused', port, OUTSIDE6));
  await withUdpServer([0, '127.0.0.1'], (port) => overIPv6('udp', 'refused', port, OUTSIDE6));
}

async function warningsSeen(word: string) {
  await withServer([0, '0.0.0.0'], () => {});
  await new Promise(setImmediate);
  const codes = warnings.map(({ code }) => code).filter((code) => code === 'V6ONLY_NOT_REACHABLE');
  assert.deepEqual(codes, word === 'one' ? ['V6ONLY_NOT_REACHABLE'] : [], JSON.stringify(warnings));
}
