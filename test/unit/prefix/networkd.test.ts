// PREF64 as systemd-networkd tells it: a Unix socket that answers as its published varlink interface says.
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { parseIPv6 } from '../../../src/address/ipv6.js';
import { defaultRoute } from '../../../src/prefix/default-route.js';
import { askNetworkd, type NetworkdPaths, pref64Of } from '../../../src/prefix/networkd.js';
import type { SourceAnswer } from '../../../src/prefix/source.js';

const zeros = '0'.repeat(32);
const route = (destination: string, length: string, metric: string, flags: string, link: string) =>
  `${destination} ${length} ${zeros} 00 ${'0'.repeat(31)}1 ${metric} 00000001 00000000 ${flags} ${link.padStart(8)}`;
const ROUTES = [
  route('20010db8000100000000000000000000', '40', '00000100', '00000001', 'eth0'),
  route(zeros, '00', '00000400', '00000003', 'wlan0'),
  route(zeros, '00', '00000200', '00450003', 'eth0'),
  route(zeros, '00', '00000100', '00200200', 'lo'),
  route(zeros, '00', '00000010', '00000002', 'eth9'),
  '',
].join('\n');

test('the link of the default route is that of the least metric; one that is down or rejects is none', (t) => {
  t.deepEqual(defaultRoute(ROUTES), { link: 'eth0', gateway: '::1' });
  t.is(defaultRoute(''), undefined);
  t.is(defaultRoute(route(zeros, '00', 'ffffffff', '00200200', 'lo')), undefined);
});

const entry = (prefix: string, PrefixLength: number, LifetimeUSec?: number) => ({
  Prefix: [...parseIPv6(prefix)],
  PrefixString: prefix,
  PrefixLength,
  LifetimeUSec,
  ConfigProvider: [...parseIPv6('fe80::1')],
});
const description = (...PREF64: object[]) => ({
  parameters: {
    Interfaces: [
      { Index: 1, Name: 'lo', Type: 'loopback' },
      { Index: 3, Name: 'wlan0', NDisc: { PREF64: [entry('2001:db8:bad::', 96, 9e15)] } },
      { Index: 2, Name: 'eth0', NDisc: { PREF64 } },
    ],
  },
});
const UPTIME_MS = 1_000_000;
const read = (reply: object) => {
  const answer = pref64Of(reply as Parameters<typeof pref64Of>[0], 'eth0', UPTIME_MS);
  return answer && { ...answer, prefixes: answer.prefixes.map(String) };
};

test('RFC 8781: prefixes and lifetimes of that link alone are read', (t) => {
  t.deepEqual(read(description(entry('2001:db8:64::', 96, 1_600_000_000))), {
    source: 'router',
    prefixes: ['2001:db8:64::/96'],
    holdsMs: 600_000,
    ends: true,
  });
  t.deepEqual(read(description(entry('64:ff9b::', 96)))?.holdsMs, undefined);
  const two = description(entry('2001:db8:64:1::', 64, 1_900_000_000), entry('2001:db8:64::', 56, 1_600_000_000));
  t.deepEqual(read(two)?.prefixes, ['2001:db8:64:1::/64', '2001:db8:64::/56']);
  t.is(read(two)?.holdsMs, 600_000, 'the least lifetime');
});

test('RFC 8781 §4.1: what has run out, and what is no prefix of RFC 6052 §2.2, is not used', (t) => {
  t.is(read(description(entry('2001:db8:64::', 96, 1_000_000_000))), undefined);
  t.is(read(description(entry('2001:db8:64::', 95, 1_600_000_000))), undefined);
  t.is(read(description(entry('2001:db8:64:0:ff00::', 96, 1_600_000_000))), undefined);
  t.is(read(description({ Prefix: [1, 2], PrefixLength: 96 })), undefined);
  for (const reply of [{}, { error: 'org.varlink.service.MethodNotFound' }, description()])
    t.is(read(reply), undefined);
});

/** A socket that answers like networkd, or as `answer` does; files for the test alone. */
async function networkd(t: ExecutionContext, answer: (socket: net.Socket) => void) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'v6only-networkd-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const paths = { socket: path.join(folder, 'io.systemd.Network'), routes: path.join(folder, 'ipv6_route') };
  writeFileSync(paths.routes, ROUTES);
  const requests: string[] = [];
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      requests.push(chunk.toString());
      answer(socket);
    });
  });
  t.teardown(() => server.close());
  server.listen(paths.socket);
  await once(server, 'listening');
  return { paths, requests };
}
const later = (seconds: number) => Math.round((os.uptime() + seconds) * 1e6);
const ask = (paths: NetworkdPaths, signal = new AbortController().signal) => askNetworkd(signal, paths);

test('networkd is asked over its socket: one JSON object and one NUL octet each way', async (t) => {
  const reply = `${JSON.stringify(description(entry('2001:db8:64::', 96, later(1800))))}\0`;
  const { paths, requests } = await networkd(t, (socket: net.Socket) => {
    socket.write(reply.slice(0, 40));
    setImmediate(() => socket.write(reply.slice(40)));
  });
  const { prefixes, source, holdsMs } = (await ask(paths)) as SourceAnswer;
  t.deepEqual([prefixes.map(String), source], [['2001:db8:64::/96'], 'router']);
  t.true(Number(holdsMs) > 1_700_000 && Number(holdsMs) <= 1_801_000);
  t.deepEqual(
    requests.map((text) => [JSON.parse(text.slice(0, -1)).method, text.at(-1)]),
    [['io.systemd.Network.Describe', '\0']],
  );
});

test('without networkd, with an old, a silent or a broken one, there is no answer and no error', async (t) => {
  const nowhere = { socket: '/nonexistent/socket', routes: '/nonexistent/routes' };
  t.is(await ask(nowhere), undefined);
  const answers = {
    old: (socket: net.Socket) => socket.write('{"error":"org.varlink.service.MethodNotFound","parameters":{}}\0'),
    broken: (socket: net.Socket) => socket.write('{"parameters":{"Interfaces":"none"}}\0'),
    garbage: (socket: net.Socket) => socket.write('\0'),
    closing: (socket: net.Socket) => socket.destroy(),
    silent: () => {},
  };
  for (const [name, answer] of Object.entries(answers)) {
    const { paths } = await networkd(t, answer);
    t.is(await ask(paths), undefined, name);
  }
});

test('a question that nobody waits for is given up', async (t) => {
  const { paths } = await networkd(t, () => {});
  const controller = new AbortController();
  const asked = ask(paths, controller.signal);
  controller.abort(new Error('stop'));
  t.is(await asked, undefined);
});
