import { ipv6Routes } from '../kernel/ipv6-routes';

export interface DefaultRoute {
  readonly link: string;
  /** Undefined if the route has none, as on a point-to-point link. */
  readonly gateway: string | undefined;
}

/** The IPv6 default route with the lowest metric, from the text of /proc/net/ipv6_route. */
export function defaultRoute(text: string): DefaultRoute | undefined {
  const routes = ipv6Routes(text).filter(({ length, octets }) => length === 0 && octets.every((octet) => octet === 0));
  const [best] = routes.sort((a, b) => a.metric - b.metric);
  return best && { link: best.link, gateway: best.gateway };
}
