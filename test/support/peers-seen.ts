import type { ExecutionContext } from 'ava';
import { type HostOptions, type Kind, runOnHost } from './host.js';
import { compiled } from './paths.js';

const program = compiled('test/security/fixtures/peers-seen.js');

/**
 * Demands who peers are taken for, over TCP and UDP and by a server on [::].
 * @param expected IPv6 address of the peer → what an IPv4 program is to see
 */
export async function peersAreSeen(
  t: ExecutionContext,
  kind: Kind,
  expected: Readonly<Record<string, string>>,
  options?: HostOptions,
): Promise<void> {
  const { stdout, stderr } = await runOnHost(kind, [program, kind, ...Object.keys(expected)], {
    second: true,
    timeoutMs: 60_000,
    ...options,
  });
  if (stdout === '') return t.fail(`it said nothing: ${stderr}`);
  const { tcp, any, udp, local } = JSON.parse(stdout);
  t.deepEqual(tcp, expected, 'TCP');
  t.deepEqual(udp, expected, 'UDP');
  // A server on [::] shows IPv4 peers as Node.js does.
  for (const [address, seen] of Object.entries(expected)) {
    const mapped = seen === address ? address : `::ffff:${seen}`;
    t.true(any[address] === mapped || any[address] === address, `a server on [::] sees ${address} as ${any[address]}`);
  }
  t.is(local, '127.0.0.1', 'the peer on this host');
}

/** The same address for each: a peer that reads as the IPv6 host that it is. */
export const asThemselves = (...addresses: string[]): Record<string, string> =>
  Object.fromEntries(addresses.map((address) => [address, address]));
