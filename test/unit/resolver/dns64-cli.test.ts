import { spawn } from 'node:child_process';
import dgram from 'node:dgram';
import { once } from 'node:events';
import test, { type ExecutionContext } from 'ava';
import { DnsClient } from '../../../src/resolver/client.js';
import { encodeMessage, queryMessage } from '../../../src/resolver/message.js';
import { framed } from '../../../src/resolver/message-frames.js';
import { queryFor } from '../../../src/resolver/types.js';
import { compiled } from '../../support/paths.js';
import { connect } from './_connection.js';
import { type Asked, nameServer, withA } from './_server.js';
import { data } from './_upstream.js';

const command = compiled('src/cli/main.js');

function run(t: ExecutionContext, ...args: string[]) {
  const child = spawn(process.execPath, [command, 'dns64', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  t.teardown(() => child.kill('SIGKILL'));
  const output = { out: '', err: '' };
  child.stdout.on('data', (chunk) => (output.out += chunk));
  child.stderr.on('data', (chunk) => (output.err += chunk));
  // 'close' comes after all that it wrote has been read, unlike 'exit'.
  let closed = false;
  const exit = once(child, 'close').finally(() => (closed = true));
  const said = async (pattern: RegExp): Promise<RegExpExecArray> => {
    while (!pattern.test(output.err) && !closed) await Promise.race([once(child.stderr, 'data'), exit]);
    return pattern.exec(output.err) ?? t.fail(`ended without ${pattern}: ${output.err}`);
  };
  return { child, output, said, exit };
}

test('it serves, tells its statistics on SIGUSR2, and ends on SIGTERM with status 0', async (t) => {
  const upstream = await nameServer(t, (query: Asked) =>
    query.question.type === 'A' ? withA(query) : { ...withA(query), answers: [] },
  );
  const args = ['--listen', '[::1]:0', '--prefix', '2001:db8:64::/96', '--upstream', upstream.at, '--json'];
  const { child, output, said, exit } = run(t, ...args);
  const [, at] = await said(/listening on (\S+);/);
  const client = new DnsClient({ servers: () => [at], timeoutMs: 60_000 });
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

test('--rate limits the responses over UDP for each client, its own host included; 0 does not', async (t) => {
  const upstream = await nameServer(t, withA);
  for (const [rate, answered, limited] of [
    ['3', 7, { truncated: 4, dropped: 5 }],
    ['0', 12, { truncated: 0, dropped: 0 }],
    // By default the loopback is not limited.
    [undefined, 12, { truncated: 0, dropped: 0 }],
  ] as const) {
    const args = ['--listen', '[::1]:0', '--upstream', upstream.at, '--json', ...(rate ? ['--rate', rate] : [])];
    const { child, said, exit } = run(t, ...args);
    const [, port] = await said(/listening on \[::1\]:(\d+);/);
    const socket = dgram.createSocket('udp6');
    let got = 0;
    socket.on('message', () => {
      got++;
      socket.emit('answer');
    });
    const bytes = encodeMessage(queryMessage(1, queryFor('v4.example.org', 'A'), 'v4.example.org'));
    // Sent at once; a bucket of three may fill again by one where the machine is slow, so they go out in one turn.
    for (let i = 0; i < 12; i++) socket.send(bytes, Number(port), '::1');
    while (got < answered) await once(socket, 'answer');
    socket.close();
    child.kill('SIGTERM');
    t.deepEqual(await exit, [0, null]);
    const [line] = await said(/^\{.*\}$/m);
    if (rate !== '3') t.deepEqual(JSON.parse(line).rateLimited, limited);
    else t.true(JSON.parse(line).rateLimited.dropped > 0);
  }
});

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} ends it with status 0, though an upstream is silent, clients are connected and one is half-way through a query`, async (t) => {
    const upstream = await nameServer(t, () => undefined);
    const { child, said, exit } = run(t, '--listen', '[::1]:0', '--upstream', upstream.at);
    const [, port] = await said(/listening on \[::1\]:(\d+);/);
    const connections = await Promise.all([1, 2].map(() => connect(t, Number(port))));
    const bytes = encodeMessage(queryMessage(1, queryFor('v4.example.org', 'A'), 'v4.example.org'));
    connections[0].socket.write(framed(bytes));
    connections[1].socket.write(Buffer.from([0, 200, 1]));
    while (upstream.seen.length === 0) await once(upstream.udp, 'message');
    child.kill(signal);
    t.deepEqual(await exit, [0, null]);
    await Promise.all(connections.map(({ closed }) => closed));
  });
}

for (const [args, message] of [
  [['--prefix', '64:ff9b::/95'], /length of 95.*32, 40, 48, 56, 64 or 96/],
  [['--listen', 'example.org'], /"example.org" is not the address of a name server/],
  [['--upstream', '192.0.2.53:0'], /is not the address of a name server/],
  [['--exclude', '2001:db8::/200'], /is not an IPv6 network/],
  [['--cache', 'many'], /--cache "many" is not a whole number/],
  [['--rate', '-1'], /--rate/],
  [['--rate', 'fast'], /--rate "fast" is not a whole number/],
  [['--nonsense'], /--nonsense/],
  [['stray'], /stray/],
] as const) {
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
  t.regex(output.err, /cannot listen on \S+: EADDRINUSE\. Stop the other server/);
});
