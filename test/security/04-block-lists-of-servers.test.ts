import test from 'ava';
import { OUTSIDE4 } from '../support/beyond.js';
import { evalOnHost, hostTest, nodeUnderTestMajor, runOnHost } from '../support/host.js';
import { compiled } from '../support/paths.js';

// Claims 1 and 4 for a program that only listens: nothing that it asks for needs the NAT64 prefix, but its peers do.
const program = compiled('test/security/fixtures/only-listens.js');
const LEARNED = { dns: 'dns64', env: { V6ONLY_NAT64: undefined } };

for (const [what, host, options] of [
  ['tcp', '::', LEARNED],
  ['tcp', '0.0.0.0', LEARNED],
  ['udp6', '::', LEARNED],
  ['worker', '::', {}],
  ['worker', '', {}],
  ['worker', '0.0.0.0', {}],
  ['worker', '::', LEARNED],
  ['child', '::', {}],
  ['child', '::', LEARNED],
] as const) {
  const title = `a peer beyond ${'dns' in options ? 'a learned' : 'the'} NAT64 prefix: ${what} on ${host || 'no address'}`;
  hostTest(test, ['lo4'], title, async (t, kind) => {
    const { stdout, stderr } = await runOnHost(kind, [program, what, host], { second: true, ...options });
    const seen = host === '0.0.0.0' ? OUTSIDE4 : `::ffff:${OUTSIDE4}`;
    // Node.js 20 has no block lists of servers.
    const blocked = nodeUnderTestMajor < 22 ? seen : '';
    t.deepEqual(
      JSON.parse(stdout || JSON.stringify(stderr)),
      what === 'udp6' || what === 'child' ? { seen } : { seen, blocked },
    );
  });
}

hostTest(test, ['lo4'], 'a listener does not keep the process alive to learn the prefix', async (t, kind) => {
  const source = `
    require('node:net').createServer().listen(0, '::', function () { setImmediate(() => this.close()); });
    require('node:dgram').createSocket('udp6').bind(4301, function () { setImmediate(() => this.close()); });`;
  const env = { V6ONLY_NAT64: undefined, V6ONLY_POLICY: '{"dns64":{"deadlineMs":60000,"servers":["2001:db8:1::77"]}}' };
  const { code, signal, stderr } = await evalOnHost(kind, source, { env, timeoutMs: 15_000 });
  t.deepEqual([code, signal, stderr], [0, null, '']);
});
