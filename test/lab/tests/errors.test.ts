// Failures behind the NAT64 read as they would on a host with IPv4: the same program on the dual-stack host is the control.
import test from 'ava';
import { ipv4Packets, runProgram } from '../hosts.js';
import type { Results } from '../results.js';
import { FATES4 } from '../settings.js';

test.after.always('no IPv4 packet left a host', (t) => {
  for (const host of ['app', 'app0'] as const) t.deepEqual(ipv4Packets(host), { sent: 0, received: 0 }, host);
});

const native = <P extends keyof Results>(program: P, args: readonly string[]): Promise<Results[P]> =>
  runProgram('dual', program, args, { hook: false });

for (const [what, address, port] of [
  ['a closed port', '1.2.3.4', '9'],
  ['no route beyond the NAT64', FATES4.noroute, '80'],
  ['administratively prohibited', FATES4.prohibit, '80'],
] as const) {
  for (const host of ['app', 'app0', 'typical'] as const) {
    test.serial(`${host}: TCP, ${what}: the error is IPv4's own`, async (t) => {
      const wanted = await native('net-client.cjs', [address, port]);
      t.is(wanted.error?.address, address);
      t.deepEqual(await runProgram(host, 'net-client.cjs', [address, port]), wanted);
    });
  }
}

// ICMPv6 has one code for what IPv4 tells apart as net and host unreachable (RFC 7915 §4.2): either is right.
test.serial('TCP, host unreachable: ENETUNREACH or EHOSTUNREACH, in IPv4', async (t) => {
  const { error } = await runProgram('app', 'net-client.cjs', [FATES4.unreachable, '80']);
  const code = error?.code ?? 'none';
  t.true(['ENETUNREACH', 'EHOSTUNREACH'].includes(code), code);
  const message = `connect ${code} ${FATES4.unreachable}:80`;
  t.deepEqual(error, { code, syscall: 'connect', address: FATES4.unreachable, port: 80, message });
});

test.serial('TCP, by A-only name: the error names the IPv4 address', async (t) => {
  for (const host of ['app', 'app0'] as const) {
    const { error } = await runProgram(host, 'net-client.cjs', ['v4.example.org', '9']);
    t.deepEqual(error, (await native('net-client.cjs', ['v4.example.org', '9'])).error, host);
  }
});

test.serial('TCP, silence: nothing is invented, the program’s own limit ends it', async (t) => {
  const started = Date.now();
  const { error } = await runProgram('app', 'net-timeout.cjs', [FATES4.blackhole, '80', '1500']);
  t.is(error?.message, 'timed out by the program');
  t.true(Date.now() - started >= 1500);
});

test.serial('http and fetch report the same error as native programs', async (t) => {
  // Port 9 would do, but fetch refuses it by itself.
  for (const program of ['http-client.cjs', 'fetch-client.mjs'] as const) {
    const closed = ['http://1.2.3.4:81/'];
    t.deepEqual(await runProgram('app', program, closed), await native(program, closed));
  }
});

for (const [what, address] of [
  ['well-known prefix, private address', '10.9.9.10'],
  ['well-known prefix, link-local address', '169.254.9.9'],
] as const) {
  test.serial(`${what}: ENETUNREACH in IPv4, at once (RFC 6052 §3.1)`, async (t) => {
    const { error } = await runProgram('app', 'net-client.cjs', [address, '80']);
    const message = new RegExp(`^connect ENETUNREACH ${address.replaceAll('.', '\\.')}:80`);
    t.is(error?.code, 'ENETUNREACH');
    t.is(error?.address, address);
    t.is(error?.port, 80);
    t.regex(error?.message ?? '', message);
  });
}

test.serial('UDP, a closed port: ECONNREFUSED as over IPv4', async (t) => {
  const wanted = await native('udp-error.cjs', ['1.2.3.4', '9']);
  t.is(wanted.error?.code, 'ECONNREFUSED');
  for (const host of ['app', 'app0', 'typical'] as const) {
    t.deepEqual(await runProgram(host, 'udp-error.cjs', ['1.2.3.4', '9']), wanted, host);
  }
});

// Linux tells a UDP socket of a hard error only; the others it drops, for either family.
for (const fate of ['noroute', 'unreachable', 'prohibit'] as const) {
  test.serial(`UDP, ${fate}: what the program learns is what IPv4 tells it`, async (t) => {
    const args = [FATES4[fate], '9'];
    const [wanted, actual] = await Promise.all([
      native('udp-error.cjs', args),
      runProgram('app', 'udp-error.cjs', args),
    ]);
    t.deepEqual(actual, wanted);
  });
}
