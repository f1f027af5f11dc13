/** The field in which lib/net.js keeps the name that a socket's connect looks up. */
interface NamedSocket {
  _host?: string | null;
}

/** The name by which a `net.Socket` connects. Undefined for another owner of a handle. */
export function hostLookedUp(owner: object | undefined): string | undefined {
  return owner && Object.hasOwn(owner, '_host') ? ((owner as NamedSocket)._host ?? undefined) : undefined;
}

/** An address needs no look-up, so lib/net.js leaves the name of the connect before. */
export function forgetHost(socket: object): void {
  (socket as NamedSocket)._host = null;
}
