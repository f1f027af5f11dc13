import dns from 'node:dns';
import net from 'node:net';
import type { V6OnlyError } from '../../report/errors';
import type { HookContext, Lookup } from '../context';
import { explainEmitted } from '../handle/next-error';
import { forgetHost } from '../host-looked-up';
import { type TcpHandle, UV_IPV6ONLY } from '../node-internals';
import { patch } from '../patch';
import type { TcpListeners } from './listen';

/** lib/net.js calls its own server set-up through this method, "to avoid breaking code that wraps this method". */
interface ServerInternals {
  _handle: TcpHandle | null;
  _listen2(address: string | null, port: number, addressType: number, ...rest: unknown[]): void;
}

/**
 * `net.connect`, `http`, `tls`, `http2` and `fetch` all call `net.Socket.prototype.connect`, which keeps the host name before
 * it becomes an address. Options are not read here: their getters would be called more often than natively, and may give
 * another name each time.
 */
export function patchNet(
  listeners: TcpListeners,
  { policy, lookups }: Pick<HookContext, 'policy'> & { readonly lookups: WeakMap<object, Lookup> },
): void {
  const hasNativeRules = policy.rules.some(({ result }) => result.target.kind === 'native');
  patch(
    net.Socket.prototype,
    'connect',
    (real) =>
      function (this: net.Socket, ...args: unknown[]) {
        forgetHost(this);
        if (hasNativeRules) lookups.set(this, lookupOf(args));
        return Reflect.apply(real, this, args as never);
      } as never,
  );
  patch(
    net.Server.prototype as unknown as ServerInternals,
    '_listen2',
    (real) =>
      function (this: ServerInternals, address, port, addressType, ...rest) {
        listeners.lastBindRefusal = undefined;
        const [, , flags] = rest as [backlog: number, fd: number, flags: number | undefined];
        if (this._handle && address && (addressType === 4 || addressType === 6))
          listeners.noteBound(this._handle, address, port, addressType, flags ?? 0);
        Reflect.apply(real, this, [address, port, addressType, ...rest] as never);
        // The handle of a cluster worker comes from the primary and does not know its endpoint. The server does.
        const isIPv4 = addressType === 4 && Boolean(address);
        const view = isIPv4 ? 'ipv4' : ((flags ?? 0) & UV_IPV6ONLY) === 0 ? 'mapped' : undefined;
        if (this._handle && addressType !== PIPE) listeners.treatAsListener(this._handle, view, address ?? '::');
        const refusal = listeners.lastBindRefusal as V6OnlyError | undefined;
        if (!this._handle && refusal) explainEmitted(this, refusal);
      },
  );
}

/** lib/net.js has no other name for the type of a Unix domain socket's address. */
const PIPE = -1;

/** As lib/net.js chooses it. */
function lookupOf(args: unknown[]): Lookup {
  const lookup = optionsOf(args)?.lookup;
  return (typeof lookup === 'function' ? lookup : dns.lookup) as Lookup;
}

function optionsOf(args: unknown[]): { readonly lookup?: unknown } | undefined {
  const first = Array.isArray(args[0]) ? args[0][0] : args[0];
  return typeof first === 'object' && first !== null ? first : undefined;
}
