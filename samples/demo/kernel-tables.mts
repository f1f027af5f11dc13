import { readFileSync } from 'node:fs';
import type { Scenario } from './scenarios.mjs';

// What the kernel's own tables say, for a machine without strace: sockets in /proc/net/{tcp,udp}{,6}, counters in
// /proc/net/snmp{,6}. A finished TCP connection stays in the table for a minute (TIME_WAIT), so nothing is missed.

const FAMILIES = ['IPv4', 'IPv6'] as const;

/** How many datagrams this network namespace has sent so far, by family. */
export type DatagramsSent = Readonly<Record<(typeof FAMILIES)[number], number>>;

/** The socket of a scenario's server. */
export function serverSocket({ protocol, port }: Scenario): string {
  for (const row of sockets(protocol)) if (row.local.port === port) return `${row.table} ${row.local.text}`;
  return 'nothing';
}

/** What a scenario's client has opened or sent since `before`. */
export function clientSocket({ protocol, port }: Scenario, before: DatagramsSent): string {
  for (const row of sockets(protocol)) if (row.remote.port === port) return `${row.table} to ${row.remote.text}`;
  if (protocol === 'tcp') return 'nothing';
  // An unconnected UDP socket shows no destination: the counters say which family its datagrams were.
  const now = datagramsSent();
  const sent = FAMILIES.filter((family) => now[family] > before[family]);
  return sent.length > 0 ? `datagrams over ${sent.join(' and ')}` : 'nothing';
}

/** IPv4 packets that this network namespace has sent so far. */
export function ipv4PacketsSent(): number {
  return counter('Ip', 'OutRequests');
}

export function datagramsSent(): DatagramsSent {
  const six = /^Udp6OutDatagrams\s+(\d+)/m.exec(readFileSync('/proc/net/snmp6', 'utf8'));
  return { IPv4: counter('Udp', 'OutDatagrams'), IPv6: Number(six?.[1] ?? 0) };
}

function counter(group: string, name: string): number {
  const [names = '', values = ''] = readFileSync('/proc/net/snmp', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith(`${group}:`));
  return Number(values.split(' ')[names.split(' ').indexOf(name)] ?? 0);
}

interface Endpoint {
  readonly port: number;
  readonly text: string;
}

/** A row of one of the tables. */
interface Row {
  readonly table: string;
  readonly local: Endpoint;
  readonly remote: Endpoint;
}

function* sockets(protocol: Scenario['protocol']): Generator<Row> {
  for (const table of [`${protocol}6`, protocol]) {
    for (const line of readFileSync(`/proc/net/${table}`, 'utf8').trim().split('\n').slice(1)) {
      const [, local = '', remote = ''] = line.trim().split(/\s+/);
      yield { table, local: endpoint(local), remote: endpoint(remote) };
    }
  }
}

/** `0100007F:0FA2` or 32 hexadecimal digits and a port; the address is in words of the machine's byte order. */
function endpoint(text: string): Endpoint {
  const [hex = '', port = '0'] = text.split(':');
  const octets = (hex.match(/.{8}/g) ?? []).flatMap((word) => word.match(/../g)?.reverse() ?? []);
  const number = Number.parseInt(port, 16);
  if (octets.length === 4)
    return { port: number, text: `${octets.map((o) => Number.parseInt(o, 16)).join('.')}:${number}` };
  const groups = octets.join('').match(/.{4}/g) ?? [];
  return { port: number, text: `[${new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)}]:${number}` };
}
