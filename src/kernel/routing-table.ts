import fs from 'node:fs';
import { type IPv4Range, integerToIPv4, networkOf } from '../address/ipv4';

/** Linux's table of IPv4 routes. Empty on other systems. Undefined if it cannot be read (no descriptor is left, --permission). */
export function routingTable(): string | undefined {
  try {
    return process.platform === 'linux' ? fs.readFileSync('/proc/net/route', 'utf8') : '';
  } catch {
    return undefined;
  }
}

/** The networks with a route of their own, as far as the system lists them. Undefined if it does not answer now. */
export function ownRoutes(): readonly IPv4Range[] | undefined {
  const table = routingTable();
  return table === undefined ? undefined : networksOf(table);
}

/** A route that leads nowhere (RTF_REJECT of linux/route.h). */
const REJECT = 0x200;

/** A route to a larger network is part of a general one: many VPNs have 0.0.0.0/1 and 128.0.0.0/1 as their default route. */
const LEAST_LENGTH = 8;

/** The networks of the table that have a route of their own, without the default route. */
export function networksOf(table: string): readonly IPv4Range[] {
  const networks: IPv4Range[] = [];
  for (const line of table.split('\n').slice(1)) {
    const [, destination = '', , flags = '', , , , mask = ''] = line.split('\t');
    if (!HEX.test(destination) || !HEX.test(mask)) continue;
    if ((Number.parseInt(flags, 16) & REJECT) !== 0) continue;
    const length = 32 - Math.log2(2 ** 32 - integerOf(mask));
    if (length >= LEAST_LENGTH) networks.push(networkOf(`${integerToIPv4(integerOf(destination))}/${length}`));
  }
  return networks;
}
const HEX = /^[0-9A-F]{8}$/;

/** The table has the four octets of an address as one integer of this machine. All that Node.js runs on are little-endian but s390x. */
function integerOf(hex: string): number {
  const octets = Buffer.from(hex, 'hex');
  return IS_LITTLE_ENDIAN ? octets.readUInt32LE() : octets.readUInt32BE();
}
const IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
