import test from 'ava';
import { hostTest, type Kind } from '../support/host.js';
import { asThemselves, peersAreSeen } from '../support/peers-seen.js';

// Claim 1: no peer on another host reads as 127.0.0.0/8, 0.0.0.0/8 or link-local, whatever address it comes from.
const KINDS: Kind[] = ['v6', 'lo4', 'docker'];

/** Embedded in a /96, the IPv4 addresses that mean this host or this link; and what no host has. */
const DANGEROUS = {
  'the loopback': ['7f00:1', '7f00:2', '7fff:fffe'],
  'this network': ['1', '0:808'],
  'the link': ['a9fe:a9fe', 'a9fe:1'],
  'a protocol assignment': ['c000:1', 'c000:8', 'c000:aa'],
  'a group': ['e000:1', 'efff:fffa'],
  everybody: ['ffff:ffff'],
  'the pool': ['c612:1', 'c613:fffe'],
};

for (const prefix of ['64:ff9b::', '2001:db8:64::']) {
  // One program for all of them: it costs more than what it does.
  const title = `peers at ${prefix} and what no other host has read as their IPv6 addresses: ${Object.keys(DANGEROUS).join(', ')}`;
  hostTest(test, KINDS, title, async (t, kind) => {
    const suffixes = Object.values(DANGEROUS).flat();
    const addresses = suffixes.map((suffix) => new URL(`http://[${prefix}${suffix}]`).hostname.slice(1, -1));
    // The honest peer beside them still reads as IPv4.
    const honest = { [`${prefix}c000:250`]: '192.0.2.80' };
    const env = { V6ONLY_NAT64: `${prefix}/96` };
    await peersAreSeen(t, kind, { ...asThemselves(...addresses), ...honest }, { env });
  });
}

hostTest(test, KINDS, 'the well-known prefix is none where another is in use', async (t, kind) => {
  const expected = asThemselves('64:ff9b::7f00:1', '64:ff9b::a00:1', '64:ff9b::c000:250', '2001:db8:9::9');
  await peersAreSeen(t, kind, expected, { env: { V6ONLY_NAT64: '2001:db8:64::/96' } });
});

hostTest(test, KINDS, 'under a /64 the loopback is the loopback too', async (t, kind) => {
  const expected = { ...asThemselves('2001:db8:64:0:7f:0:100:0'), '2001:db8:64:0:c0:2:5000:0': '192.0.2.80' };
  await peersAreSeen(t, kind, expected, { env: { V6ONLY_NAT64: '2001:db8:64::/64' } });
});

const rules = [
  { match: '10.1.0.0/16', to: '2001:db8:64::/96' },
  ...['255.255.255.255', '224.0.0.1', '192.0.0.1', '198.18.0.9'].map((match, n) => ({
    match,
    to: `2001:db8:9::1${n}`,
  })),
  { match: '192.0.2.9', to: '2001:db8:9::9' },
];

hostTest(
  test,
  ['v6', 'docker'],
  'what a rule sends to IPv6 reads as what it sends there, and as no more',
  async (t, kind) => {
    const others = asThemselves(
      '2001:db8:64::c0a8:1',
      '2001:db8:64::808:808',
      ...[0, 1, 2, 3].map((n) => rules[n + 1].to),
    );
    const carried = { '2001:db8:64::a01:5': '10.1.0.5', '2001:db8:9::9': '192.0.2.9' };
    await peersAreSeen(t, kind, { ...others, ...carried }, { env: { V6ONLY_POLICY: JSON.stringify({ rules }) } });
  },
);

hostTest(test, ['vpn'], 'in mode always nobody reads as an IPv4 address of this host', async (t, kind) => {
  const expected = { ...asThemselves('2001:db8:64::a08:2'), '2001:db8:64::a08:7': '10.8.0.7' };
  const env = { V6ONLY_NAT64: '2001:db8:64::/96', V6ONLY_POLICY: '{"mode":"always"}' };
  await peersAreSeen(t, kind, expected, { env });
});

hostTest(test, ['lo4', 'docker'], 'nobody reads as an address that a route makes this host’s own', async (t, kind) => {
  const expected = { ...asThemselves('64:ff9b::c633:6405'), '64:ff9b::c000:250': '192.0.2.80' };
  const route = ['sh', '-ec', 'ip route add local 198.51.100.0/24 dev lo && exec "$0" "$@"', process.execPath];
  await peersAreSeen(t, kind, expected, { command: route });
});
