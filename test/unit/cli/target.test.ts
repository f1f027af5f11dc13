import test from 'ava';
import { parseTarget } from '../../../src/cli/target.js';

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
  [' 192.0.2.1\n', { kind: 'address', address: '192.0.2.1', text: '192.0.2.1' }],
];

for (const [text, expected] of UNDERSTOOD) {
  test(`${JSON.stringify(text)} is understood`, (t) => {
    t.like(parseTarget(text), expected);
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
  ['http://', /not a URL with a host/],
  ['https://user:secret@/', /not a URL with a host/],
] as const) {
  test(`${JSON.stringify(text)} is not`, (t) => {
    const error = t.throws(() => parseTarget(text), { code: 'V6ONLY_USAGE', message });
    t.notRegex(error.message, /secret/);
  });
}
