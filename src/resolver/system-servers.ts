import dns from 'node:dns';

let last: readonly string[] = [];

/**
 * The host's own name servers now, whatever the program gave to `dns.setServers` (RFC 8880 §7.1): a new resolver reads
 * resolv.conf, or what the system has instead. A host that moves gets others.
 */
export function systemServers(): readonly string[] {
  try {
    last = new dns.Resolver().getServers();
  } catch {
    // No descriptor or memory is left: what was known holds.
  }
  return last;
}
