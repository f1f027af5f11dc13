import dns from 'node:dns';

let last: readonly string[] = [];

/**
 * The host's current name servers, whichever servers the program passed to `dns.setServers` (RFC 8880 §7.1). A new
 * resolver reads resolv.conf, or its equivalent. A host that moves to another network gets other servers.
 */
export function systemServers(): readonly string[] {
  try {
    last = new dns.Resolver().getServers();
  } catch {
    // No descriptor or memory is left, so the last known servers are used.
  }
  return last;
}
