import dns from 'node:dns';
import type net from 'node:net';
import type { HookContext } from './context';

type Options = net.TcpSocketConnectOpts & { lookup?: unknown; autoSelectFamily?: boolean };
type LookupCallback = (error: Error | null, addresses?: dns.LookupAddress[]) => void;

/**
 * `connect({ host: 'name', family: 4 })`: the name is known, so its native IPv6 addresses, where it has any, come before its
 * IPv4 addresses through the NAT64, with the delays of Happy Eyeballs (RFC 8305 §5), which Node has. To the program all of
 * them are IPv4: the native ones by their addresses of the synthetic pool.
 */
export function withNativeFirst(context: HookContext, socket: net.Socket, args: unknown[]): unknown[] {
  const normalized = Array.isArray(args[0]) ? args[0] : undefined;
  const options = (normalized ? normalized[0] : args[0]) as Options | undefined;
  const applies =
    typeof options === 'object' &&
    options !== null &&
    options.family === 4 &&
    (options.lookup === undefined || options.lookup === dns.lookup) &&
    options.localAddress === undefined &&
    // A block list judges IPv4 addresses, and a rule for the name says where it goes: neither may be stepped around.
    (options as { blockList?: unknown }).blockList === undefined &&
    context.policy.matchRule?.({ host: String(options.host), port: options.port, protocol: 'tcp' }) === undefined &&
    !context.translator.leavesIPv4Alone;
  if (!applies) return args;
  const lookup = (hostname: string, _options: unknown, callback: LookupCallback) => {
    void addressesOf(context, hostname).then(
      (addresses) => callback(null, addresses),
      (error: Error) => callback(error),
    );
  };
  // A copy: the program's own options stay as they are.
  const changed = { ...options, family: undefined, lookup, autoSelectFamily: true };
  reportLastError(socket);
  if (!normalized) return [changed, ...args.slice(1)];
  // lib/net.js knows its own normalized arguments by a symbol on the array.
  const copy = [changed, ...normalized.slice(1)];
  for (const symbol of Object.getOwnPropertySymbols(normalized))
    Object.assign(copy, { [symbol]: (normalized as never)[symbol] });
  return [copy, ...args.slice(1)];
}

async function addressesOf(context: HookContext, hostname: string): Promise<dns.LookupAddress[]> {
  const [ipv4, native] = await Promise.all([
    dns.promises.lookup(hostname, { family: 4, all: true }),
    dns.promises.lookup(hostname, { family: 6, all: true }).catch(() => []),
  ]);
  const pooled: dns.LookupAddress[] = [];
  for (const { address } of native) {
    if (context.translator.toIPv4(address) !== undefined && context.pool.find(address) === undefined) continue;
    const stand = context.pool.assign(address);
    if (stand !== undefined && !ipv4.some((known) => known.address === stand))
      pooled.push({ address: stand, family: 4 });
  }
  return [...pooled, ...ipv4];
}

/** Where no address answers, the program gets the error of the last, an IPv4 one of its own, not one for all. */
function reportLastError(socket: net.Socket): void {
  const { destroy } = socket;
  socket.destroy = function (error?: Error & { errors?: Error[] }) {
    delete (this as Partial<net.Socket>).destroy;
    return destroy.call(this, error?.errors?.at(-1) ?? error);
  };
}
