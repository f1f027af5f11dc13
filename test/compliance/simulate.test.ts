// On a dual-stack host: a program that needs IPv4 fails in the simulation as it does on an IPv6-only host, and works in the
// simulation with the hook, its connections carried back to IPv4.
import test from 'ava';
import { fixture, runCli } from '../support/cli.js';
import { hostTest, runOnHost } from '../support/host.js';

const CASES = [
  'tcp-connect',
  'tcp-listen-any',
  'tcp-listen-loopback',
  'tcp-listen-address',
  'tcp-local-address',
  'udp-send',
  'udp-connect',
  'udp-bind-address',
  'udp-loopback',
  'udp-multicast',
  'http-literal',
  'fetch-literal',
  'interfaces',
  'fork',
];

const lines = (stdout: string) => stdout.trim().split('\n').sort();

for (const name of CASES) {
  hostTest(test, ['dual'], `without the hook ${name} ends as on an IPv6-only host`, async (t, kind) => {
    const options = { hook: false, env: { V6ONLY_NAT64: undefined } } as const;
    const real = await runOnHost('lo4', [fixture('ipv4-things.cjs'), name], options);
    const simulated = await runCli(kind, ['simulate', fixture('ipv4-things.cjs'), name], options);
    t.deepEqual(lines(simulated.stdout), lines(real.stdout), simulated.stderr);
    t.is(simulated.code, real.code);
  });

  // A connected socket that speaks to itself through the NAT64 comes back from another port, here as at a real one.
  if (name === 'udp-connect') continue;
  hostTest(test, ['dual'], `with the hook ${name} ends as on an IPv6-only host with the hook`, async (t, kind) => {
    const real = await runOnHost('lo4', [fixture('ipv4-things.cjs'), name]);
    const simulated = await runCli(kind, ['simulate', '--with-hook', fixture('ipv4-things.cjs'), name]);
    t.deepEqual(lines(simulated.stdout), lines(real.stdout), simulated.stderr);
    t.is(simulated.code, real.code);
  });
}
