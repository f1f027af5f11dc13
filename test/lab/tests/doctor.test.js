// `v6only doctor` on a real network, whole and with one thing broken: it names that one and ends with 1.
import test from 'ava';
import { breakPiece, mendPiece } from '../actions.mjs';
import { command, lab, v6only } from '../hosts.mjs';

const examine = (host, options) => {
  const { findings, ...rest } = v6only(host, ['doctor', '--target', '1.2.3.4:7', '--timeout', '900'], options);
  const faults = findings.filter(({ status }) => status === 'fault').map(({ id }) => id);
  return { ...rest, faults, find: (id) => findings.find((finding) => finding.id === id) };
};

/** Exactly these faults, and for each what to do. */
const names = (t, { code, healthy, faults, find }, ...ids) => {
  t.deepEqual(faults, ids);
  t.is(healthy, ids.length === 0);
  t.is(code, ids.length === 0 ? 0 : 1);
  for (const id of ids) t.true(find(id).advice.length > 20);
};

/** Takes an address or a route from a host while `run` runs. */
const without = (host, what, restore, run) => {
  command(host, 'ip', '-6', ...what);
  try {
    return run();
  } finally {
    command(host, 'ip', '-6', ...restore);
  }
};

test.afterEach.always(() => mendPiece(lab));

for (const host of ['app', 'typical']) {
  test.serial(`${host}: nothing is wrong, and the NAT64 leads to an IPv4 host`, (t) => {
    const result = examine(host);
    names(t, result);
    t.is(result.find('nat64').detail, '64:ff9b::/96 reaches 1.2.3.4 port 7 (connected)');
  });
}

test.serial('IPv4 is present: v6only says that it stays out of the way', (t) => {
  const result = examine('dual');
  names(t, result);
  t.is(result.find('ipv4-present').status, 'note');
});

test.serial('no prefix: the resolver has no DNS64', (t) => names(t, examine('app0'), 'no-prefix'));

test.serial('the wrong prefix: the policy has one that leads nowhere, the network another', (t) => {
  const result = examine('app', { env: { V6ONLY_NAT64: '2001:db8:bad::/96' } });
  names(t, result, 'wrong-prefix');
  t.regex(result.find('wrong-prefix').advice, /64:ff9b::\/96/);
});

for (const how of ['refuse', 'silent']) {
  test.serial(`the NAT64 is ${how === 'silent' ? 'silent' : 'gone'}`, async (t) => {
    await breakPiece(lab, 'nat64', how);
    names(t, examine('app'), 'nat64-down');
  });

  test.serial(`the DNS64 is ${how === 'silent' ? 'silent' : 'gone'}`, async (t) => {
    await breakPiece(lab, 'unbound64', how);
    names(t, examine('app'), 'dns64-down');
  });
}

test.serial('the only name server is an IPv4 one', (t) => {
  names(t, examine('app', { resolver: '192.0.2.53' }), 'ipv4-only-resolver');
});

test.serial('no IPv6 route', (t) => {
  const [route] = command('app', 'ip', '-6', 'route', 'show', 'default').trim().split('\n');
  const words = route.split(' ').slice(0, 5); // default via GATEWAY dev eth0
  const result = without('app', ['route', 'del', ...words], ['route', 'add', ...words], () => examine('app'));
  names(t, result, 'no-ipv6-route');
});

test.serial('no loopback', (t) => {
  const loopback = ['::1/128', 'dev', 'lo'];
  const result = without('app', ['addr', 'del', ...loopback], ['addr', 'add', ...loopback], () => examine('app'));
  names(t, result, 'no-loopback');
});
