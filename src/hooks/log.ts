import diagnosticsChannel from 'node:diagnostics_channel';
import fs from 'node:fs';
import type { Policy } from '../policy/types';
import { printable } from '../report/printable';
import type { LookupEvent, PrefixEvent, SocketEvent } from './diagnostics';
import { onTakeBack } from './patch';

/**
 * Writes every decision to stderr, one line each, if `log` of the policy is `debug` or NODE_DEBUG contains `v6only`. It
 * subscribes to the public channels, so it costs nothing when it is off.
 */
export function logDecisions(policy: Policy, write = writeToStderr): void {
  if (policy.log !== 'debug' && !isNamed(process.env.NODE_DEBUG)) return;
  const line = (text: string) => write(`V6ONLY ${process.pid}: ${printable(text)}\n`);
  const listen = <E>(channel: string, inWords: (event: E) => string) => {
    const listener = (event: unknown) => line(inWords(event as E));
    diagnosticsChannel.subscribe(channel, listener);
    onTakeBack(() => void diagnosticsChannel.unsubscribe(channel, listener));
  };
  for (const what of ['connect', 'bind', 'send'])
    listen<SocketEvent>(`v6only:${what}`, (event) => socketInWords(what, event));
  listen('v6only:lookup', lookupInWords);
  listen<PrefixEvent>('v6only:prefix', ({ prefixes, source }) => `NAT64 ${prefixes.join(', ') || 'none'} (${source})`);
}

/** A full disk or a reader that has gone must not end the program, as a failed write to `process.stderr` would. */
function writeToStderr(line: string): void {
  try {
    fs.writeSync(2, line);
  } catch (error) {
    // The reader of a pipe is slow.
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') process.stderr.write(line);
  }
}

function socketInWords(what: string, { protocol, address, port, host, decision }: SocketEvent): string {
  const name = host === undefined ? '' : ` (${host})`;
  const { kind, step, why } = decision;
  const becomes = kind === 'translate' ? decision.address : kind === 'direct' ? 'IPv4' : kind;
  return `${what} ${protocol} ${address}:${port}${name} → ${becomes}: ${step}, ${why}`;
}

function lookupInWords({ hostname, family, source, addresses }: LookupEvent): string {
  const found = addresses.map(({ address }) => address).join(', ');
  return `lookup ${hostname} (family ${family}, ${source}) → ${found || 'nothing'}`;
}

/** NODE_DEBUG is a list of names, in which `*` matches any text (node:util, debuglog). */
function isNamed(list = ''): boolean {
  return list.split(',').some((name) => {
    const pattern = name
      .trim()
      .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*');
    return pattern !== '' && new RegExp(`^${pattern}$`, 'i').test('v6only');
  });
}
