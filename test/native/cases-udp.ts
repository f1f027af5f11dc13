// Arbitrary sequences of calls of a datagram socket.
import fc, { type Arbitrary } from 'fast-check';
import {
  anyLiteral,
  bindPort,
  call,
  flag,
  IPV4,
  IPV6,
  literal,
  lookup,
  name,
  objectOf,
  one,
  port,
  wrong,
} from './samples.js';
import type { Json, JsonObject } from './values.js';

/** A method of a socket, and its arguments. */
export type Step = [method: string, ...args: Json[]];

/** `dgram.createSocket(type)`, then one step after the other. */
export interface DgramCase {
  readonly api: 'dgram';
  readonly type: Json;
  readonly steps: Step[];
}

const group = one(
  '224.0.0.251',
  '239.1.2.3',
  '224.0.0.1',
  '232.1.2.3',
  'ff02::fb',
  'ff05::1',
  '127.0.0.1',
  '::1',
  '::ffff:239.1.2.3',
  '239.1.2.3 ',
  '0239.1.2.3',
  '',
  null,
  5,
  {},
);
const multicastInterface = one(
  '127.0.0.1',
  '203.0.113.7',
  '0.0.0.0',
  '',
  null,
  { $: 'undefined' },
  '::1',
  '::',
  '::%lo',
  '::%1',
  '::%eth0',
  '192.0.2.1',
  'lo',
  'eth0',
  5,
  {},
  '127.0.0.1%lo',
);
const message = one(
  'x',
  { $: 'bytes', value: '78' },
  { $: 'view', value: [120] },
  ['a', 'b'],
  [],
  '',
  ['a', 5],
  null,
  5,
  {},
  { $: 'undefined' },
);
const optional = (arbitrary: Arbitrary<Json>): Arbitrary<Json> =>
  fc.oneof({ weight: 3, arbitrary }, fc.constant({ $: 'undefined' }));
const step = (method: string, ...args: Arbitrary<Json>[]): Arbitrary<Step> => fc.tuple(fc.constant(method), ...args);
const datagramAddress: Arbitrary<Json> = fc.oneof(
  { weight: 8, arbitrary: literal },
  { weight: 1, arbitrary: name },
  { weight: 2, arbitrary: wrong },
);
const bindAddress: Arbitrary<Json> = fc.oneof(
  { weight: 8, arbitrary: anyLiteral },
  { weight: 1, arbitrary: name },
  { weight: 2, arbitrary: wrong },
);
const bindStep: Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: step('bind', bindPort, bindAddress) },
  { weight: 1, arbitrary: step('bind', bindPort) },
  { weight: 1, arbitrary: step('bind') },
  {
    weight: 1,
    arbitrary: step(
      'bind',
      objectOf({ port: bindPort, address: datagramAddress, exclusive: flag, fd: one(-1, 9999, 'x') }),
    ),
  },
  { weight: 1, arbitrary: step('bind', bindPort, one(call, '', null), fc.constant(call)) },
);
const sendStep: Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: step('send', message, port, datagramAddress, fc.constant(call)) },
  { weight: 1, arbitrary: step('send', message, fc.constant(call)) },
  {
    weight: 1,
    arbitrary: step('send', message, one(0, 1, -1, 5), one(1, 0, 9, -1), port, datagramAddress, fc.constant(call)),
  },
  { weight: 1, arbitrary: step('send', message, port, one(...IPV4, ...IPV6)) },
);
const optionStep: Arbitrary<Step> = fc.oneof(
  step('setBroadcast', flag),
  step('setTTL', one(1, 64, 255, 0, 256, -1, '5', null, {})),
  step('setMulticastTTL', one(0, 1, 255, 256, -1, '5', null, {})),
  step('setMulticastLoopback', flag),
  step('setRecvBufferSize', one(4096, 0, -1, '5', null)),
  step('setSendBufferSize', one(4096, 0, -1, '5', null)),
  step('getSendBufferSize'),
  step('getRecvBufferSize'),
  step('getSendQueueSize'),
  step('ref'),
  step('unref'),
  { weight: 3, arbitrary: step('address') },
  { weight: 2, arbitrary: step('remoteAddress') },
);
const groupStep: Arbitrary<Step> = fc.oneof(
  step('setMulticastInterface', multicastInterface),
  step('addMembership', group, optional(multicastInterface)),
  step('dropMembership', group, optional(multicastInterface)),
  step(
    'addSourceSpecificMembership',
    one('127.0.0.1', '203.0.113.7', '::1', '', null),
    group,
    optional(multicastInterface),
  ),
  step(
    'dropSourceSpecificMembership',
    one('127.0.0.1', '203.0.113.7', '::1', '', null),
    group,
    optional(multicastInterface),
  ),
);
const socketType: Arbitrary<Json> = fc.oneof(
  { weight: 9, arbitrary: one('udp4', 'udp4', 'udp6') },
  {
    weight: 6,
    arbitrary: objectOf({
      type: one('udp4', 'udp4', 'udp6'),
      reuseAddr: flag,
      reusePort: one(true, false),
      ipv6Only: flag,
      lookup,
      recvBufferSize: one(4096, -1, '5'),
      sendBufferSize: one(4096, -1, '5'),
      receiveBlockList: one({ $: 'blockList', value: ['127.0.0.1'] }, {}),
      sendBlockList: one({ $: 'blockList', value: ['127.0.0.1'] }, {}),
      signal: one({ $: 'aborted' }, {}),
    }).map((options): JsonObject => (options.$ === undefined ? { type: 'udp4', ...options } : options)),
  },
  { weight: 1, arbitrary: one('udp5', '', null, 4, {}, { $: 'undefined' }) },
);
export const dgram = fc
  .record({
    type: socketType,
    steps: fc.array(
      fc.oneof(
        { weight: 3, arbitrary: bindStep },
        { weight: 3, arbitrary: sendStep },
        { weight: 2, arbitrary: step('connect', port, datagramAddress) },
        { weight: 1, arbitrary: fc.constantFrom<Step[]>(['disconnect'], ['connect', 7001], ['close']) },
        { weight: 3, arbitrary: optionStep },
        { weight: 3, arbitrary: groupStep },
      ),
      { minLength: 1, maxLength: 6 },
    ),
  })
  .map(({ type, steps }): DgramCase => ({ api: 'dgram', type, steps }));
