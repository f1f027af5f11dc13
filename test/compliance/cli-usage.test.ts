// Command lines that are wrong: each ends with 2 and one line that says what is right.
import test from 'ava';
import { runCli } from '../support/cli.js';
import { hostTest } from '../support/host.js';

/** The file exists wherever the tests run. */
const PROGRAM = process.execPath;
const WRONG: [title: string, args: string[], message: RegExp][] = [
  ...['run', 'audit', 'simulate'].map((command): [string, string[], RegExp] => [
    `a policy that is not there, of ${command}`,
    [command, '--policy', 'nope.json', PROGRAM, '-e', '0'],
    /--policy nope\.json: there is no such file/,
  ]),
  ...[['explain', '192.0.2.1'], ['doctor'], ['check']].map(([command, ...words]): [string, string[], RegExp] => [
    `a policy that is not there, of ${command}`,
    [command, '--policy', 'nope.json', ...words],
    /--policy nope\.json: there is no such file/,
  ]),
  ['a policy that is not there to check', ['check', 'nope.json'], /the policy nope\.json: there is no such file/],
  [
    'an option of the hook without it',
    ['simulate', '--mode', 'always', PROGRAM],
    /--mode is for the hook.*--with-hook/,
  ],
  ['an unknown command', ['explian'], /Did you mean "explain"/],
  ['an option of Node.js', ['run', '--verbose', '-p', '42'], /unknown option -p\. .* after --: v6only run -- -p 42/],
  ['an unknown option', ['explain', '--prot', 'udp', '192.0.2.1'], /unknown option --prot. Did you mean --port/],
  ['a port that is none', ['explain', '--port', '0', '192.0.2.1'], /--port 0/],
  ['nothing to explain', ['explain'], /explain needs an address/],
  ['an address that is none', ['explain', '256.1.1.1'], /256\.1\.1\.1.*four numbers from 0 to 255/],
  ['a name that is none', ['explain', '192.0.2.1', 'a b'], /"a b".*not a host name/],
  ['a program that is not there', ['run', 'nope.js'], /found no command and no file "nope\.js"/],
  ['a program that is not there to audit', ['audit', './nope.js'], /found no command and no file/],
  ['a program that is not there to simulate', ['simulate', 'nope'], /found no command and no file/],
  ['a mode that is none', ['run', '--mode', 'x', 'app.js'], /--mode x is not a mode/],
  ['a prefix that no NAT64 can have', ['dns64', '--prefix', 'ff02::/96'], /ff02::\/96" contains multicast addresses/],
  ['a prefix that is none', ['check', '--nat64', '64:ff9b::/95'], /--nat64 .*95/],
  ['an --app that is not there', ['explain', '--app', 'nope.js', '192.0.2.1'], /--app nope\.js: there is no such file/],
  ['an --app that is not there, of check', ['check', '--app', 'nope.js'], /--app nope\.js/],
  ['extra words of doctor', ['doctor', 'now'], /unexpected argument "now" for doctor\. See v6only doctor --help/],
  ['extra words of check', ['check', 'a.json', 'b.json'], /check takes one policy file/],
  ['extra words of version', ['version', 'x'], /unexpected argument "x"/],
  ['extra words of dns64', ['dns64', 'x'], /unexpected argument "x" for dns64/],
  ['a negative rate', ['dns64', '--rate', '-1'], /--rate "-1" is not a whole number/],
  ['a negative port', ['explain', '--port', '-1', '192.0.2.1'], /--port -1 is not a port/],
  ['a negative time', ['doctor', '--timeout', '-5'], /--timeout -5 is not a number of milliseconds. Give one from 1/],
  ['a time beyond all', ['doctor', '--timeout', '99999999999'], /Give one from 1 to 999999/],
  ['an option without its value', ['explain', '192.0.2.1', '--port'], /--port needs a value\. Write --port PORT/],
  ['an option as a value', ['explain', '--port', '--json', '192.0.2.1'], /--port needs a value/],
  ['a value that is none', ['doctor', '--json=yes'], /--json takes no value/],
  ['--every without --watch', ['doctor', '--every', '100'], /--every is for --watch/],
  ['a folder without a program', ['run', '/'], /there is no program in the folder \//],
  ['no program', ['run'], /no program is named/],
  ['no program to audit', ['audit', '--json'], /no program is named/],
  [
    'a target with a port that is none',
    ['doctor', '--target', '192.0.2.1:99999'],
    /--target 192.* "99999" is not a port/,
  ],
  ['a target that is none', ['doctor', '--target', 'example.org'], /--target example\.org/],
];

for (const [title, args, message] of WRONG) {
  hostTest(test, ['lo4'], `${title} ends with 2 and says what is right`, async (t, kind) => {
    const { code, stdout, stderr } = await runCli(kind, args);
    t.is(code, 2);
    t.is(stdout, '');
    t.regex(stderr, message);
    t.notRegex(stderr, /\n +at /, 'no stack');
    t.is(stderr.split('\n').length, 2, 'one line');
  });
}
