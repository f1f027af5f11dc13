import { OUTSIDE4_EMBEDDED, OUTSIDE6 } from '../support/beyond.js';
import { allBut, kindHere, overIPv4, overIPv6, withServer, withUdpServer } from '../support/host-table.js';
import { inRepository } from '../support/paths.js';
import { suite } from '../support/suite.js';

// `listen: "ipv4"`: 0.0.0.0 is IPv4 alone, on every kind of host that has AF_INET.
const policy = inRepository('test/compliance/fixtures/listen-ipv4.json');
const check = suite(import.meta.url, { on: allBut('noinet'), second: true, env: { V6ONLY_POLICY: policy } });

check('a TCP listener is closed to IPv6', () =>
  withServer([0, '0.0.0.0'], async (port) => {
    await overIPv6('tcp', 'refused', port, OUTSIDE6);
    await overIPv6('tcp', 'refused', port, OUTSIDE4_EMBEDDED);
  }),
);

check('a UDP socket is closed to IPv6', () =>
  withUdpServer([0, '0.0.0.0'], async (port) => {
    await overIPv6('udp', 'refused', port, OUTSIDE6);
    await overIPv6('udp', 'refused', port, OUTSIDE4_EMBEDDED);
  }),
);

check('both hear an IPv4 neighbour', { on: allBut('noinet', 'v6', 'lo4') }, async () => {
  await withServer([0, '0.0.0.0'], (port) => overIPv4('tcp', kindHere, port));
  await withUdpServer([0, '0.0.0.0'], (port) => overIPv4('udp', kindHere, port));
});
