import test from 'ava';
import { compilePolicy } from '../../../build/policy/compile.js';
import { parsePolicy } from '../../../build/policy/load.js';

const FILE = '/srv/app/v6only.config.json';

/** The faults of a policy text, each as `line:column path message`. */
function faults(text, file = FILE) {
  try {
    parsePolicy({ file, text });
  } catch (error) {
    if (error.code !== 'V6ONLY_INVALID_POLICY') throw error;
    return error.problems;
  }
  return [];
}

/** name, policy text, line:column, path, what the message must say, what it must suggest. */
const TABLE = [
  ['an unknown key', '{\n  "mod": "auto"\n}', '2:3', 'mod', /unknown key/, 'mode'],
  ['an unknown key that is near none', '{"quux": 1}', '1:2', 'quux', /unknown key/, undefined],
  [
    'an unknown key of a rule',
    '{"rules": [\n{"match": "192.0.2.1", "too": "direct"}]}',
    '2:24',
    'rules[0].too',
    /unknown key/,
    'to',
  ],
  ['an unknown key of dns64', '{"dns64": {"server": []}}', '1:12', 'dns64.server', /unknown key/, 'servers'],
  [
    'an unknown key of the cache',
    '{"dns64": {"cache": {"entrys": 1}}}',
    '1:22',
    'dns64.cache.entrys',
    /unknown key/,
    'entries',
  ],
  ['a key called __proto__', '{"__proto__": 1}', '1:2', '__proto__', /unknown key/, undefined],
  ['a wrong word', '{"mode": "alway"}', '1:10', 'mode', /"alway" is not allowed/, 'always'],
  ['a wrong type', '{"children": "no"}', '1:14', 'children', /"no" is not allowed/, undefined],
  ['null', '{"peers": null}', '1:11', 'peers', /null is not allowed/, undefined],
  ['a list for a policy', '[]', '1:1', '', /\[\] is not allowed/, undefined],
  ['a text for rules', '{"rules": "none"}', '1:11', 'rules', /"none" is not allowed/, undefined],
  ['a rule that is a text', '{"rules": ["192.0.2.1"]}', '1:12', 'rules[0]', /is not allowed/, undefined],
  ['a rule without match', '{"rules": [{"to": "direct"}]}', '1:12', 'rules[0].match', /missing/, undefined],
  ['a rule without to', '{"rules": [{"match": "192.0.2.1"}]}', '1:12', 'rules[0].to', /missing/, undefined],
  [
    'a bad CIDR',
    '{"rules": [{"match": "192.0.2.1/24", "to": "direct"}]}',
    '1:22',
    'rules[0].match',
    /192\.0\.2\.0\/24/,
    undefined,
  ],
  [
    'a length beyond 32',
    '{"rules": [{"match": "192.0.2.0/33", "to": "direct"}]}',
    '1:22',
    'rules[0].match',
    /192\.0\.2\.0\/33/,
    undefined,
  ],
  [
    'an address that is none',
    '{"rules": [{"match": "300.1.1.1", "to": "direct"}]}',
    '1:22',
    'rules[0].match',
    /300\.1\.1\.1/,
    undefined,
  ],
  [
    'a leading zero',
    '{"rules": [{"match": "192.0.2.01", "to": "direct"}]}',
    '1:22',
    'rules[0].match',
    /192\.0\.2\.01/,
    undefined,
  ],
  [
    'a range that ends before it begins',
    '{"rules": [{"match": "192.0.2.9-192.0.2.1", "to": "direct"}]}',
    '1:22',
    'rules[0].match',
    /ends before/,
    undefined,
  ],
  [
    'a range of hosts',
    '{"rules": [{"match": "192.0.2.9-", "to": "direct"}]}',
    '1:22',
    'rules[0].match',
    /range/,
    undefined,
  ],
  [
    'an IPv6 address to match',
    '{"rules": [{"match": "2001:db8::1", "to": "direct"}]}',
    '1:22',
    'rules[0].match',
    /IPv6/,
    undefined,
  ],
  [
    'an IPv6 network to match',
    '{"rules": [{"match": "2001:db8::/32", "to": "direct"}]}',
    '1:22',
    'rules[0].match',
    /IPv6/,
    undefined,
  ],
  [
    'a port in match',
    '{"rules": [{"match": "example.org:80", "to": "direct"}]}',
    '1:22',
    'rules[0].match',
    /"port" of the rule/,
    undefined,
  ],
  [
    'a URL',
    '{"rules": [{"match": "https://example.org/", "to": "direct"}]}',
    '1:22',
    'rules[0].match',
    /host name/,
    undefined,
  ],
  ['an empty match', '{"rules": [{"match": "", "to": "direct"}]}', '1:22', 'rules[0].match', /host name/, undefined],
  [
    'an empty list of matches',
    '{"rules": [{"match": [], "to": "direct"}]}',
    '1:22',
    'rules[0].match',
    /empty list/,
    undefined,
  ],
  [
    'the second of two matches',
    '{"rules": [{"match": ["192.0.2.1", "192.0.2.256"], "to": "direct"}]}',
    '1:36',
    'rules[0].match[1]',
    /192\.0\.2\.256/,
    undefined,
  ],
  [
    'port 0',
    '{"rules": [{"match": "192.0.2.1", "port": 0, "to": "direct"}]}',
    '1:43',
    'rules[0].port',
    /0 is not allowed/,
    undefined,
  ],
  [
    'port 65536 in a range',
    '{"rules": [{"match": "192.0.2.1", "port": "1-65536", "to": "direct"}]}',
    '1:43',
    'rules[0].port',
    /1-65536/,
    undefined,
  ],
  [
    'a port with a fraction',
    '{"rules": [{"match": "192.0.2.1", "port": [80, 1.5], "to": "direct"}]}',
    '1:48',
    'rules[0].port[1]',
    /1\.5/,
    undefined,
  ],
  [
    'a protocol that is none',
    '{"rules": [{"match": "192.0.2.1", "protocol": "tpc", "to": "direct"}]}',
    '1:47',
    'rules[0].protocol',
    /tpc/,
    'tcp',
  ],
  [
    'an IPv4 address to go to',
    '{"rules": [{"match": "192.0.2.1", "to": "192.0.2.2"}]}',
    '1:41',
    'rules[0].to',
    /not an IPv6 address/,
    undefined,
  ],
  [
    'a prefix of an illegal length to go to',
    '{"rules": [{"match": "192.0.2.1", "to": "2001:db8::/72"}]}',
    '1:41',
    'rules[0].to',
    /32, 40, 48, 56, 64 or 96/,
    undefined,
  ],
  [
    'private addresses into the well-known prefix (RFC 6052 §3.1)',
    '{"rules": [{"match": "10.0.0.0/8", "to": "64:ff9b::/96"}]}',
    '1:42',
    'rules[0].to',
    /RFC 6052 §3\.1/,
    undefined,
  ],
  [
    'a rule that another shadows',
    '{"rules": [{"match": "10.0.0.0/8", "to": "direct"},\n{"match": "10.1.0.0/16", "to": "refuse"}]}',
    '2:11',
    'rules[1].match',
    /rules\[0\] \(10\.0\.0\.0\/8\)/,
    undefined,
  ],
  [
    'a rule that two others shadow',
    '{"rules": [{"match": "10.0.0.0/9", "to": "direct"},{"match": "10.128.0.0/9", "to": "direct"},\n{"match": "10.0.0.0/8", "to": "refuse"}]}',
    '2:11',
    'rules[2].match',
    /never match/,
    undefined,
  ],
  [
    'a host that a glob shadows',
    '{"rules": [{"match": "*.example.org", "to": "direct"},\n{"match": "a.example.org", "to": "refuse"}]}',
    '2:11',
    'rules[1].match',
    /never match/,
    undefined,
  ],
  [
    'a glob that a glob shadows',
    '{"rules": [{"match": "*.example.org", "to": "direct"},\n{"match": "*.a.example.org", "to": "refuse"}]}',
    '2:11',
    'rules[1].match',
    /never match/,
    undefined,
  ],
  ['a NAT64 prefix of length 95', '{"nat64": "64:ff9b::/95"}', '1:11', 'nat64', /32, 40, 48, 56, 64 or 96/, undefined],
  [
    'a NAT64 prefix with bits in octet u',
    '{"nat64": ["2001:db8:1:2:300::/96"]}',
    '1:12',
    'nat64[0]',
    /64 to 71/,
    undefined,
  ],
  [
    'a NAT64 prefix with bits beyond its length',
    '{"nat64": "2001:db8::1/96"}',
    '1:11',
    'nat64',
    /beyond its length/,
    undefined,
  ],
  ['a NAT64 prefix twice', '{"nat64": ["64:ff9b::/96", "64:ff9b::/96"]}', '1:28', 'nat64[1]', /twice/, undefined],
  ['an empty list of prefixes', '{"nat64": []}', '1:11', 'nat64', /empty list/, undefined],
  ['a word for nat64', '{"nat64": "discovery"}', '1:11', 'nat64', /discovery/, undefined],
  ['a loopback prefix of length 64', '{"loopback": "fd00::/64"}', '1:14', 'loopback', /96 or 104/, undefined],
  ['a pool on the loopback (RFC 6535 §4.4)', '{"pool": "127.0.0.0/8"}', '1:10', 'pool', /loopback/, undefined],
  ['a pool that is too small', '{"pool": "198.18.0.0/30"}', '1:10', 'pool', /8 to 29/, undefined],
  [
    'a group that is none',
    '{"multicast": {"192.0.2.1": "ff02::1"}}',
    '1:16',
    'multicast["192.0.2.1"]',
    /not an IPv4 group/,
    undefined,
  ],
  [
    'an IPv6 group that is none',
    '{"multicast": {"239.1.1.1": "2001:db8::1"}}',
    '1:29',
    'multicast["239.1.1.1"]',
    /not an IPv6 group/,
    undefined,
  ],
  ['a preset that is none', '{"presets": ["asw"]}', '1:14', 'presets[0]', /asw/, 'aws'],
  ['two presets for one address', '{"presets": ["aws", "gcp"]}', '1:21', 'presets[1]', /preset aws/, undefined],
  [
    'a DNS server by name',
    '{"dns64": {"servers": ["dns.example.org"]}}',
    '1:24',
    'dns64.servers[0]',
    /not the address/,
    undefined,
  ],
  [
    'a DNS server with port 0',
    '{"dns64": {"servers": ["192.0.2.53:0"]}}',
    '1:24',
    'dns64.servers[0]',
    /not the address/,
    undefined,
  ],
  [
    'an IPv4 network to exclude',
    '{"dns64": {"exclude": ["10.0.0.0/8"]}}',
    '1:24',
    'dns64.exclude[0]',
    /IPv6 network/,
    undefined,
  ],
  ['a time-out of nothing', '{"dns64": {"timeoutMs": 0}}', '1:25', 'dns64.timeoutMs', /0 is not allowed/, undefined],
  ['a key that is there twice', '{"mode": "auto",\n"mode": "off"}', '2:1', 'mode', /twice/, undefined],
  ['an empty file', '', '1:1', '', /empty/, undefined],
  ['a comment', '{\n// mode\n"mode": "auto"}', '2:1', '', /no comments/, undefined],
  ['a comma after the last entry', '{"mode": "auto",\n}', '2:1', '', /no comma after the last/, undefined],
  ['single quotes', "{'mode': 'auto'}", '1:2', '', /double quotes/, undefined],
  ['an object that does not end', '{"mode": "auto"', '1:1', '', /ends/, undefined],
  ['a string that does not end', '{"mode": "auto}', '1:10', '', /does not end/, undefined],
  ['two values', '{} {}', '1:4', '', /after the end/, undefined],
  ['nesting without end', '['.repeat(100_000), '1:66', '', /nested too deeply/, undefined],
  ['lines that end in CR LF', '{\r\n"mod": 1}', '2:1', 'mod', /unknown key/, 'mode'],
];

