import dns from 'node:dns';
import { isIPv4 } from 'node:net';
import type { HookContext } from '../context';
import { patch } from '../patch';

type Callback = (error: NodeJS.ErrnoException | null, ...rest: string[]) => void;

/**
 * Patches `lookupService` of `dns` and `dns.promises`: an address of the pool or of the host stands for an IPv6
 * address, so its name is that of the IPv6 address (RFC 6535 §2.3.3).
 */
export function patchLookupService(context: HookContext): void {
  const behind = (address: unknown): string | undefined =>
    typeof address === 'string' && isIPv4(address) ? ipv6Behind(context, address) : undefined;
  type Service = (...args: unknown[]) => unknown;
  // Node's function checks the number of its arguments, so all arguments are passed on.
  const byCallback = (real: Service) =>
    ((...args) => {
      const [address, port, callback] = args;
      const ipv6 = behind(address);
      if (ipv6 === undefined || typeof callback !== 'function') return Reflect.apply(real, dns, args);
      const done: Callback = (error, ...rest) =>
        (callback as Callback)(error && asAsked(error, address as string), ...rest);
      return Reflect.apply(real, dns, [ipv6, port, done]);
    }) as Service;
  const byPromise = (real: Service) =>
    ((...args) => {
      const [address, port] = args;
      const ipv6 = behind(address);
      if (ipv6 === undefined) return Reflect.apply(real, dns.promises, args);
      const answer = Reflect.apply(real, dns.promises, [ipv6, port]) as Promise<unknown>;
      return answer.catch((error: NodeJS.ErrnoException) => {
        throw asAsked(error, address as string);
      });
    }) as Service;
  patch(dns, 'lookupService', byCallback as never);
  patch(dns.promises, 'lookupService', byPromise as never);
}

/** The error must name the address that the program passed. */
function asAsked(error: NodeJS.ErrnoException & { hostname?: string }, address: string): NodeJS.ErrnoException {
  if (error.hostname === undefined) return error;
  error.message = error.message.replace(error.hostname, address);
  error.hostname = address;
  return error;
}

/** The IPv6 address for which an address of the pool or of the host stands. Undefined for any other IPv4 address. */
export function ipv6Behind({ pool, translator }: HookContext, ipv4: string): string | undefined {
  return pool.toIPv6(ipv4) ?? translator.hosts.toIPv6(ipv4);
}
