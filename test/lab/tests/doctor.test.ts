// `v6only doctor` on a real network, whole and with one thing broken: it names that one and ends with 1.
import test, { type ExecutionContext } from 'ava';
import { breakPiece, mendPiece } from '../actions.js';
import { command, type Diagnosis, doctor, lab } from '../hosts.js';
import { type HostName, WAYS_TO_BREAK } from '../settings.js';

const find = ({ findings }: Diagnosis, id: string) => findings.find((finding) => finding.id === id);

/** Exactly these faults, and for each what to do. */
function named(t: ExecutionContext, { code, healthy, faults }: Diagnosis, ...ids: string[]): void {
  t.deepEqual(
    faults.map(({ id }) => id),
    ids,
  );
  t.is(healthy, ids.length === 0);
  t.is(code, ids.length === 0 ? 0 : 1);
  for (const { advice = '' } of faults) t.true(advice.length > 20);
}

/** Takes an address or a route from a host while `run` runs. */
function without<T>(host: HostName, what: readonly string[], restore: readonly string[], run: () => T): T {
  command(host, 'ip', '-6', ...what);
  try {
    return run();
  } finally {
    command(host, 'ip', '-6', ...restore);
  }
}

test.afterEach.always(() => mendPiece(lab));

for (const host of ['app', 'typical'] as const) {
  test.serial(`${host}: nothing is wrong, and the NAT64 leads to an IPv4 host`, (t) => {
    const result = doctor(host);
    named(t, result);
    t.is(find(result, 'nat64')?.detail, '64:ff9b::/96 reaches 1.2.3.4 port 7 (connected)');
  });
}

test.serial('IPv4 is present: v6only says that it stays out of the way', (t) => {
  const result = doctor('dual');
  named(t, result);
  t.is(find(result, 'ipv4-present')?.status, 'note');
});

test.serial('no prefix is announced, because the resolver has no DNS64: the assumed one works', (t) => {
  const result = doctor('app0');
  named(t, result);
  t.is(find(result, 'assumed-prefix')?.status, 'note');
});

test.serial('the wrong prefix: the policy has one that leads nowhere, the network another', (t) => {
  const result = doctor('app', { env: { V6ONLY_NAT64: '2001:db8:bad::/96' } });
  named(t, result, 'wrong-prefix');
  t.regex(find(result, 'wrong-prefix')?.advice ?? '', /64:ff9b::\/96/);
});

for (const how of WAYS_TO_BREAK) {
  test.serial(`the NAT64 is ${how === 'silent' ? 'silent' : 'gone'}`, async (t) => {
    await breakPiece(lab, 'nat64', how);
    named(t, doctor('app'), 'nat64-down');
  });

  test.serial(`the DNS64 is ${how === 'silent' ? 'silent' : 'gone'}`, async (t) => {
    await breakPiece(lab, 'unbound64', how);
    named(t, doctor('app'), 'dns64-down');
  });
}

test.serial('the only name server is an IPv4 one', (t) => {
  named(t, doctor('app', { resolver: '192.0.2.53' }), 'ipv4-only-resolver');
});

test.serial('no IPv6 route', (t) => {
  const [route = ''] = command('app', 'ip', '-6', 'route', 'show', 'default').trim().split('\n');
  const words = route.split(' ').slice(0, 5); // default via GATEWAY dev eth0
  const result = without('app', ['route', 'del', ...words], ['route', 'add', ...words], () => doctor('app'));
  named(t, result, 'no-ipv6-route');
});

test.serial('no loopback', (t) => {
  const loopback = ['::1/128', 'dev', 'lo'];
  const result = without('app', ['addr', 'del', ...loopback], ['addr', 'add', ...loopback], () => doctor('app'));
  named(t, result, 'no-loopback');
});
