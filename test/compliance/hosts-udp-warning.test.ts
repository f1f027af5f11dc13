import test from 'ava';
import { hostTest, runOnHost } from '../support/host.js';

// A udp4 server on 0.0.0.0 that the Internet reaches by no way is warned of, as a TCP listener is; a client is not.
const program = (port: number) =>
  `require('node:dgram').createSocket('udp4').bind(${port}, '0.0.0.0', function () { this.close(); });`;

for (const [kind, port, warns] of [
  ['vpn', 4242, true],
  ['vpn', 0, false],
  ['docker', 4242, false],
  ['private', 4242, false],
] as const) {
  hostTest(
    test,
    [kind],
    `a udp4 socket on port ${port} of 0.0.0.0 ${warns ? 'is' : 'is not'} warned of`,
    async (t, on) => {
      const { stderr, code } = await runOnHost(on, ['-e', program(port)]);
      t.is(code, 0, stderr);
      t.is(stderr.includes('V6ONLY_NOT_REACHABLE'), warns, stderr);
    },
  );
}
