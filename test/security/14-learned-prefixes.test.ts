// Claim 14: a prefix in the policy is never replaced by a learned one, and a forged answer names no prefix that this host or a
// neighbour of it has an address under.
import test from 'ava';
import { hostTest } from '../support/host.js';
import { A, B, onChangingNetwork } from '../support/on-changing-network.js';

hostTest(
  test,
  ['v6'],
  '14: a prefix of the policy is never replaced by one that the network names',
  async (t, kind) => {
    const body = `
    const network = { prefix: B };
    await nameServer(network);
    nat64(A, 'refuses');
    nat64(B, 'works');
    say(await until('connected', () => connect('198.51.100.7', port), 300, 7000), prefixes(), network.asked);`;
    const [seen, known, asked] = await onChangingNetwork(t, kind, body, { env: { V6ONLY_NAT64: A } });
    t.deepEqual([seen, known, asked], [['EHOSTUNREACH'], `${A} (policy)`, 0]);
    const [learned, control] = await onChangingNetwork(t, kind, body);
    t.deepEqual([learned, control], [['connected'], `${B} (discovery)`], 'control: without one it is learned');
  },
);

// An address of DHCPv6 is a /128: the network of the link is a route alone.
const ROUTE_ALONE =
  'ip addr del 2001:db8:1::2/64 dev eth0; ip addr add 2001:db8:1::2/128 dev eth0 nodad; ip -6 route add 2001:db8:1::/64 dev eth0';
const TUNNEL = 'ip tuntap add tun9 mode tun; ip link set tun9 up; ip -6 route add 2001:db8:3::/48 dev tun9';

for (const [named, expected, why, prepare] of [
  ['2001:db8:1:0:64::/96', '64:ff9b::/96 (assumed)', "in the network of this host's interface"],
  ['2001:db8:1:0:64::/96', '64:ff9b::/96 (assumed)', 'in the network of an on-link route', ROUTE_ALONE],
  ['2001:db8:3::/96', '2001:db8:3::/96 (discovery)', 'that a tunnel leads to', TUNNEL],
  ['2001:db8:2::/96', '64:ff9b::/96 (assumed)', 'that an address of this host lies in'],
  ['::ffff:0:0/96', '64:ff9b::/96 (assumed)', 'of IPv4-mapped addresses'],
  ['::/96', '64:ff9b::/96 (assumed)', 'of IPv4-compatible addresses'],
  ['2001:db8:3::/96', '2001:db8:3::/96 (discovery)', 'of another network (control)'],
]) {
  const verdict = expected.includes('discovery') ? 'is' : 'is not';
  hostTest(test, ['v6'], `14: a prefix ${why} ${verdict} learned`, async (t, kind) => {
    const [known] = await onChangingNetwork(
      t,
      kind,
      `await nameServer({ prefix: ${JSON.stringify(named)} });
       await v6only.ready();
       say(prefixes());`,
      { prepare },
    );
    t.is(known, expected);
  });
}
