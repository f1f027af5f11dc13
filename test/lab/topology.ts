// Namespaces, links, addresses and routes. Every veth pair is born inside the lab: the machine's own network is not touched.
import fs from 'node:fs';
import path from 'node:path';
import {
  FATES4,
  FATES6,
  HOST_NAMES,
  HOSTS,
  type HostName,
  INTERNET4,
  INTERNET4_ROUTES,
  type Lab,
  nameServer,
  ODD_AUTHORITY4,
  planOf,
  RESOLVER_NAMES,
  RESOLVERS,
} from './settings.js';
import { ipBatch, onHost, run } from './sh.js';
import { entriesOf } from './tables.js';

const NETNS_ETC = '/etc/netns';

export function namespaceExists(lab: Lab, host: HostName): boolean {
  return fs.existsSync(path.join('/run/netns', lab.ns(host)));
}

/** The text of resolv.conf for a name server: the name of one of ours, or an address. */
export function resolvConf(resolver: string): string {
  const ours = RESOLVER_NAMES.find((name) => name === resolver);
  const address = ours === undefined ? resolver : RESOLVERS[ours].v6;
  return `nameserver ${address}\noptions timeout:3 attempts:2\n`;
}

export function createTopology(lab: Lab): void {
  for (const host of HOST_NAMES) {
    run(['ip', 'netns', 'add', lab.ns(host)]);
    writeEtc(lab, host);
  }
  setSysctls(lab);
  linkHosts(lab);
  for (const host of HOST_NAMES) configureHost(lab, host);
}

/** Removes namespaces and their /etc/netns directories. A veth pair goes with its namespace. */
export function removeTopology(lab: Lab): void {
  for (const host of HOST_NAMES) {
    if (namespaceExists(lab, host)) run(['ip', 'netns', 'delete', lab.ns(host)]);
    fs.rmSync(path.join(NETNS_ETC, lab.ns(host)), { recursive: true, force: true });
  }
  // Only an empty directory can be removed this way, so another lab's files stay.
  try {
    fs.rmdirSync(NETNS_ETC);
  } catch {}
}

function writeEtc(lab: Lab, host: HostName): void {
  const dir = path.join(NETNS_ETC, lab.ns(host));
  fs.mkdirSync(dir, { recursive: true });
  const { kind, resolver } = planOf(host);
  fs.writeFileSync(path.join(dir, 'resolv.conf'), resolvConf(kind === 'only' ? RESOLVERS.plain.v4 : resolver));
  // A real hosts file has both lines, on IPv6-only hosts too.
  fs.writeFileSync(path.join(dir, 'hosts'), '127.0.0.1 localhost\n::1 localhost ip6-localhost\n');
}

function setSysctls(lab: Lab): void {
  for (const host of HOST_NAMES) {
    const { kind } = planOf(host);
    // Without this an address is tentative for a second or two, and binds to it fail.
    const settings: Record<string, number | string> = {
      'ipv6/conf/all/accept_dad': 0,
      'ipv6/conf/default/accept_dad': 0,
    };
    // Connect-rate measurements use up the default range. What listens in the tests is below it: a port that a client had a
    // minute ago is taken.
    settings['ipv4/ip_local_port_range'] = '10000 65000';
    if (kind === 'none') {
      settings['ipv4/conf/all/disable_xfrm'] = 0;
      settings['ipv4/conf/lo/disable_xfrm'] = 0;
    }
    if (kind === 'only') settings['ipv6/conf/all/disable_ipv6'] = 1;
    if (kind === 'router' || host === 'clat') {
      settings['ipv4/ip_forward'] = 1;
      settings['ipv6/conf/all/forwarding'] = 1;
      // The default limits make tests of ICMP errors flake.
      settings['ipv4/icmp_ratelimit'] = 0;
      settings['ipv6/icmp/ratelimit'] = 0;
      settings['ipv4/conf/all/rp_filter'] = 0;
      settings['ipv4/conf/default/rp_filter'] = 0;
    }
    const script = Object.entries(settings).map(([name, value]) => `echo ${value} > /proc/sys/net/${name}`);
    run(onHost(lab, host, ['sh', '-ec', script.join('\n')]));
  }
}

function linkHosts(lab: Lab): void {
  const gw = lab.ns('gw');
  const links = HOST_NAMES.filter((host) => host !== 'gw');
  ipBatch(
    gw,
    links.map((host) => `link add to-${host} type veth peer name eth0 netns ${lab.ns(host)}`),
  );
  const lines = ['link set lo up'];
  for (const host of links) {
    const { gateway6, gateway4 } = planOf(host);
    lines.push(`link set to-${host} up`);
    if (gateway6) lines.push(`addr add ${gateway6}/64 dev to-${host} nodad`);
    if (gateway4) lines.push(`addr add ${gateway4}/24 dev to-${host}`);
  }
  for (const { v6, v4 } of RESOLVER_NAMES.map(nameServer)) {
    lines.push(`addr add ${v6}/128 dev lo nodad`);
    if (v4) lines.push(`addr add ${v4}/32 dev lo`);
  }
  for (const route of INTERNET4_ROUTES) lines.push(`route add ${route} via ${HOSTS.inet4.v4}`);
  for (const [fate, address] of entriesOf(FATES4)) {
    if (fate !== 'noroute') lines.push(`route add ${fate} ${address}/32`);
  }
  for (const [fate, address] of entriesOf(FATES6)) {
    lines.push(`route add ${fate} ${address.replace('::1', '::')}/64`);
  }
  ipBatch(gw, lines);
}

function configureHost(lab: Lab, host: HostName): void {
  const { kind, v6, v4, gateway6, gateway4 } = planOf(host);
  if (kind === 'router') return;
  const lines = ['link set lo up', 'link set eth0 up'];
  if (v6) lines.push(`addr add ${v6}/64 dev eth0 nodad`, `route add default via ${gateway6}`);
  if (v4) lines.push(`addr add ${v4}/24 dev eth0`, `route add default via ${gateway4}`);
  if (kind === 'none') {
    // Even without an address UDP to 0.0.0.0 crosses lo; the policy blocks that, so that no IPv4 packet can leave.
    lines.push('addr del 127.0.0.1/8 dev lo', 'xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir out action block');
  }
  if (kind === 'only') {
    lines.push(`addr add ${ODD_AUTHORITY4}/24 dev eth0`);
    for (const address of INTERNET4) lines.push(`addr add ${address}/32 dev lo`);
  }
  ipBatch(lab.ns(host), lines);
}
