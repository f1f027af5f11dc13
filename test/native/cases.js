// Arbitrary calls, as JSON (see values.js): mostly near to what programs write, and sometimes anything at all.
import fc from 'fast-check';

const one = (...values) => fc.constantFrom(...values);
const call = { $: 'function' };

/** The ports of the servers that run.js has on the host, a closed one, and ports that are none. */
const OPEN_PORTS = [7001, 7002, 7003, 7004, 7005];
const CLOSED_PORT = 7009;
const port = fc.oneof(
  { weight: 8, arbitrary: one(...OPEN_PORTS) },
  { weight: 2, arbitrary: one(CLOSED_PORT, '7001', '7009', '0x1b59', ' 7001 ') },
  {
    weight: 2,
    arbitrary: one(
      0,
      -1,
      65_535,
      65_536,
      1.5,
      '',
      'http',
      null,
      true,
      [],
      { $: 'undefined' },
      { $: 'number', value: 'NaN' },
    ),
  },
);
const bindPort = fc.oneof(
  { weight: 6, arbitrary: one(0, 0, 0, 7101, 7102) },
  { weight: 2, arbitrary: one(...OPEN_PORTS, '0', '7103') },
  { weight: 1, arbitrary: one(-1, 65_536, 1.5, '', 'http', null, true, { $: 'undefined' }) },
);

/** Addresses of the host, and forms of them. */
const IPV4 = ['127.0.0.1', '127.0.0.2', '203.0.113.7', '0.0.0.0'];
const IPV6 = ['::1', '::', '2001:db8:1::2', '2001:db8:2::9', '0:0:0:0:0:0:0:1', '::0001'];
const MAPPED = [
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '0:0:0:0:0:ffff:127.0.0.1',
  '::FFFF:203.0.113.7',
  '::ffff:0.0.0.0',
];
const ZONES = ['::1%lo', 'fe80::1%lo', '127.0.0.1%lo', '::ffff:127.0.0.1%lo', '::%1'];
const ODD = [
  '0177.0.0.1',
  '127.1',
  '0x7f.0.0.1',
  '2130706433',
  '256.1.1.1',
  '1.2.3.4.5',
  ' 127.0.0.1',
  '127.0.0.1 ',
  '127.0.0.1.',
  '[::1]',
  '::1 ',
  ':::1',
  '127.0.0.1\u00001',
];
/** Addresses at which nobody is, answered by the kernel at once: a host answers ff02::1 with a link-local address of chance. */
const NOBODY = ['255.255.255.255', '224.0.0.1', '::ffff:255.255.255.255', 'ff02::9'];
/** Nobody answers there for seconds: for calls that send nothing. */
const SILENT = [
  'fe80::1%eth0',
  'fe80::1',
  'fe80::1%nosuch',
  '100::1',
  '198.51.100.9',
  '192.0.2.1',
  '10.0.0.1',
  '64:ff9b::7f00:1',
  '64:ff9b::cb00:7107',
];
const NAMES = ['v4only', 'v6only', 'dual', 'alias', 'empty', 'nosuch', 'peer6', 'both6', 'DUAL', 'v4only.'].map(
  (name) => (name.endsWith('.') ? `${name}example.org.` : `${name}.example.org`),
);
const NOT_NAMES = [
  '',
  '.',
  'a..b',
  'a b',
  'x'.repeat(64),
  `${'x'.repeat(60)}.`.repeat(5),
  'bücher.example.org',
  '-',
  '*',
  'localhost',
  'localhost.',
  'LOCALHOST',
];
const WRONG = [
  null,
  0,
  1,
  true,
  false,
  {},
  [],
  ['127.0.0.1'],
  { $: 'undefined' },
  { $: 'symbol' },
  { $: 'bigint', value: '1' },
  { $: 'boxed', value: '127.0.0.1' },
  { $: 'coerces', value: '127.0.0.1' },
  { $: 'stubborn' },
  { $: 'date' },
  { $: 'revoked' },
  { $: 'number', value: 'NaN' },
  { $: 'bytes', value: '7f' },
];

const literal = fc.oneof(
  { weight: 6, arbitrary: one(...IPV4) },
  { weight: 3, arbitrary: one(...IPV6) },
  { weight: 3, arbitrary: one(...MAPPED) },
  { weight: 2, arbitrary: one(...ZONES) },
  { weight: 2, arbitrary: one(...ODD) },
  { weight: 1, arbitrary: one(...NOBODY) },
);
const anyLiteral = fc.oneof({ weight: 4, arbitrary: literal }, { weight: 1, arbitrary: one(...SILENT) });
const name = fc.oneof({ weight: 4, arbitrary: one(...NAMES) }, { weight: 1, arbitrary: one(...NOT_NAMES) });
const wrong = one(...WRONG);
const host = fc.oneof(
  { weight: 6, arbitrary: literal },
  { weight: 2, arbitrary: name },
  { weight: 1, arbitrary: wrong },
);
const family = fc.oneof(
  { weight: 4, arbitrary: one(0, 4, 6) },
  one('IPv4', 'IPv6', 'ipv4', 5, '4', null, 46, -4, { $: 'undefined' }, {}),
);
const flag = fc.oneof({ weight: 4, arbitrary: one(true, false) }, one(null, 0, 1, 'true', { $: 'undefined' }, {}));
const hints = one(0, 32, 8, 16, 1024, 1056, 1, -1, '0', null, { $: 'number', value: 'NaN' });
const order = one('ipv4first', 'ipv6first', 'verbatim', '', null, 'first', 4);

