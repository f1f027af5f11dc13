// UDP request and reply: an IPv4 literal through the hook beside native IPv6 in the same run.   node build/bench/udp.mjs [ROUNDS]
import { compare, onHostWithoutIPv4, startServer } from './on-host.mjs';

onHostWithoutIPv4(import.meta.url);
const { port, stop } = await startServer('udp-echo.mjs');
const COUNT = 20_000;
for (const window of [1, 16]) {
  const client = 'udp-ask.mjs';
  const native = ['udp6', '64:ff9b::cb00:7107', port, COUNT, window];
  const literal = ['udp4', '203.0.113.7', port, COUNT, window];
  await compare(
    `UDP requests and replies, ${window} under way`,
    [
      { name: 'native IPv6, no hook', client, args: native },
      { name: 'native IPv6, with the hook', client, args: native, hook: true },
      { name: 'IPv4 literal, with the hook', client, args: literal, hook: true },
    ],
    Number(process.argv[2] ?? 7),
  );
}
stop();
