import test from 'ava';
import { hostTest, type Kind } from '../support/host.js';
import { asThemselves, peersAreSeen } from '../support/peers-seen.js';

// Claim 2: no peer reads as a private IPv4 address under 64:ff9b::/96, which must not carry those (RFC 6052 §3.1). A network
// that has a prefix of its own for its private hosts means them.
const KINDS: Kind[] = ['v6', 'lo4', 'docker'];
const PRIVATE = { 'a00:1': '10.0.0.1', 'ac10:1': '172.16.0.1', 'c0a8:101': '192.168.1.1', '6440:1': '100.64.0.1' };

hostTest(test, KINDS, 'under the well-known prefix a private address reads as IPv6', async (t, kind) => {
  const addresses = Object.keys(PRIVATE).map((suffix) => `64:ff9b::${suffix}`);
  await peersAreSeen(t, kind, { ...asThemselves(...addresses), '64:ff9b::c000:250': '192.0.2.80' });
});

hostTest(test, KINDS, 'under a prefix of the network’s own it is what it says', async (t, kind) => {
  const expected = Object.fromEntries(
    Object.entries(PRIVATE).map(([suffix, ipv4]) => [`2001:db8:64::${suffix}`, ipv4]),
  );
  await peersAreSeen(t, kind, expected, { env: { V6ONLY_NAT64: '2001:db8:64::/96' } });
});

hostTest(test, KINDS, 'beside such a prefix the well-known one carries no private address either', async (t, kind) => {
  const expected = {
    ...asThemselves('64:ff9b::a00:1'),
    '64:ff9b::c000:250': '192.0.2.80',
    '2001:db8:64::a00:1': '10.0.0.1',
  };
  await peersAreSeen(t, kind, expected, { env: { V6ONLY_NAT64: '64:ff9b::/96,2001:db8:64::/96' } });
});
