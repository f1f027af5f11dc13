import { formatIPv6 } from '../address/ipv6';

export interface DefaultRoute {
  readonly link: string;
  /** Undefined if the route has none, as on a point-to-point link. */
  readonly gateway: string | undefined;
}

/** RTF_UP and RTF_REJECT of linux/route.h. */
const UP = 0x1;
const REJECT = 0x200;

/** The IPv6 default route with the lowest metric, from the text of /proc/net/ipv6_route. */
export function defaultRoute(text: string): DefaultRoute | undefined {
  const routes = text.split('\n').flatMap((line) => {
    const [destination = '', length, , , gateway = '', metric = '', , , flags = '', link] = line.trim().split(/\s+/);
    const usable = Number.parseInt(flags, 16) & UP && !(Number.parseInt(flags, 16) & REJECT);
    if (link === undefined || link === 'lo' || !usable || length !== '00' || !/^0+$/.test(destination)) return [];
    return [{ link, gateway: addressOf(gateway), metric: Number.parseInt(metric, 16) }];
  });
  const [best] = routes.sort((a, b) => a.metric - b.metric);
  return best && { link: best.link, gateway: best.gateway };
}

function addressOf(hex: string): string | undefined {
  if (!/^[0-9a-f]{32}$/i.test(hex) || /^0+$/.test(hex)) return undefined;
  return formatIPv6(Uint8Array.from({ length: 16 }, (_, i) => Number.parseInt(hex.slice(i * 2, i * 2 + 2), 16)));
}
