import test from 'ava';
import { hostTest, runOnHost } from '../support/host.js';

// A udp4 server on 0.0.0.0 that the Internet reaches by no way is warned of, as a TCP listener is; a client is not.
const program = (port: number) =>
  `require('node:dgram').createSocket('udp4').bind(${port}, '0.0.0.0', function () { this.close(); });`;

hostTest(test, ['vpn'], 'the warning names each listener by its port', async (t, on) => {
  const source = `const net = require('node:net');
for (const port of [4243, 4244, 0, 0]) net.createServer().listen(port, '0.0.0.0', function () { this.close(); });
${program(4245)}`;
  const { stderr, code } = await runOnHost(on, ['-e', source]);
  t.is(code, 0, stderr);
  const named = [...stderr.matchAll(/V6ONLY_NOT_REACHABLE\].* can reach (.*?)\. v6only/g)].map(
    ([, listener]) => listener,
  );
  const expected = [
    '0.0.0.0:4243 (TCP)',
    '0.0.0.0:4244 (TCP)',
    '0.0.0.0:4245 (UDP)',
    'a TCP listener on a free port of 0.0.0.0',
  ];
  t.deepEqual(named.sort(), expected);
});

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
