// A link to the NAT64 with the least MTU of IPv6, 1280 octets, and one that is so small without saying so. These tests change
// the lab.
import test from 'ava';
import { command, doctor, lab, runProgram } from '../hosts.js';
import { HOSTS } from '../settings.js';
import { onHost, run } from '../sh.js';

const HOST = 'app';
const OCTETS = 200_000;

const upload = () => runProgram(HOST, 'upload.cjs', ['1.2.3.4', '7', String(OCTETS)]);
const setMtu = (mtu: number): void => {
  command(HOST, 'ip', 'link', 'set', 'eth0', 'mtu', String(mtu));
  command('gw', 'ip', 'link', 'set', `to-${HOST}`, 'mtu', String(mtu));
};

test.serial('over a link with an MTU of 1280 large transfers go through, both ways', async (t) => {
  setMtu(1280);
  try {
    t.deepEqual(await upload(), { sent: OCTETS, received: OCTETS });
    const { findings } = doctor(HOST, { target: '1.2.3.4:80' });
    t.is(findings.find(({ title }) => title === 'Large packets')?.id, 'transfer');
  } finally {
    setMtu(1500);
  }
});

/** The gateway drops what is larger than 1280 octets, and tells nobody. */
async function withBlackHole(act: () => Promise<void>): Promise<void> {
  const rules = `table ip6 lab {
  chain large { type filter hook prerouting priority 0; iifname "to-${HOST}" meta length > 1280 drop; }
}`;
  run(onHost(lab, 'gw', ['nft', '-f', '-']), { input: rules });
  // The kernels at both ends remember the path's MTU for ten minutes (RFC 1191 §6.3). The server would announce a segment
  // size that fits through the hole.
  command(HOST, 'ip', '-6', 'route', 'flush', 'cache');
  command('inet4', 'ip', 'route', 'flush', 'cache');
  for (const host of [HOST, 'inet4'] as const) command(host, 'ip', 'tcp_metrics', 'flush');
  // One packet for each segment: otherwise the gateway sees what a network card would have cut.
  command(HOST, 'ip', 'link', 'set', 'eth0', 'gso_max_segs', '1');
  try {
    await act();
  } finally {
    run(onHost(lab, 'gw', ['nft', 'delete', 'table', 'ip6', 'lab']));
    command(HOST, 'ip', 'link', 'set', 'eth0', 'gso_max_segs', '65535');
  }
}

test.serial('a black hole for large packets: the doctor names it, and its route command mends it', async (t) => {
  await withBlackHole(async () => {
    const { error } = await upload();
    t.regex(error?.message ?? '', /^silence after/);
    const { faults, code } = doctor(HOST, { target: '1.2.3.4:80' });
    t.deepEqual(
      faults.map(({ id }) => id),
      ['path-mtu'],
    );
    t.is(code, 1);
    const advice = faults[0]?.advice ?? '';
    const advised = advice.slice(advice.indexOf('ip -6 route'));
    t.is(advised, `ip -6 route replace 64:ff9b::/96 via ${HOSTS[HOST].gateway6} dev eth0 mtu 1280`);
    command(HOST, ...advised.split(' '));
    try {
      t.deepEqual(await upload(), { sent: OCTETS, received: OCTETS });
    } finally {
      command(HOST, 'ip', '-6', 'route', 'del', '64:ff9b::/96');
    }
  });
});
