/**
 * An address as Node's binding reads it: lib/net.js and lib/dgram.js let objects that read as one pass. Undefined where that
 * throws, as Node's own call then does.
 */
export function textOf(address: unknown): string | undefined {
  if (typeof address === 'string') return address;
  try {
    return `${address}`;
  } catch {
    return undefined;
  }
}
