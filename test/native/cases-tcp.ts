// Arbitrary calls of net.
import fc, { type Arbitrary } from 'fast-check';
import {
  anyLiteral,
  bindPort,
  CLOSED_PORT,
  call,
  family,
  flag,
  hints,
  host,
  literal,
  lookup,
  name,
  OPEN_PORTS,
  objectOf,
  one,
  port,
  wrong,
} from './samples.js';
import type { Json, JsonObject } from './values.js';

/** `net.connect(...args)`. */
export interface ConnectCase {
  readonly api: 'connect';
  readonly args: Json[];
}

/** `server.listen(...args)`, and once more with other arguments. */
export interface ListenCase {
  readonly api: 'listen';
  readonly args: Json[];
  readonly again: Json[] | null;
}

const connectOptions = objectOf({
  port,
  host: fc.oneof({ weight: 6, arbitrary: literal }, { weight: 3, arbitrary: name }, { weight: 1, arbitrary: wrong }),
  family,
  localAddress: fc.oneof({ weight: 5, arbitrary: anyLiteral }, wrong),
  localPort: fc.oneof({ weight: 2, arbitrary: one(0, 7201) }, one(-1, 65_536, '7202', null, {})),
  lookup,
  hints,
  autoSelectFamily: flag,
  blockList: one({ $: 'blockList', value: ['127.0.0.1'] }, { $: 'blockList', value: ['::1', '203.0.113.7'] }, {}, null),
  noDelay: flag,
  keepAlive: flag,
  timeout: one(0, 60_000, -1, 'soon', null),
  signal: one({ $: 'aborted' }, {}, null),
  typeOfService: one(0, 16, 256, 'low'),
});
/** Most have what a connect needs, or nothing but errors would be compared. */
const usefulConnectOptions = fc
  .tuple(connectOptions, one(...OPEN_PORTS, CLOSED_PORT), host, fc.nat(9))
  .map(([options, to, where, dice]): JsonObject => {
    if (options.$ !== undefined || dice === 0) return options;
    return { ...options, port: to, ...(dice < 7 && { host: where }) };
  });
const argumentsOfConnect: Arbitrary<Json[]> = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(usefulConnectOptions) },
  { weight: 3, arbitrary: fc.tuple(port, host) },
  { weight: 1, arbitrary: fc.tuple(port) },
  { weight: 1, arbitrary: fc.tuple(port, host, one(call, null, 'callback')) },
  { weight: 1, arbitrary: fc.tuple(usefulConnectOptions, one(call, null, 7)) },
  { weight: 1, arbitrary: fc.array(fc.oneof(wrong, port, host), { maxLength: 3 }) },
);
export const connect = argumentsOfConnect.map((args): ConnectCase => ({ api: 'connect', args }));

const bindHost = fc.oneof(
  { weight: 6, arbitrary: anyLiteral },
  { weight: 2, arbitrary: name },
  { weight: 1, arbitrary: wrong },
);
const listenOptions = objectOf({
  port: bindPort,
  host: bindHost,
  ipv6Only: flag,
  exclusive: flag,
  reusePort: one(true, false, null),
  backlog: one(0, 1, 511, -1, '5', 'many', null),
  fd: one(-1, 9999, '9999', null, 1.5),
  path: one(null, 0, {}),
  signal: one({ $: 'aborted' }, {}, null),
  readableAll: flag,
});
const usefulListenOptions = fc
  .tuple(listenOptions, bindPort, bindHost, fc.nat(9))
  .map(([options, at, where, dice]): JsonObject => {
    if (options.$ !== undefined || dice === 0) return options;
    const { fd, path, signal, ...rest } = options;
    return { ...(dice === 1 ? options : rest), port: at, ...(dice < 7 && { host: where }) };
  });
const listenArguments: Arbitrary<Json[]> = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(usefulListenOptions) },
  { weight: 4, arbitrary: fc.tuple(bindPort, bindHost) },
  { weight: 1, arbitrary: fc.tuple(bindPort) },
  { weight: 1, arbitrary: fc.tuple(bindPort, bindHost, one(0, 5, -1, '5', null, call), one(call, null)) },
  { weight: 1, arbitrary: fc.array(fc.oneof(wrong, bindPort), { maxLength: 3 }) },
);
export const listen = fc
  .record({ args: listenArguments, again: fc.option(listenArguments, { freq: 3 }) })
  .map(({ args, again }): ListenCase => ({ api: 'listen', args, again }));
