/**
 * An address in the form in which Node's binding reads it: lib/net.js and lib/dgram.js accept objects that convert to a
 * string. Undefined if the conversion throws: Node's own call then throws too.
 */
export function textOf(address: unknown): string | undefined {
  if (typeof address === 'string') return address;
  try {
    return `${address}`;
  } catch {
    return undefined;
  }
}
