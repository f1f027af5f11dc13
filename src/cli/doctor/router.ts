import type { Pref64 } from '../../address/pref64';
import { askNetworkd } from '../../prefix/networkd';
import { type Finding, ok } from './finding';

/** What routers advertise (RFC 8781), where systemd-networkd tells it; undefined where nobody does. */
export async function checkRouter(): Promise<{ finding: Finding; prefixes: readonly Pref64[] } | undefined> {
  const answer = await askNetworkd(new AbortController().signal);
  if (answer === undefined) return undefined;
  const { prefixes } = answer;
  const detail = `the router advertises ${prefixes.join(', ')}, which takes precedence over the name servers`;
  return { finding: ok('pref64', 'Router', detail), prefixes };
}
