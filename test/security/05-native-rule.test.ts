import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import dns from 'node:dns';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OUTSIDE4, OUTSIDE4_EMBEDDED, WHO_PORT } from '../support/beyond.js';
import { connected } from '../support/host-table.js';
import { HOST6 } from '../support/sockets.js';
import { suite } from '../support/suite.js';

// Claim 5, where a rule says `native` and the native address is down: the A records come from the function that the program
// looks names up with, and lead nowhere that the address which the program saw does not.
const policy = path.join(mkdtempSync(path.join(tmpdir(), 'v6only-native-')), 'policy.json');
writeFileSync(policy, JSON.stringify({ rules: [{ match: '*.example.org', to: 'native' }] }));
const check = suite(import.meta.url, {
  on: ['v6', 'lo4', 'docker'],
  second: true,
  dns: 'plain',
  env: { V6ONLY_POLICY: policy },
});

if (process.env.V6ONLY_CHECK_HOST !== undefined) {
  // The first connects fail at once, so that no test waits.
  for (const network of ['2001:db8:4::/48', 'fd12:5555::/32'])
    execFileSync('ip', ['-6', 'route', 'add', 'unreachable', network]);
}

const HOST = 'outside-down.example.org';
const REACHED = {
  said: `${OUTSIDE4_EMBEDDED} ${HOST6}`,
  remoteAddress: OUTSIDE4,
  remoteFamily: 'IPv4',
  localAddress: '192.0.0.1',
};
const real = dns.lookup;

type Callback = (error: Error | null, ...found: unknown[]) => void;
type Entry = { address: string; family: number };

/** Looks up, and passes on what `allowed` allows. */
const filtering = (allowed: (address: string) => boolean) => (host: string, options: object, callback: Callback) =>
  real(host, options, (error, found, family) => {
    if (error) return callback(error);
    const list: Entry[] = Array.isArray(found) ? found : [{ address: found, family }];
    const [first, ...more] = list.filter(({ address }) => allowed(address));
    if (first === undefined) return callback(Object.assign(new Error('denied'), { code: 'EDENIED' }));
    return Array.isArray(found) ? callback(null, [first, ...more]) : callback(null, first.address, first.family);
  });
const synthetic = filtering((address) => !address.startsWith('192.0.2.'));
const anything = filtering(() => true);

for (const time of ['first', 'next']) {
  check(`the ${time} time, an A record that the lookup option leaves out is not used`, async () => {
    const result = await connected({ host: HOST, family: 4, lookup: synthetic as net.LookupFunction });
    assert.deepEqual(result, { error: 'EHOSTUNREACH' });
  });

  check(`the ${time} time, nor one that a replaced dns.lookup leaves out`, async () => {
    dns.lookup = synthetic as unknown as typeof dns.lookup;
    const result = connected({ host: HOST, family: 4 });
    dns.lookup = real; // after the connect has begun: it asks the function that it found
    assert.deepEqual(await result, { error: 'EHOSTUNREACH' });
  });

  check(`the ${time} time, one that they let pass is`, async () => {
    for (const lookup of [anything as net.LookupFunction, undefined])
      assert.deepEqual({ ...(await connected({ host: HOST, family: 4, lookup })), localAddress: '192.0.0.1' }, REACHED);
  });
}

check('who was shown a private address is led neither to the loopback nor outside', async () => {
  const { address } = await dns.promises.lookup('inside-down.example.org', { family: 4 });
  assert.ok(!address.startsWith('127.'), address);
  const local = net.createServer((socket) => socket.on('error', () => {}).end('a service of this host'));
  local.listen(WHO_PORT, '127.0.0.1');
  await once(local, 'listening');
  for (let time = 0; time < 2; time++)
    assert.deepEqual(await connected({ host: 'inside-down.example.org', family: 4 }), { error: 'EHOSTUNREACH' });
  local.close();
});

check('a native address that fails while the A records are asked for does not end the connect', async () => {
  // 2001:db8:5::5 is silent for a second, and then a router denies it.
  const lookup = (host: string, options: dns.LookupAllOptions, callback: Callback) => {
    if (!options.all) return real(host, options, callback);
    return real(host, options, async (error, found) => {
      while (process.getActiveResourcesInfo().includes('TCPConnectWrap')) await sleep(5);
      setImmediate(callback, error, found);
    });
  };
  const host = 'outside-later.example.org';
  const result = await connected({ host, family: 4, lookup: lookup as net.LookupFunction });
  assert.deepEqual({ ...result, localAddress: '192.0.0.1' }, REACHED);
});