for (const [name, text, place, path, message, suggestion] of TABLE) {
  test(`told with file, line and column: ${name}`, (t) => {
    const found = faults(text);
    t.is(found.length, 1, JSON.stringify(found));
    const [problem] = found;
    t.is(problem.file, FILE);
    t.is(`${problem.line}:${problem.column}`, place);
    t.is(problem.path, path);
    t.regex(`${problem.message} ${problem.allowed ?? ''}`, message);
    t.is(problem.suggestion, suggestion);
  });
}

test('all faults are told at once, in the order of the file', (t) => {
  const text = `{
  "mod": "auto",
  "nat64": ["64:ff9b::/95", 5],
  "rules": [
    { "match": "10.0.0.1/8", "to": "nowhere", "port": [0, "x"] },
    { "matches": "10.0.0.0/8", "to": "direct" }
  ],
  "pool": "x"
}`;
  t.deepEqual(
    faults(text).map(({ line, path }) => `${line} ${path}`),
    [
      '2 mod',
      '3 nat64[0]',
      '3 nat64[1]',
      '5 rules[0].match',
      '5 rules[0].to',
      '5 rules[0].port[0]',
      '5 rules[0].port[1]',
      '6 rules[1].matches',
      '8 pool',
    ],
  );
});

test('the message names each fault on a line of its own, with what is allowed', (t) => {
  const error = t.throws(() => parsePolicy({ file: FILE, text: '{"mod": 1,\n"children": 2}' }));
  t.is(error.code, 'V6ONLY_INVALID_POLICY');
  const lines = error.message.split('\n');
  t.regex(lines[0], /v6only\.config\.json has 2 faults/);
  t.regex(lines[1], /config\.json:1:2 mod: unknown key\. Did you mean "mode"\? Allowed: mode, nat64/);
  t.regex(lines[2], /config\.json:2:13 children: 2 is not allowed\. Allowed: true or false/);
});

