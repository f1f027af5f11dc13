import dgram from 'node:dgram';

/** Whether the kernel has a route to an IPv6 address, and the address from which it would send. */
export type Route = { readonly ok: true; readonly from: string } | { readonly ok: false; readonly error: string };

/** Asks the kernel with a `connect` of a UDP socket, which sends nothing. */
export function probeRoute(ipv6: string): Promise<Route> {
  return new Promise((resolve) => {
    const socket = dgram.createSocket('udp6');
    const settle = (route: Route) => {
      socket.close();
      resolve(route);
    };
    socket.once('error', (error: NodeJS.ErrnoException) => settle({ ok: false, error: error.code ?? error.message }));
    socket.once('connect', () => settle({ ok: true, from: socket.address().address }));
    // The port of `discard`. Nothing is sent, so any port will do.
    socket.connect(9, ipv6);
  });
}
