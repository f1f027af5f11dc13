import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import dns from 'node:dns';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { registerPath } from '../support/host.js';
import { echoServer, errorOf, exchange, HOST4 } from '../support/sockets.js';
import { suite } from '../support/suite.js';

// require('v6only') as a library: nothing is preloaded.
const check = suite(import.meta.url, { hook: false, on: ['noinet', 'v6', 'lo4'] });
const v6only = createRequire(import.meta.url)(path.join(path.dirname(registerPath), 'dist/index.js'));

/** Every function that a program or Node.js itself can reach on what v6only patches. */
function functions() {
  const tcp = new net.Socket().connect(1, '192.0.2.1').on('error', () => {});
  const udp = dgram.createSocket('udp4');
  const udpHandle =
    udp[Object.getOwnPropertySymbols(udp).find(({ description }) => description === 'state symbol')].handle;
  const owners = [
    Object.getPrototypeOf(tcp._handle),
    Object.getPrototypeOf(udpHandle),
    net,
    net.Socket.prototype,
    net.Server.prototype,
    dgram,
    dgram.Socket.prototype,
    dns,
    dns.promises,
    dns.Resolver.prototype,
    dns.promises.Resolver.prototype,
    os,
  ];
  tcp.destroy();
  udp.close();
  return owners.map((owner) => {
    const descriptors = Object.getOwnPropertyDescriptors(owner);
    return Object.entries(descriptors)
      .filter(([, { value }]) => typeof value === 'function')
      .map(([name, { value, enumerable, writable, configurable }]) => ({
        name,
        value,
        enumerable,
        writable,
        configurable,
      }));
  });
}

check('loading the package patches nothing', () => {
  assert.equal(v6only.status().enabled, false);
});

check('disable restores every function, by identity', () => {
  const before = functions();
  v6only.enable({ nat64: '64:ff9b::/96' });
  const during = functions();
  v6only.disable();
  const after = functions();
  let patched = 0;
  for (const [i, list] of before.entries()) {
    assert.equal(after[i].length, list.length);
    for (const [j, one] of list.entries()) {
      assert.equal(after[i][j].value, one.value, `${one.name} was not restored`);
      assert.deepEqual({ ...after[i][j], value: 0 }, { ...one, value: 0 });
      if (during[i]?.[j]?.value !== one.value) patched++;
    }
  }
  assert.ok(patched > 5, 'nothing was patched in between');
});

check('patched functions keep their name and length', () => {
  const before = functions().flat();
  v6only.enable({ nat64: '64:ff9b::/96' });
  const during = functions().flat();
  v6only.disable();
  for (const [i, { name, value }] of before.entries()) {
    assert.equal(during[i].name, name);
    assert.equal(during[i].value.name, value.name);
    assert.equal(during[i].value.length, value.length, `${name}.length`);
  }
});

check('enabled, an IPv4 program works; disabled, new sockets fail again and open ones go on', async () => {
  v6only.enable({ nat64: '64:ff9b::/96' });
  const { server, port } = await echoServer();
  const open = net.connect(port, HOST4).setEncoding('utf8');
  await once(open, 'connect');
  v6only.disable();
  open.write('still here');
  assert.equal(await once(open, 'data').then(String), 'still here');
  assert.equal(open.remoteAddress, HOST4);
  assert.match((await errorOf(net.connect(port, HOST4))).code, /^(ENETUNREACH|EAFNOSUPPORT|EINVAL)$/);
  open.destroy();
  server.close();
});

check('enabled twice is enabled once', async () => {
  const before = functions();
  v6only.enable({ nat64: '64:ff9b::/96' });
  const once_ = functions();
  const second = v6only.enable({ nat64: '2001:db8:64::/96' });
  assert.deepEqual(second.nat64.prefixes, ['64:ff9b::/96']);
  for (const [i, list] of functions().entries())
    for (const [j, one] of list.entries()) assert.equal(one.value, once_[i][j].value);
  const { server, port } = await echoServer();
  assert.equal(await exchange({ port, host: HOST4 }), 'ping');
  server.close();
  v6only.disable();
  for (const [i, list] of functions().entries())
    for (const [j, one] of list.entries()) assert.equal(one.value, before[i][j].value);
});

check('a wrapper that somebody put on top survives disable, and what is below it is plain again', async () => {
  v6only.enable({ nat64: '64:ff9b::/96' });
  const patched = net.Socket.prototype.connect;
  let calls = 0;
  net.Socket.prototype.connect = function (...args) {
    calls++;
    return patched.apply(this, args);
  };
  const wrapper = net.Socket.prototype.connect;
  v6only.disable();
  assert.equal(net.Socket.prototype.connect, wrapper);
  await errorOf(net.connect(1, HOST4));
  assert.equal(calls, 1);
});

for (const [what, options, code, named] of [
  ['an unknown option', { nat46: '64:ff9b::/96' }, 'V6ONLY_INVALID_POLICY', /nat46/],
  [
    'a prefix of a wrong length',
    { nat64: '64:ff9b::/95' },
    'V6ONLY_INVALID_POLICY',
    /64:ff9b::\/95.*32, 40, 48, 56, 64 or 96/s,
  ],
  ['a prefix with bits 64 to 71 set', { nat64: '2001:db8:0:0:ff00::/96' }, 'V6ONLY_INVALID_POLICY', /64 to 71/],
  ['a prefix with bits beyond its length', { nat64: '2001:db8::1/64' }, 'V6ONLY_INVALID_POLICY', /beyond/],
  ['an IPv4 prefix', { nat64: '192.0.2.0/24' }, 'V6ONLY_INVALID_POLICY', /192\.0\.2\.0\/24/],
  ['no prefix in the list', { nat64: [] }, 'V6ONLY_INVALID_POLICY', /nat64/],
  ['a mode that is none', { mode: 'on' }, 'V6ONLY_INVALID_POLICY', /mode/],
  [
    'a malformed address in a rule',
    { rules: [{ match: '1.2.3.4', to: '2001:db8:::1' }] },
    'V6ONLY_INVALID_POLICY',
    /2001:db8:::1/,
  ],
  ['a pool that is no network', { pool: '198.18.0.1/15' }, 'V6ONLY_INVALID_POLICY', /198\.18\.0\.1\/15/],
  ['a loopback prefix of a wrong length', { loopback: 'fd00::/64' }, 'V6ONLY_INVALID_POLICY', /fd00::\/64/],
  ['options that are no object', '64:ff9b::/96', 'V6ONLY_INVALID_POLICY', /./],
  ['options that are null', null, 'V6ONLY_INVALID_POLICY', /./],
]) {
  check(`${what} is refused before anything is patched`, () => {
    const before = functions();
    assert.throws(
      () => v6only.enable(options),
      (error) => {
        assert.equal(error.code, code);
        assert.match(error.message, named);
        return true;
      },
    );
    assert.equal(v6only.status().enabled, false);
    for (const [i, list] of functions().entries())
      for (const [j, one] of list.entries()) assert.equal(one.value, before[i][j].value);
  });
}

check('explain says what an address becomes, enabled or not', () => {
  const { decision } = v6only.explain('203.0.113.5', { policy: { nat64: '64:ff9b::/96' } });
  assert.equal(decision.kind, 'translate');
  assert.equal(decision.address, '64:ff9b::cb00:7105');
  assert.throws(() => v6only.explain('not an address'), { code: 'V6ONLY_INVALID_ADDRESS' });
});
