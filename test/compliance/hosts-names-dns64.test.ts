import assert from 'node:assert/strict';
import dns from 'node:dns/promises';
import { OUTSIDE4, OUTSIDE4_EMBEDDED } from '../support/beyond.js';
import { ALL_KINDS } from '../support/host.js';
import { natively, table } from '../support/host-table.js';
import { suite } from '../support/suite.js';

// The same where the network's resolver is a DNS64: its answers read as the A records that they were made of.
const check = suite(import.meta.url, { on: ALL_KINDS, second: true, dns: 'dns64' });

const A_ONLY = 'outside4.example.org';

// biome-ignore format: it is a table
table(check, [
  // The columns:                            without docker  vpn   egress,     private,    container
  //                                         IPv4                  clat        dual

  ['lookup of an A-only name',               ['A',   'A',    'A',  'natively', 'natively', '-'], lookup({ all: true })],
  ['lookup of an A-only name with family 4', ['A',   'A',    'A',  'A',        'A',        'A'], lookup({ all: true, family: 4 })],
  ['lookup of an A-only name with family 6', ['natively', 'natively', 'natively', 'natively', 'natively', 'natively'], lookup({ all: true, family: 6 })],
]);

function lookup(options: object) {
  return async (word: string) => {
    const result = await dns.lookup(A_ONLY, options);
    if (word === 'A') assert.deepEqual(result, [{ address: OUTSIDE4, family: 4 }]);
    else {
      const script = `require('dns').promises.lookup('${A_ONLY}', ${JSON.stringify(options)}).then((all) => console.log(JSON.stringify(all)))`;
      assert.deepEqual(result, JSON.parse(await natively(script)));
      assert.ok(([result].flat() as { address: string }[]).some(({ address }) => address === OUTSIDE4_EMBEDDED));
    }
  };
}
