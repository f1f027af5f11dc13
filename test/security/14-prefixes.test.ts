import test from 'ava';
import { hostTest, type Kind } from '../support/host.js';
import { asThemselves, peersAreSeen } from '../support/peers-seen.js';

// Claim 14: a prefix in the policy is never replaced by a learned one; and no forged answer for ipv4only.arpa (RFC 7050) makes
// its forger somebody else. V6ONLY_NAT64 is the policy's prefix; without it the prefix is learned.
const KINDS: Kind[] = ['v6', 'lo4', 'docker'];
const HONEST = { '64:ff9b::c000:250': '192.0.2.80' };

/** 192.0.0.170 and .171 in each prefix, as a name server would answer (RFC 7050 §3). */
const FORGED = {
  'the link’s own /64': 'says:2001:db8:1:0:c0:0:aa00:0,2001:db8:1:0:c0:0:ab00:0',
  'mapped addresses': 'says:::ffff:192.0.0.170,::ffff:192.0.0.171',
  'compatible addresses': 'says:::192.0.0.170,::192.0.0.171',
  'link-local addresses': 'says:fe80::192.0.0.170,fe80::192.0.0.171',
  groups: 'says:ff0e::192.0.0.170,ff0e::192.0.0.171',
};

/** What the forger would be taken for. */
const FORGER = ['2001:db8:1:0:7f:0:100:0', '2001:db8:1:0:a:0:100:0', '2001:db8:bad:1:7f:0:100:0'];

for (const [what, dns] of Object.entries(FORGED)) {
  // What is learned does not depend on the kind of host, how a peer reads does: the last three tests have them all.
  hostTest(test, ['v6'], `a policy’s prefix stands beside a forged one: ${what}`, (t, kind) =>
    peersAreSeen(t, kind, { ...asThemselves(...FORGER), ...HONEST }, { dns }),
  );

  hostTest(test, ['v6'], `a prefix that cannot be one is not learned: ${what}`, (t, kind) =>
    peersAreSeen(t, kind, asThemselves(...FORGER), { dns, env: { V6ONLY_NAT64: undefined } }),
  );
}

const ELSEWHERE = 'says:2001:db8:bad:1:c0:0:aa00:0,2001:db8:bad:1:c0:0:ab00:0';

hostTest(test, KINDS, 'a policy’s prefix stands beside a forged one of another network', (t, kind) =>
  peersAreSeen(t, kind, { ...asThemselves(...FORGER), ...HONEST }, { dns: ELSEWHERE }),
);

hostTest(test, KINDS, 'under a learned prefix nobody is the loopback', (t, kind) =>
  peersAreSeen(
    t,
    kind,
    // The honest peer shows that the prefix has been learned.
    { ...asThemselves(...FORGER), '2001:db8:bad:1:c0:2:5000:0': '192.0.2.80' },
    { dns: ELSEWHERE, env: { V6ONLY_NAT64: undefined } },
  ),
);

hostTest(test, KINDS, 'an honest network’s prefix is learned', (t, kind) =>
  peersAreSeen(
    t,
    kind,
    { ...HONEST, ...asThemselves('64:ff9b::7f00:1') },
    { dns: 'dns64', env: { V6ONLY_NAT64: undefined } },
  ),
);
