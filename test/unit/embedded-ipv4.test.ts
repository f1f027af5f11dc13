import { createRequire } from 'node:module';
import test from 'ava';

const require = createRequire(import.meta.url);
const { embeddedIPv4 } = require('../../src/install/embedded-ipv4.js');

for (const [address, ipv4] of [
  ['64:ff9b::a9fe:a9fe', '169.254.169.254'],
  ['64:FF9B:0:0:0:0:203.0.113.5', '203.0.113.5'],
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['::FFFF:a00:1', '10.0.0.1'],
  ['2001:db8::1', undefined],
  ['fe80::1%eth0', undefined],
  ['64:ff9b:1::a00:1', undefined],
]) {
  test(`${address} stands for ${ipv4}`, (t) => t.is(embeddedIPv4(address), ipv4));
}

for (const address of ['203.0.113.5', 'example.org', '', '::1::'])
  test(`"${address}" is not an IPv6 address`, (t) =>
    t.throws(() => embeddedIPv4(address), { code: 'V6ONLY_INVALID_ADDRESS' }));
