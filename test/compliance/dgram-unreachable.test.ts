// A datagram that cannot leave for the NAT64: the error is Node's own, and its cause says what was tried.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import dgram from 'node:dgram';
import net from 'node:net';
import type { Failure } from '../support/errors.js';
import { errorOf, sent } from '../support/sockets.js';
import { suite } from '../support/suite.js';

const NO_ROUTE = '192.0.2.80';
const DENIED = '198.51.100.80';
const policy = {
  nat64: '2001:db8:aaaa::/96',
  rules: [{ match: '198.51.100.0/24', to: '2001:db8:bbbb::/96' }],
};
const check = suite(import.meta.url, {
  on: ['noinet', 'v6', 'lo4'],
  env: { V6ONLY_POLICY: JSON.stringify(policy), V6ONLY_NAT64: undefined },
});

let isCut = false;
/** Leaves the host without a route to the first prefix, and with one to the second that says "unreachable". */
function cut(): void {
  if (isCut) return;
  isCut = true;
  for (const route of ['del default', 'add unreachable 2001:db8:bbbb::/96']) {
    execFileSync('ip', ['-6', 'route', ...route.split(' ')], { stdio: 'ignore' });
  }
}

function isExplained(error: Failure | null, syscall: string, address: string, code: string): void {
  assert.equal(error?.message, `${syscall} ${code} ${address}:53`);
  assert.deepEqual([error?.code, error?.syscall, error?.address, error?.port], [code, syscall, address, 53]);
  assert.equal(error?.cause?.code, 'V6ONLY_UNREACHABLE');
  assert.match(String(error?.cause?.message), new RegExp(`^${address}:53 was tried as \\[2001:db8:.*with ${code}`));
}

check('the callback of a send gets the cause', async () => {
  cut();
  const socket = dgram.createSocket('udp4');
  isExplained(await sent(socket, 'x', 53, NO_ROUTE), 'send', NO_ROUTE, 'ENETUNREACH');
  isExplained(await sent(socket, 'x', 53, DENIED), 'send', DENIED, 'EHOSTUNREACH');
  socket.close();
});

check('the callback of a send of a dual udp6 socket gets it too', async () => {
  cut();
  const socket = dgram.createSocket('udp6');
  const error = await sent(socket, 'x', 53, `::ffff:${NO_ROUTE}`);
  assert.equal(error?.code, 'ENETUNREACH');
  assert.equal(error?.cause?.code, 'V6ONLY_UNREACHABLE');
  socket.close();
});

check('a send without a callback fails silently, as natively', async () => {
  cut();
  const socket = dgram.createSocket('udp4').on('error', assert.fail);
  socket.send('x', 53, NO_ROUTE);
  await sent(socket, 'x', 53, NO_ROUTE);
  socket.close();
});

check("the 'error' of a connect has the cause, as a TCP connect's has", async () => {
  cut();
  const socket = dgram.createSocket('udp4');
  const failed = errorOf(socket);
  socket.connect(53, NO_ROUTE);
  isExplained(await failed, 'connect', NO_ROUTE, 'ENETUNREACH');
  socket.close();
  assert.equal((await errorOf(net.connect(53, NO_ROUTE))).cause?.code, 'V6ONLY_UNREACHABLE');
});