const answer = fc.oneof(
  fc.tuple(literal, one(4, 6, 0, '4', 'IPv4', { $: 'undefined' })),
  fc.tuple(wrong, one(4, 6)),
  fc.tuple(fc.array(fc.record({ address: literal, family: one(4, 6, 4, 6, 0, 'IPv4') }), { maxLength: 3 })),
);
const lookup = fc.oneof(
  { weight: 6, arbitrary: answer.map((list) => ({ $: 'lookup', answer: list })) },
  one({ $: 'lookup', error: 'ENOTFOUND', answer: [] }),
  one(null, 'lookup', {}),
);

/** An object in the forms that programs give: some with accessors, without prototype, inherited. */
function objectOf(shape) {
  const plain = fc.record(shape, { requiredKeys: [] });
  const somewhere = (what) =>
    fc.tuple(plain, fc.nat()).map(([object, at]) => {
      const keys = Object.keys(object);
      if (keys.length === 0) return object;
      const key = keys[at % keys.length];
      return { ...object, [key]: what(object[key]) };
    });
  const wrapped = (kind) => plain.map((value) => ({ $: kind, value }));
  return fc.oneof(
    { weight: 14, arbitrary: plain },
    { weight: 1, arbitrary: somewhere((value) => ({ $: 'getter', value })) },
    { weight: 1, arbitrary: somewhere(() => ({ $: 'throws' })) },
    { weight: 1, arbitrary: wrapped('bare') },
    { weight: 1, arbitrary: wrapped('inherits') },
    { weight: 1, arbitrary: wrapped('frozen') },
  );
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
  .map(([options, to, where, dice]) => {
    if (options.$ !== undefined || dice === 0) return options;
    return { ...options, port: to, ...(dice < 7 && { host: where }) };
  });
const net_connect = fc
  .oneof(
    { weight: 5, arbitrary: fc.tuple(usefulConnectOptions) },
    { weight: 3, arbitrary: fc.tuple(port, host) },
    { weight: 1, arbitrary: fc.tuple(port) },
    { weight: 1, arbitrary: fc.tuple(port, host, one(call, null, 'callback')) },
    { weight: 1, arbitrary: fc.tuple(usefulConnectOptions, one(call, null, 7)) },
    { weight: 1, arbitrary: fc.array(fc.oneof(wrong, port, host), { maxLength: 3 }) },
  )
  .map((args) => ({ api: 'connect', args }));

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
const usefulListenOptions = fc.tuple(listenOptions, bindPort, bindHost, fc.nat(9)).map(([options, at, where, dice]) => {
  if (options.$ !== undefined || dice === 0) return options;
  const { fd, path, signal, ...rest } = options;
  return { ...(dice === 1 ? options : rest), port: at, ...(dice < 7 && { host: where }) };
});
const listenArguments = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(usefulListenOptions) },
  { weight: 4, arbitrary: fc.tuple(bindPort, bindHost) },
  { weight: 1, arbitrary: fc.tuple(bindPort) },
  { weight: 1, arbitrary: fc.tuple(bindPort, bindHost, one(0, 5, -1, '5', null, call), one(call, null)) },
  { weight: 1, arbitrary: fc.array(fc.oneof(wrong, bindPort), { maxLength: 3 }) },
);
const server_listen = fc
  .record({ args: listenArguments, again: fc.option(listenArguments, { freq: 3 }) })
  .map(({ args, again }) => ({ api: 'listen', args, again }));

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
const optional = (arbitrary) => fc.oneof({ weight: 3, arbitrary }, fc.constant({ $: 'undefined' }));
const step = (method, ...args) => fc.tuple(fc.constant(method), ...args);
const datagramAddress = fc.oneof(
  { weight: 8, arbitrary: literal },
  { weight: 1, arbitrary: name },
  { weight: 2, arbitrary: wrong },
);
const bindAddress = fc.oneof(
  { weight: 8, arbitrary: anyLiteral },
  { weight: 1, arbitrary: name },
  { weight: 2, arbitrary: wrong },
);
const bindStep = fc.oneof(
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
const sendStep = fc.oneof(
  { weight: 5, arbitrary: step('send', message, port, datagramAddress, fc.constant(call)) },
  { weight: 1, arbitrary: step('send', message, fc.constant(call)) },
  {
    weight: 1,
    arbitrary: step('send', message, one(0, 1, -1, 5), one(1, 0, 9, -1), port, datagramAddress, fc.constant(call)),
  },
  { weight: 1, arbitrary: step('send', message, port, one(...IPV4, ...IPV6)) },
);
const optionStep = fc.oneof(
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
const groupStep = fc.oneof(
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
const socketType = fc.oneof(
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
    }).map((options) => (options.$ === undefined ? { type: 'udp4', ...options } : options)),
  },
  { weight: 1, arbitrary: one('udp5', '', null, 4, {}, { $: 'undefined' }) },
);
const dgram = fc
  .record({
    type: socketType,
    steps: fc.array(
      fc.oneof(
        { weight: 3, arbitrary: bindStep },
        { weight: 3, arbitrary: sendStep },
        { weight: 2, arbitrary: step('connect', port, datagramAddress) },
        { weight: 1, arbitrary: one(['disconnect'], ['connect', 7001], ['close']) },
        { weight: 3, arbitrary: optionStep },
        { weight: 3, arbitrary: groupStep },
      ),
      { minLength: 1, maxLength: 6 },
    ),
  })
  .map(({ type, steps }) => ({ api: 'dgram', type, steps }));

