import type { Pref64 } from '../../address/pref64';
import { askNetworkd } from '../../prefix/networkd';
import { type Finding, ok } from './finding';

/** The prefixes that routers advertise (RFC 8781), if systemd-networkd reports them. Else undefined. */
export async function checkRouter(): Promise<{ finding: Finding; prefixes: readonly Pref64[] } | undefined> {
  const answer = await askNetworkd(new AbortController().signal);
  if (answer === undefined) return undefined;
  const { prefixes } = answer;
  const detail = `the router advertises ${prefixes.join(', ')}, which takes precedence over the name servers`;
  return { finding: ok('pref64', 'Router', detail), prefixes };
}
