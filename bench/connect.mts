// Connect rate: IPv4 literals through the hook beside native IPv6 in the same run.   node build/bench/connect.mjs [ROUNDS]
import { compare, onHostWithoutIPv4, startServer } from './on-host.mjs';

onHostWithoutIPv4(import.meta.url);
const { port, stop } = await startServer('accept.mjs');
const COUNT = 3000;
compare(
  'TCP connections',
  [
    { name: 'native IPv6, no hook', client: 'connect.mjs', args: ['64:ff9b::cb00:7107', port, COUNT] },
    {
      name: 'native IPv6, with the hook',
      client: 'connect.mjs',
      args: ['64:ff9b::cb00:7107', port, COUNT],
      hook: true,
    },
    { name: 'IPv4 literal, with the hook', client: 'connect.mjs', args: ['203.0.113.7', port, COUNT], hook: true },
  ],
  Number(process.argv[2] ?? 9),
);
stop();
