import { Pref64 } from './address/pref64';
import { passToChildren } from './children';
import { install, installed } from './enable';
import type { Policy } from './policy/types';

export { V6OnlyError, type V6OnlyErrorCode } from './errors';

export function enable(): void {
  install(defaultPolicy());
}
export function disable(): void {
  installed()?.undo();
}
/** What register.js does. */
export function register(file: string): void {
  if (installed()) return;
  install(defaultPolicy());
  passToChildren(file);
}

function defaultPolicy(): Policy {
  return {
    mode: (process.env.V6ONLY as 'auto') ?? 'auto',
    nat64: [Pref64.parse(process.env.V6ONLY_NAT64 ?? '64:ff9b::/96')],
    loopback: 'auto',
    matchRule: undefined,
    peers: 'ipv6',
    pool: '198.18.0.0/15',
    multicast: new Map(),
    children: true,
  };
}
