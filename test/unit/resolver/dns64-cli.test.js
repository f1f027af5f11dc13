import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { DnsClient } from '../../../build/resolver/client.js';
import { queryFor } from '../../../build/resolver/types.js';
import { nameServer, withA } from './_server.js';
import { data } from './_upstream.js';

const module = fileURLToPath(new URL('../../../build/cli/dns64.js', import.meta.url));
const SCRIPT = 'require(process.argv[1]).runDns64(process.argv.slice(2)).then((code) => { process.exitCode = code; })';

function run(t, ...args) {
  const child = spawn(process.execPath, ['-e', SCRIPT, module, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  t.teardown(() => child.kill('SIGKILL'));
  const output = { out: '', err: '' };
  child.stdout.on('data', (chunk) => (output.out += chunk));
  child.stderr.on('data', (chunk) => (output.err += chunk));
  const said = async (pattern) => {
    while (!pattern.test(output.err)) await Promise.race([once(child.stderr, 'data'), once(child, 'exit')]);
    return pattern.exec(output.err);
  };
  return { child, output, said, exit: once(child, 'exit') };
}

test('it serves, tells its statistics on SIGUSR2, and ends on SIGTERM with status 0', async (t) => {
  const upstream = await nameServer(t, (query) =>
    query.question.type === 'A' ? withA(query) : { ...withA(query), answers: [] },
  );
  const args = ['--listen', '[::1]:0', '--prefix', '2001:db8:64::/96', '--upstream', upstream.at, '--json'];
  const { child, output, said, exit } = run(t, ...args);
  const [, at] = await said(/listening on (\S+);/);
  const client = new DnsClient({ servers: () => [at], timeoutMs: 2000 });
  const reply = await client.query(queryFor('v4.example.org', 'AAAA'));
  t.deepEqual(data(reply, 'AAAA'), ['2001:db8:64::cb00:7105']);
  child.kill('SIGUSR2');
  const [line] = await said(/^\{.*\}$/m);
  const statistics = JSON.parse(line);
  t.deepEqual([statistics.queries.udp, statistics.synthesized, statistics.rcodes.NOERROR], [1, 1, 1]);
  child.kill('SIGTERM');
  t.deepEqual(await exit, [0, null]);
  t.is(output.out, '');
});

for (const [args, message] of [
  [['--prefix', '64:ff9b::/95'], /length of 95.*32, 40, 48, 56, 64 or 96/],
  [['--listen', 'example.org'], /"example.org" is not the address of a name server/],
  [['--upstream', '192.0.2.53:0'], /is not the address of a name server/],
  [['--exclude', '2001:db8::/200'], /is not an IPv6 network/],
  [['--cache', 'many'], /--cache "many" is not a whole number/],
  [['--nonsense'], /--nonsense/],
  [['stray'], /stray/],
]) {
  test(`v6only dns64 ${args.join(' ')}: one line that says what is wrong, status 2`, async (t) => {
    const { output, exit } = run(t, ...args);
    t.deepEqual(await exit, [2, null]);
    t.regex(output.err, message);
  });
}

test('--help goes to standard output, status 0', async (t) => {
  const { output, exit } = run(t, '--help');
  t.deepEqual(await exit, [0, null]);
  t.regex(output.out, /--listen ADDRESS/);
});

test('an address that is taken: status 1', async (t) => {
  const taken = await nameServer(t, withA);
  const { output, exit } = run(t, '--listen', taken.at);
  t.deepEqual(await exit, [1, null]);
  t.regex(output.err, /cannot listen: .*EADDRINUSE/);
});
