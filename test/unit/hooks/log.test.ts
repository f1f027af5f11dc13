import { channel } from 'node:diagnostics_channel';
import test from 'ava';
import { logDecisions } from '../../../src/hooks/log.js';
import { takeBack } from '../../../src/hooks/patch.js';
import { compilePolicy } from '../../../src/policy/compile.js';

const policy = compilePolicy({});
const decision = { kind: 'translate', step: 'nat64', address: '64:ff9b::cb00:7107', why: 'embedded in 64:ff9b::/96' };
const event = {
  protocol: 'tcp',
  address: '203.0.113.7',
  port: 80,
  host: 'www.example.org',
  decision,
  owner: undefined,
};

test.serial('log: debug writes a line for each decision, until it is undone', (t) => {
  const lines: string[] = [];
  logDecisions({ ...policy, log: 'debug' }, (line) => void lines.push(line.replace(/\d+:/, 'PID:')));
  channel('v6only:connect').publish(event);
  channel('v6only:lookup').publish({
    hostname: 'www.example.org',
    family: 0,
    source: 'system',
    addresses: [{ address: '203.0.113.7' }],
  });
  channel('v6only:prefix').publish({ prefixes: ['64:ff9b::/96'], source: 'discovery' });
  takeBack();
  channel('v6only:connect').publish(event);
  t.deepEqual(lines, [
    'V6ONLY PID: connect tcp 203.0.113.7:80 (www.example.org) → 64:ff9b::cb00:7107: nat64, embedded in 64:ff9b::/96\n',
    'V6ONLY PID: lookup www.example.org (family 0, system) → 203.0.113.7\n',
    'V6ONLY PID: NAT64 64:ff9b::/96 (discovery)\n',
  ]);
});

test.serial('a name neither steers the terminal nor begins a line', (t) => {
  const lines: string[] = [];
  logDecisions({ ...policy, log: 'debug' }, (line) => void lines.push(line));
  channel('v6only:connect').publish({ ...event, host: '\x1b]0;owned\x07\nV6ONLY 1: connect tcp 192.0.2.1:1 → forged' });
  channel('v6only:lookup').publish({ hostname: 'a\u202egpj.exe\x9b2J', family: 4, source: 'system', addresses: [] });
  takeBack();
  t.is(lines.length, 2);
  t.true(lines[0].includes('(\\x1b]0;owned\\x07\\nV6ONLY 1: connect'));
  t.true(lines[1].includes('lookup a\\u{202e}gpj.exe\\x9b2J ('));
  for (const line of lines) t.regex(line, /^[^\p{Cc}\p{Cf}]+\n$/u);
});

test.serial('otherwise nobody listens, unless NODE_DEBUG names v6only', (t) => {
  const { NODE_DEBUG } = process.env;
  t.teardown(() => {
    if (NODE_DEBUG === undefined) delete process.env.NODE_DEBUG;
    else process.env.NODE_DEBUG = NODE_DEBUG;
  });
  for (const [value, listens] of [
    ['', false],
    ['net,http', false],
    ['v6only', true],
    ['net, V6ONLY', true],
    ['v6*', true],
    ['v6', false],
  ] as const) {
    process.env.NODE_DEBUG = value;
    logDecisions({ ...policy, log: 'warn' }, () => {});
    t.is(channel('v6only:connect').hasSubscribers, listens, value);
    takeBack();
  }
});