test('a policy given as an object has paths and no places', (t) => {
  const error = t.throws(() => compilePolicy({ mode: 'x', rules: [{ match: 'x y', to: 'direct' }] }));
  t.deepEqual(
    error.problems.map(({ path, line, file }) => [path, line, file]),
    [
      ['mode', undefined, undefined],
      ['rules[0].match', undefined, undefined],
    ],
  );
});

for (const [name, input] of [
  ['a bigint', { mode: 10n }],
  ['a cycle', Object.assign({}, { mode: globalThis })],
  ['a function', { rules: () => {} }],
  ['a symbol', { pool: Symbol('x') }],
  ['NaN', { dns64: { timeoutMs: Number.NaN } }],
  ['a number', 5],
  ['null', null],
  ['a text', 'auto'],
]) {
  test(`enable() given ${name} gets a V6OnlyError, not a crash`, (t) => {
    t.throws(() => compilePolicy(input), { code: 'V6ONLY_INVALID_POLICY' });
  });
}

test('places in a package.json are those of the file', (t) => {
  const text = '{\n  "name": "app",\n  "v6only": {\n    "mod": 1\n  }\n}';
  const [problem] = faults(text, '/srv/app/package.json');
  t.is(`${problem.line}:${problem.column} ${problem.path}`, '4:5 mod');
});
