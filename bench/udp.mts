// UDP through the hook beside native udp4 and udp6 in the same run: requests with their replies, datagrams one way, and
// descriptors.   node build/bench/udp.mjs [ROUNDS]
import { execFileSync } from 'node:child_process';
import { table } from './median.mjs';
import { clientCommand, compare, onHostWithoutIPv4, startServer, type Variant } from './on-host.mjs';

onHostWithoutIPv4(import.meta.url, 'lo4');
const rounds = Number(process.argv[2] ?? 7);
const COUNT = 20_000;
const MAPPED = '64:ff9b::cb00:7107';

/** The ways to send; the first is the one that the others are divided by. `four` and `six` are ports. */
const ways = (client: string, four: string, six: string, ...more: number[]): Variant[] => [
  { name: 'native udp6, no hook', client, args: ['udp6', MAPPED, six, ...more] },
  { name: 'native udp6, with the hook', client, args: ['udp6', MAPPED, six, ...more], hook: true },
  { name: 'udp4 to a literal, with the hook', client, args: ['udp4', '203.0.113.7', six, ...more], hook: true },
  { name: 'native udp4 to 127.0.0.1, no hook', client, args: ['udp4', '127.0.0.1', four, ...more] },
  { name: 'udp4 to 127.0.0.1, with the hook', client, args: ['udp4', '127.0.0.1', four, ...more], hook: true },
];

const echo = [await startServer('udp-echo.mjs', ['udp4', '127.0.0.1']), await startServer('udp-echo.mjs')];
for (const window of [1, 16]) {
  const [four, six] = echo.map(({ port }) => port);
  compare(`UDP requests and replies, ${window} under way`, ways('udp-ask.mjs', four, six, COUNT, window), rounds);
}
for (const { stop } of echo) stop();

const sinks = [
  await startServer('udp-sink.mjs', ['udp4', '127.0.0.1']),
  await startServer('udp-sink.mjs', ['udp6', MAPPED]),
];
const [four, six] = sinks.map(({ port }) => port);
compare('UDP datagrams one way, 16 under way', ways('udp-send.mjs', four, six, 5 * COUNT, 16), rounds);

console.log('\nDescriptors of a UDP socket');
table(
  ['', 'bound', 'after a datagram'],
  ways('descriptors.mjs', four, six).map(({ name, client, args, hook }) => {
    const said = execFileSync(process.execPath, clientCommand(client, args, hook), { encoding: 'utf8' });
    const { bound, used } = JSON.parse(said) as { bound: number; used: number };
    return [name, bound, used];
  }),
);
for (const { stop } of sinks) stop();
