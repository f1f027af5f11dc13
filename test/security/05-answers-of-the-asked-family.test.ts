import assert from 'node:assert/strict';
import dns from 'node:dns';
import http from 'node:http';
import type net from 'node:net';
import { INSIDE_PORT, INSIDE6, OUTSIDE4, OUTSIDE4_EMBEDDED, OUTSIDE6, OWN4 } from '../support/beyond.js';
import { connected, kindHere } from '../support/host-table.js';
import { HOST6 } from '../support/sockets.js';
import { suite } from '../support/suite.js';

// Claim 5: a connection by name uses no address outside the answers of the family that it asks for. A stranger's name with a
// public A record and an internal AAAA record would pass every check of the A record otherwise.
const check = suite(import.meta.url, { on: ['v6', 'lo4', 'docker', 'dual'], second: true, dns: 'plain' });

const MIXED = 'mixed.example.org';
const OUTSIDE = kindHere === 'dual' ? `${OUTSIDE4} ${OWN4.dual.address}` : `${OUTSIDE4_EMBEDDED} ${HOST6}`;

check('family 4 of a name with both goes where the A record says', async () => {
  for (const host of [MIXED, 'outside.example.org']) {
    for (const options of [{}, { autoSelectFamily: false }, { autoSelectFamily: true }, { hints: dns.ADDRCONFIG }]) {
      const { said, remoteAddress } = await connected({ host, family: 4, ...options });
      assert.equal(said, OUTSIDE);
      assert.equal(remoteAddress, OUTSIDE4);
    }
  }
});

check('and nowhere else when nobody answers there', async () => {
  const result = await connected({ host: MIXED, family: 4, port: INSIDE_PORT });
  assert.deepEqual(result, { error: 'ECONNREFUSED' });
});

check('the port inside is open, for who asks for the AAAA record', async () => {
  const { said } = await connected({ host: MIXED, family: 6, port: INSIDE_PORT });
  assert.equal(said, `${INSIDE6} ${HOST6}`);
  assert.equal((await connected({ host: 'outside.example.org', family: 6 })).said, `${OUTSIDE6} ${HOST6}`);
});

check('what lookup was shown is what is connected to', async () => {
  const shown = await dns.promises.lookup(MIXED, { family: 4, all: true });
  assert.deepEqual(shown, [{ address: OUTSIDE4, family: 4 }]);
  assert.equal((await connected({ host: shown[0].address })).said, OUTSIDE);
});

check('an http request with family 4 is no other', async () => {
  const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) =>
    http
      .get({ host: MIXED, port: INSIDE_PORT, family: 4, agent: false }, () => resolve(undefined))
      .on('error', resolve),
  );
  assert.equal(error?.code, 'ECONNREFUSED');
});

check('a lookup function of the caller is asked, and what it says is used', async () => {
  const asked: string[] = [];
  const lookup: net.LookupFunction = (hostname, options, done) => {
    asked.push(hostname);
    process.nextTick(done, null, options.all ? [{ address: OUTSIDE4, family: 4 }] : OUTSIDE4, 4);
  };
  for (const family of [undefined, 4]) {
    assert.equal((await connected({ host: 'ula.example.org', family, lookup })).said, OUTSIDE);
  }
  assert.deepEqual(asked, ['ula.example.org', 'ula.example.org']);
});

check('a dns.lookup that the program replaced is asked, and what it says is used', async () => {
  const real = dns.lookup;
  const asked: string[] = [];
  const replaced: net.LookupFunction = (hostname, options, done) => {
    asked.push(hostname);
    if (hostname === 'blocked.example.org') {
      process.nextTick(done, Object.assign(new Error('blocked by the program'), { code: 'EBLOCKED' }));
    } else process.nextTick(done, null, options.all ? [{ address: OUTSIDE4, family: 4 }] : OUTSIDE4, 4);
  };
  dns.lookup = replaced as typeof dns.lookup;
  try {
    for (const family of [undefined, 4]) {
      assert.equal((await connected({ host: 'ula.example.org', family })).said, OUTSIDE);
      assert.deepEqual(await connected({ host: 'blocked.example.org', family }), { error: 'EBLOCKED' });
    }
  } finally {
    dns.lookup = real;
  }
  assert.equal(asked.length, 4);
});
