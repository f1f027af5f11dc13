import test from 'ava';
import { parseTargets } from '../../../src/cli/target.js';

const UNDERSTOOD: [text: string, target: object][] = [
  ['192.0.2.1', { kind: 'address', address: '192.0.2.1', port: undefined }],
  ['192.0.2.1:80', { kind: 'address', address: '192.0.2.1', port: 80 }],
  ['2001:db8::1', { kind: 'address', address: '2001:db8::1', port: undefined }],
  ['[2001:db8::1]:443', { kind: 'address', address: '2001:db8::1', port: 443 }],
  ['[2001:db8::1]', { kind: 'address', address: '2001:db8::1', port: undefined }],
  ['fe80::1%eth0', { kind: 'address', address: 'fe80::1%eth0', port: undefined }],
  ['10.0.0.0/8', { kind: 'network', first: 0x0a000000, last: 0x0affffff }],
  ['192.0.2.7/24', { kind: 'network', first: 0xc0000200, last: 0xc00002ff }],
  ['0.0.0.0/0', { kind: 'network', first: 0, last: 0xffffffff }],
  ['example.org', { kind: 'name', host: 'example.org', port: undefined }],
  ['example.org:8080', { kind: 'name', host: 'example.org', port: 8080 }],
  ['localhost', { kind: 'name', host: 'localhost', port: undefined }],
  ['_srv.example.org.', { kind: 'name', host: '_srv.example.org.', port: undefined }],
  ['bücher.example', { kind: 'name', host: 'bücher.example', port: undefined }],
  ['127.1', { kind: 'name', host: '127.1', port: undefined }],
  ['https://example.org/a?b#c', { kind: 'name', host: 'example.org', port: 443, text: 'https://example.org/a?b#c' }],
  ['http://192.0.2.1:8080/', { kind: 'address', address: '192.0.2.1', port: 8080 }],
  ['http://[2001:db8::1]/', { kind: 'address', address: '2001:db8::1', port: 80 }],
  ['redis://user:p%40ss@192.0.2.1', { kind: 'address', address: '192.0.2.1', port: 6379, text: 'redis://192.0.2.1' }],
  ['postgres://u:p@db.example.org/x', { kind: 'name', host: 'db.example.org', port: 5432 }],
  [
    'mongodb+srv://u:p@db.example.org/x',
    { kind: 'name', host: 'db.example.org', service: '_mongodb._tcp.db.example.org' },
  ],
  ['::ffff:192.0.2.1', { kind: 'address', address: '192.0.2.1', text: '::ffff:192.0.2.1' }],
  ['udp://192.0.2.1:53', { kind: 'address', address: '192.0.2.1', port: 53, protocol: 'udp' }],
  ['192.0.2.1-192.0.2.9', { kind: 'network', first: 0xc0000201, last: 0xc0000209 }],
  [' 192.0.2.1\n', { kind: 'address', address: '192.0.2.1', text: '192.0.2.1' }],
];

for (const [text, expected] of UNDERSTOOD) {
  test(`${JSON.stringify(text)} is understood`, (t) => {
    const targets = parseTargets(text);
    t.is(targets.length, 1);
    t.like(targets[0], expected);
  });
}

for (const [text, message] of [
  ['', /not a host name/],
  ['256.1.1.1', /four numbers from 0 to 255/],
  ['1.2.3.4.5', /four numbers/],
  ['192.0.2.1:0', /"0" is not a port/],
  ['192.0.2.1:http', /"http" is not a port/],
  ['10.0.0.0/33', /not an IPv4 network/],
  ['example.org/8', /not an IPv4 network/],
  ['2001:db8::/32', /it is an IPv6 network/],
  ['a b', /not a host name/],
  ['-x-.example', /not a host name/],
  ['http://%E0%A4%A/', /not a URL with a host/],
  ['redis://%E0%A4%A/', /not a URL with a host/],
  ['http://', /not a URL with a host/],
  ['https://user:secret@/', /not a URL with a host/],
] as const) {
  test(`${JSON.stringify(text)} is not`, (t) => {
    const error = t.throws(() => parseTargets(text), { code: 'V6ONLY_USAGE', message });
    t.notRegex(error.message, /secret/);
  });
}

test('a URL of a cluster names several targets', (t) => {
  const targets = parseTargets('mongodb://user:secret@192.0.2.1:27017,[2001:db8::1]:27018,db.example.org/x?a=b');
  t.deepEqual(
    targets.map(({ text, port }) => [text, port]),
    [
      ['mongodb://192.0.2.1:27017/x?a=b', 27017],
      ['mongodb://[2001:db8::1]:27018/x?a=b', 27018],
      ['mongodb://db.example.org/x?a=b', 27017],
    ],
  );
});
