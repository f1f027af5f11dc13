// NAT64 and CLAT, all by TAYGA: one with the well-known prefix, one with a network-specific prefix, one as the clat host's CLAT.
import fs from 'node:fs';
import { startDaemon, stopDaemons } from './daemons.js';
import {
  HOSTS,
  type HostName,
  type Lab,
  MAPPED_HOSTS,
  type MappedHost,
  type NspLength,
  nspPrefix,
  WKP,
} from './settings.js';
import { ipBatch, tryRun } from './sh.js';
import { keysOf } from './tables.js';

/** A NAT64 of the lab: with the well-known prefix, or with the network-specific one. */
export type Nat64 = 'nat64' | 'nsp';

/** A host's address in IPv4 eyes behind a NAT64 of the lab: 192.168.255.N (nat64) or 192.168.254.N (nsp). */
export function mappedAddress(which: Nat64, host: MappedHost): string {
  return `${which === 'nsp' ? '192.168.254' : '192.168.255'}.${MAPPED_HOSTS[host]}`;
}

const INSTANCES = {
  nat64: { host: 'gw', device: 'nat64', net4: '192.168.255', own6: '2001:db8:640::1' },
  nsp: { host: 'gw', device: 'nsp64', net4: '192.168.254', own6: '2001:db8:640::2' },
} as const satisfies Record<Nat64, object>;

// The CLAT's IPv6 addresses are a /64 of their own, as RFC 6877 §6.3 prefers, so no proxy NDP is needed.
const CLAT_NET = '2001:db8:c:1';

/** Devices and routes of all three; then the daemons. `nspLength` in bits. */
export function startNat64(lab: Lab, nspLength: NspLength): void {
  for (const { device, net4, own6 } of Object.values(INSTANCES)) {
    ipBatch(lab.ns('gw'), [
      `tuntap add dev ${device} mode tun`,
      `link set ${device} up`,
      `route add ${net4}.0/24 dev ${device}`,
      `route add ${own6}/128 dev ${device}`,
    ]);
  }
  startInstance(lab, 'nat64', WKP);
  startInstance(lab, 'nsp', nspPrefix(nspLength));
  startClat(lab);
}

/** Restarts the network-specific NAT64 with a prefix of another length; nothing else is touched. */
export async function changeNsp(lab: Lab, fromLength: NspLength, toLength: NspLength): Promise<void> {
  const prefix = nspPrefix(toLength);
  await stopDaemons(lab, ['nsp']);
  ipBatch(lab.ns('gw'), [`route del ${nspPrefix(fromLength)} dev nsp64`]);
  startInstance(lab, 'nsp', prefix);
}

function startInstance(lab: Lab, name: Nat64, prefix: string): void {
  const { host, device, net4, own6 } = INSTANCES[name];
  const maps = keysOf(MAPPED_HOSTS).map((mapped) => `map ${mappedAddress(name, mapped)} ${HOSTS[mapped].v6}`);
  writeTaygaConf(lab, name, [
    `tun-device ${device}`,
    `ipv4-addr ${net4}.1`,
    `ipv6-addr ${own6}`,
    `prefix ${prefix}`,
    // The upper half is for the static maps.
    `dynamic-pool ${net4}.0/25`,
    ...maps,
  ]);
  ipBatch(lab.ns(host), [`route replace ${prefix} dev ${device}`]);
  startTayga(lab, name, host);
}

function startClat(lab: Lab): void {
  ipBatch(lab.ns('clat'), [
    'tuntap add dev clat mode tun',
    'link set clat mtu 1480',
    'link set clat up',
    // RFC 7335: 192.0.0.0/29 is the IPv4 side of a CLAT.
    'addr add 192.0.0.1/29 dev clat',
    'route add default dev clat',
    `route add ${CLAT_NET}::/64 dev clat`,
  ]);
  ipBatch(lab.ns('gw'), [`route add ${CLAT_NET}::/64 via ${HOSTS.clat.v6}`]);
  writeTaygaConf(lab, 'clat', [
    'tun-device clat',
    'ipv4-addr 192.0.0.2',
    `ipv6-addr ${CLAT_NET}::2`,
    `prefix ${WKP}`,
    `map 192.0.0.1 ${CLAT_NET}::1`,
  ]);
  startTayga(lab, 'clat', 'clat');
}

function writeTaygaConf(lab: Lab, name: Nat64 | 'clat', lines: readonly string[]): void {
  fs.writeFileSync(lab.file(`tayga-${name}.conf`), `${lines.join('\n')}\n`);
}

function startTayga(lab: Lab, name: Nat64 | 'clat', host: HostName): void {
  startDaemon(lab, { name, host, argv: ['tayga', '-n', '-d', '-c', lab.file(`tayga-${name}.conf`)] });
}

/** Withdraws the route to a NAT64 so that the gateway refuses it at once (`broken`), or gives it back. */
export function refuseNat64(lab: Lab, name: Nat64, prefix: string, broken: boolean): void {
  const { device } = INSTANCES[name];
  tryRun(['ip', '-n', lab.ns('gw'), '-6', 'route', 'del', prefix]);
  ipBatch(lab.ns('gw'), [broken ? `route add unreachable ${prefix}` : `route add ${prefix} dev ${device}`]);
}
