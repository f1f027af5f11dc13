import dns from 'node:dns';
import { isOutOfDescriptors } from '../report/out-of-resources';

let last: readonly string[] = [];

/**
 * The host's current name servers, whichever servers the program passed to `dns.setServers` (RFC 8880 §7.1). A new
 * resolver reads resolv.conf, or its equivalent. A host that moves to another network gets other servers. Without a
 * descriptor they are those that were known last: none if they were never read.
 */
export function systemServers(): readonly string[] {
  try {
    const servers = new dns.Resolver().getServers();
    // This is also what c-ares assumes if it cannot open the file.
    const isAssumed = servers.length === 1 && servers[0] === '127.0.0.1';
    if (!isAssumed || !isOutOfDescriptors()) last = servers;
  } catch {
    // No memory is left.
  }
  return last;
}