const lookupName = fc.oneof(
  { weight: 4, arbitrary: name },
  { weight: 3, arbitrary: anyLiteral },
  { weight: 1, arbitrary: wrong },
);
const lookupOptions = fc.oneof(
  { weight: 6, arbitrary: objectOf({ family, all: flag, hints, order, verbatim: flag }) },
  { weight: 2, arbitrary: family },
  { weight: 1, arbitrary: wrong },
);
const face = one('callback', 'promises');
const lookupCase = fc
  .tuple(
    face,
    fc.oneof(
      { weight: 4, arbitrary: fc.tuple(lookupName, lookupOptions) },
      { weight: 2, arbitrary: fc.tuple(lookupName) },
      fc.tuple(),
    ),
    fc.nat(19),
  )
  .map(([way, args, dice]) => ({
    api: 'lookup',
    face: way,
    args: way === 'callback' && dice > 0 ? [...args, call] : args,
  }));

const METHODS = [
  'resolve',
  'resolve4',
  'resolve6',
  'resolveAny',
  'resolveCaa',
  'resolveCname',
  'resolveMx',
  'resolveNaptr',
  'resolveNs',
  'resolvePtr',
  'resolveSoa',
  'resolveSrv',
  'resolveTxt',
];
const resolveFace = one('callback', 'promises', 'resolver', 'promises-resolver');
const rrtype = one(
  'A',
  'AAAA',
  'ANY',
  'CNAME',
  'MX',
  'TXT',
  'PTR',
  'SOA',
  'a',
  'NOSUCH',
  '',
  null,
  5,
  {},
  { $: 'undefined' },
);
const resolveCase = fc
  .tuple(
    resolveFace,
    fc.oneof({ weight: 2, arbitrary: one('resolve4', 'resolve6', 'resolve') }, one(...METHODS)),
    fc.oneof({ weight: 8, arbitrary: name }, { weight: 2, arbitrary: literal }, { weight: 1, arbitrary: wrong }),
    fc.oneof(
      fc.constant([]),
      fc.tuple(
        one({ ttl: true }, { ttl: false }, { ttl: 1 }, { ttl: { $: 'throws' } }, {}, null, 5, 'ttl', {
          $: 'undefined',
        }),
      ),
    ),
    rrtype,
    fc.nat(19),
  )
  .map(([way, method, asked, options, type, dice]) => {
    const args = [asked, ...(method === 'resolve' && dice % 3 > 0 ? [type] : options)];
    return {
      api: 'resolve',
      face: way,
      method,
      args: way.startsWith('promises') || dice === 0 ? args : [...args, call],
    };
  });

const reverseCase = fc
  .tuple(
    resolveFace,
    fc.oneof({ weight: 5, arbitrary: anyLiteral }, { weight: 1, arbitrary: name }, { weight: 1, arbitrary: wrong }),
    fc.nat(19),
  )
  .map(([way, address, dice]) => ({
    api: 'reverse',
    face: way,
    method: 'reverse',
    args: way.startsWith('promises') || dice === 0 ? [address] : [address, call],
  }));

const serviceCase = fc
  .tuple(
    face,
    fc.oneof({ weight: 5, arbitrary: anyLiteral }, { weight: 1, arbitrary: name }, { weight: 1, arbitrary: wrong }),
    fc.oneof(one(22, 80, 0, 65_535, 65_536, -1, '80', '0x50', 1.5), wrong),
    fc.nat(19),
  )
  .map(([way, address, at, dice]) => {
    const args = dice === 0 ? [address] : [address, at];
    return { api: 'lookupService', face: way, args: way === 'promises' || dice === 1 ? args : [...args, call] };
  });

/** API → its cases. */
export const ARBITRARIES = {
  connect: net_connect,
  listen: server_listen,
  dgram,
  lookup: lookupCase,
  resolve: resolveCase,
  reverse: reverseCase,
  lookupService: serviceCase,
};
