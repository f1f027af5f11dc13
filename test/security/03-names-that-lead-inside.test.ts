import assert from 'node:assert/strict';
import dns from 'node:dns';
import net from 'node:net';
import { INSIDE_PORT, INSIDE6, OUTSIDE6, WHO_PORT } from '../support/beyond.js';
import { codeOf } from '../support/errors.js';
import { connected } from '../support/host-table.js';
import { HOST6 } from '../support/sockets.js';
import { suite } from '../support/suite.js';

// Claim 3: an address that was reached by name is denied by an IPv4 list whenever its IPv6 target is not global. So a service
// that fetches what strangers ask for keeps them out with the list that it has.
const check = suite(import.meta.url, { on: ['v6', 'lo4', 'docker', 'dual'], second: true, dns: 'plain' });

/** What hand-written filters deny. */
const denied = new net.BlockList();
for (const [network, length] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['224.0.0.0', 4],
] as const) {
  denied.addSubnet(network, length, 'ipv4');
}
for (const [network, length] of [
  ['::', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
] as const) {
  denied.addSubnet(network, length, 'ipv6');
}
const isDenied = ({ address, family }: dns.LookupAddress) => denied.check(address, family === 6 ? 'ipv6' : 'ipv4');

const INSIDE = [
  'ula',
  'site',
  'local-nat64',
  'metadata',
  'link-local',
  'loopback6',
  'any6',
  'embedded-loopback',
  'embedded-metadata',
  'embedded-private',
  'mapped',
  'compatible',
].map((name) => `${name}.example.org`);

/** What a name has, as `lookup` has it; nothing where it does not resolve. */
async function addressesOf<Address>(asked: Promise<Address[]>): Promise<Address[]> {
  try {
    return await asked;
  } catch (error) {
    assert.match(codeOf(error) as string, /^(ENOTFOUND|ENODATA)$/);
    return [];
  }
}

for (const name of INSIDE) {
  check(`${name} has no address that a deny list lets pass`, async () => {
    for (const family of [0, 4]) {
      const all = await addressesOf(dns.promises.lookup(name, { family, all: true }));
      for (const address of all) assert.ok(isDenied(address), `family ${family}: ${address.address}`);
    }
    for (const address of await addressesOf(dns.promises.resolve4(name))) {
      assert.ok(isDenied({ address, family: 4 }), `resolve4: ${address}`);
    }
  });

  check(`${name} is kept out where the connection itself is judged`, async () => {
    const options = { host: name, port: WHO_PORT, family: 4 };
    const filtered: net.LookupFunction = (hostname, lookupOptions, done) =>
      dns.lookup(hostname, { ...lookupOptions, all: true }, (error, all) => {
        if (error) done(error, '');
        else if (all.some(isDenied)) done(Object.assign(new Error('denied'), { code: 'EDENIED' }), '');
        else if (lookupOptions.all) done(null, all);
        else done(null, all[0].address, all[0].family);
      });
    const byLookup = await connected({ ...options, lookup: filtered });
    assert.ok(byLookup.error, `a lookup function let ${byLookup.said} pass`);
    const said = await new Promise((resolve) => {
      const socket = net.connect(options);
      const judge = (address: string, family: number) =>
        isDenied({ address, family }) && socket.destroy(new Error('denied'));
      socket.on('lookup', (_error, address, family) => address && judge(address, Number(family)));
      socket.on('connect', () => judge(socket.remoteAddress as string, 4));
      socket.on('data', (text) => resolve(String(text)));
      socket.on('error', () => resolve('kept out'));
    });
    assert.equal(said, 'kept out');
  });
}

check('cloud metadata reads as the IPv4 address that everybody denies', async () => {
  assert.deepEqual(await dns.promises.lookup('metadata.example.org', 4), { address: '169.254.169.254', family: 4 });
});

check('a private name connects all the same, for who denies nothing', async () => {
  const { said } = await connected({ host: 'ula.example.org', family: 4 });
  assert.equal(said, `${INSIDE6} ${HOST6}`);
  const { address } = await dns.promises.lookup('ula.example.org', 4);
  assert.equal((await connected({ host: address })).said, `${INSIDE6} ${HOST6}`);
});

check('a public name passes, and connects', async () => {
  const all = await dns.promises.lookup('outside6.example.org', { family: 4, all: true });
  assert.equal(all.length, 1);
  assert.equal(isDenied(all[0]), false);
  assert.equal((await connected({ host: 'outside6.example.org', family: 4 })).said, `${OUTSIDE6} ${HOST6}`);
});

check('no address leads inside that nobody was given', async () => {
  const { address } = await dns.promises.lookup('ula.example.org', 4);
  for (const host of ['198.18.0.1', '198.18.0.2', '10.170.160.1', '10.170.160.2']) {
    if (host === address) continue;
    const { said } = await connected({ host, port: INSIDE_PORT });
    assert.notEqual(said, `${INSIDE6} ${HOST6}`, host);
  }
});

check('who knows one synthetic address cannot tell the next', async () => {
  for (const name of ['six', 'inside']) {
    const given = [];
    for (let n = 1; n <= 8; n++) given.push((await dns.promises.lookup(`${name}-${n}.example.org`, 4)).address);
    const last = given.map((address) => address.split('.').reduce((value, octet) => value * 256 + Number(octet), 0));
    const steps = last.slice(1).map((value, n) => value - last[n]);
    assert.ok(new Set(steps).size > 2, given.join());
  }
});
