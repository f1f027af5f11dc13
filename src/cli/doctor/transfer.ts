import { readFileSync } from 'node:fs';
import type { Pref64 } from '../../address/pref64';
import { type DefaultRoute, defaultRoute } from '../../prefix/default-route';
import { type Finding, fault, ok, skipped } from './finding';
import type { Target } from './nat64';
import { converse } from './reach';

const TITLE = 'Large packets';
/** Fits every path: IPv6 links carry at least 1280 octets (RFC 8200 §5). */
const SMALL = 200;
/** Takes several packets on every link but the loopback. */
const LARGE = 6000;
/** The minimum MTU of IPv6. */
const LEAST_MTU = 1280;

/**
 * Detects a path that silently drops large packets, because its routers do not report them (RFC 8201 §1): connections
 * open, small requests are answered, large ones are not. A NAT64 is a likely place, because its IPv6 packets are 20
 * octets longer.
 */
export async function checkTransfer(prefix: Pref64, { address, port }: Target, timeoutMs: number): Promise<Finding> {
  const to = prefix.embed(address);
  const small = await converse(to, port, SMALL, timeoutMs);
  const where = `${address} port ${port}`;
  if (!small.answered)
    return skipped(
      'transfer',
      TITLE,
      `${where} does not answer a request (${small.outcome}); use a web server as --target`,
    );
  const large = await converse(to, port, LARGE, timeoutMs);
  if (large.answered) return ok('transfer', TITLE, `a request of ${LARGE} octets to ${where} was answered`);
  return fault(
    'path-mtu',
    TITLE,
    `${where} answers a request of ${SMALL} octets, but not one of ${LARGE} (${large.outcome}): the path silently drops large packets`,
    `Allow ICMPv6 "packet too big" messages through the firewall (RFC 4890 §4.3.1), or limit the packet size: ${routeCommand(prefix)}`,
  );
}

function routeCommand(prefix: Pref64): string {
  const route = hostRoute();
  const via = route?.gateway === undefined ? '' : ` via ${route.gateway}`;
  return `ip -6 route replace ${prefix}${via} dev ${route?.link ?? 'INTERFACE'} mtu ${LEAST_MTU}`;
}

function hostRoute(): DefaultRoute | undefined {
  try {
    return defaultRoute(readFileSync('/proc/net/ipv6_route', 'latin1'));
  } catch {
    return undefined; // not Linux
  }
}
