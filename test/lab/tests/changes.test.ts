// Faults of the network under running programs: each goes on without a restart. `lab changes` prints what they saw, and for how
// long, beside native Node.js. These tests change the lab.
import test from 'ava';
import { FAULTS, KINDS, type Kind, runFault } from '../changes.js';
import { mappedAddress } from '../nat64.js';

/** What a program is spared that natively would notice, in all that it begins after the fault. */
const UNNOTICED: Readonly<Partial<Record<string, readonly Kind[]>>> = {
  'the NAT64 is replaced, the old refuses': ['name'],
  'the NAT64 is replaced, the old is silent': ['name'],
  'the first of two NAT64s refuses': ['literal', 'name'],
  'the first of two NAT64s is silent': ['literal', 'name'],
};

for (const [name, fault] of Object.entries(FAULTS)) {
  test.serial(name, async (t) => {
    const { hooked } = await runFault(fault, { beside: false });
    for (const kind of KINDS) {
      if (fault.hopeless?.includes(kind)) continue;
      t.true(hooked[kind].works, `${kind}: ${JSON.stringify(hooked[kind])}`);
      if (UNNOTICED[name]?.includes(kind)) t.deepEqual(hooked[kind].errors, [], kind);
    }
    if (name.startsWith('IPv4 goes'))
      t.deepEqual(hooked.literal.from, [mappedAddress('nat64', 'dual'), '192.168.77.2'], 'back on IPv4');
  });
}
