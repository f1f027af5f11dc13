import { debuglog } from 'node:util';
import type { Policy } from '../policy/types';
import type { LookupEvent, PrefixEvent, SocketEvent } from './diagnostics';
import type { Undo } from './patch';

/**
 * A line on standard error for each decision, with NODE_DEBUG=v6only or `"log": "debug"` in the policy. It listens to the
 * same diagnostics channels as everybody else, so the hooks do not know of it.
 */
export function logDecisions(policy: Policy): Undo[] {
  const debug = debuglog('v6only');
  if (!debug.enabled && policy.log !== 'debug') return [];
  const write = debug.enabled ? debug : (line: string) => process.stderr.write(`V6ONLY ${process.pid}: ${line}\n`);
  const { subscribe, unsubscribe } = require('node:diagnostics_channel') as typeof import('node:diagnostics_channel');
  const lines: Record<string, (event: never) => string> = {
    'v6only:connect': (event: SocketEvent) => describe('connect', event),
    'v6only:bind': (event: SocketEvent) => describe('bind', event),
    'v6only:send': (event: SocketEvent) => describe('send', event),
    'v6only:lookup': ({ hostname, family, source, addresses }: LookupEvent) =>
      `lookup ${hostname} family ${family} by ${source}: ${addresses.map((a) => a.address).join(' ') || 'nothing'}`,
    'v6only:prefix': ({ prefixes, source }: PrefixEvent) => `NAT64 prefixes (${source}): ${prefixes.join(' ')}`,
  };
  return Object.entries(lines).map(([name, line]) => {
    const listener = (event: unknown) => void write(line(event as never));
    subscribe(name, listener);
    return () => void unsubscribe(name, listener);
  });
}

function describe(what: string, { protocol, address, port, host, decision }: SocketEvent): string {
  const asked = `${what} ${protocol} ${address}:${port}${host === undefined ? '' : ` (${host})`}`;
  const became = decision.kind === 'translate' || decision.kind === 'direct' ? ` ${decision.address}` : '';
  return `${asked} → ${decision.kind}${became}: ${decision.why}`;
}
