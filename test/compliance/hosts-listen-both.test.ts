import { OUTSIDE4, OUTSIDE4_EMBEDDED, OUTSIDE6 } from '../support/beyond.js';
import { ALL_KINDS, control } from '../support/host.js';
import { allBut, kindHere, overIPv4, overIPv6, seenOverUdp, withServer, withUdpServer } from '../support/host-table.js';
import { inRepository } from '../support/paths.js';
import { suite } from '../support/suite.js';

// `listen: "both"`: 0.0.0.0 is open to IPv6 on every kind of host, because its operator says so.
const policy = inRepository('test/compliance/fixtures/listen-both.json');
const check = suite(import.meta.url, { on: ALL_KINDS, second: true, env: { V6ONLY_POLICY: policy } });
// Without the hook nothing opens a listener.
const on = control ? [] : ALL_KINDS;

check('a TCP listener hears an IPv6 host and one beyond the NAT64', { on }, () =>
  withServer([0, '0.0.0.0'], async (port) => {
    await overIPv6('tcp', 'heard', port, OUTSIDE6);
    await overIPv6('tcp', 'heard', port, OUTSIDE4_EMBEDDED, OUTSIDE4);
  }),
);

check('a UDP socket hears an IPv6 host and one beyond the NAT64', { on }, () =>
  withUdpServer([0, '0.0.0.0'], async (port) => {
    await overIPv6('udp', 'heard', port, OUTSIDE6);
    await overIPv6('udp', 'heard', port, OUTSIDE4_EMBEDDED, seenOverUdp(kindHere));
  }),
);

check('both hear an IPv4 neighbour', { on: allBut('noinet', 'v6', 'lo4') }, async () => {
  await withServer([0, '0.0.0.0'], (port) => overIPv4('tcp', kindHere, port));
  await withUdpServer([0, '0.0.0.0'], (port) => overIPv4('udp', kindHere, port));
});

check('a listener on 127.0.0.1 stays closed', async () => {
  await withServer([0, '127.0.0.1'], (port) => overIPv6('tcp', 'refused', port, OUTSIDE6));
  await withUdpServer([0, '127.0.0.1'], (port) => overIPv6('udp', 'refused', port, OUTSIDE6));
});
