// What keeps a process alive: a question that somebody waits for, and nothing else. What must not keep it alive would do so
// for longer than a test may take.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { compiled } from '../../support/paths.js';
import { type Asked, nameServer, reply, withA } from './_server.js';
import { record } from './_upstream.js';

const build = compiled('src/resolver');

async function run(t: ExecutionContext, at: string, body: string) {
  const script = `
    const { Resolver } = require(${JSON.stringify(path.join(build, 'resolver.js'))});
    const { DnsClient } = require(${JSON.stringify(path.join(build, 'client.js'))});
    const { Prefixes } = require(${JSON.stringify(path.join(build, '../prefix/prefixes.js'))});
    const prefixes = () => new Prefixes({ nat64: 'discover', deadlineMs: 5000, servers: servers(), isDirect: () => false });
    const servers = () => [${JSON.stringify(at)}];
    ${body}`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  let out = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  const [code] = await once(child, 'close');
  return { code, out: out.trim() };
}

test('answers that are cached do not keep the process alive', async (t) => {
  const server = await nameServer(t, withA);
  const { code, out } = await run(
    t,
    server.at,
    `new Resolver({ servers }).resolveAddresses('v4.example.org', 4).then(([a]) => console.log(a.address));`,
  );
  t.deepEqual([code, out], [0, '203.0.113.5']);
});

test('a prefix that is to be refreshed does not keep the process alive', async (t) => {
  const server = await nameServer(t, (query: Asked) =>
    reply(query, [record('ipv4only.arpa', 'AAAA', '64:ff9b::c000:aa')]),
  );
  const { code, out } = await run(
    t,
    server.at,
    `const all = prefixes(); all.ready().then(() => console.log(String(all.all), all.origin));`,
  );
  t.deepEqual([code, out], [0, '64:ff9b::/96 discovery']);
});

test('who waits for a prefix keeps it alive until the deadline; who waits no longer does not', async (t) => {
  const silent = await nameServer(t, () => undefined);
  const waits = await run(t, silent.at, `prefixes().whenReady(() => console.log('ready'));`);
  t.is(waits.out, 'ready');
  const gone = await run(
    t,
    silent.at,
    `const all = prefixes(); const cancel = all.whenReady(() => console.log('ready'));
     setTimeout(cancel, 50); process.on('exit', () => console.log(all.origin));`,
  );
  t.is(gone.out, 'unknown', 'it ended before the deadline');
});

test('a question under way keeps it alive until its answer or its end', async (t) => {
  const silent = await nameServer(t, () => undefined);
  const { out } = await run(
    t,
    silent.at,
    `new Resolver({ servers, timeoutMs: 300, attempts: 2 }).resolveAddresses('v4.example.org', 4).catch((e) => console.log(e.code));`,
  );
  t.is(out, 'ETIMEOUT');
});

test('a question in the background does not', async (t) => {
  const silent = await nameServer(t, () => undefined);
  const { out } = await run(
    t,
    silent.at,
    `new DnsClient({ servers, background: true, timeoutMs: 600_000 }).query({ name: 'x.example', type: 'A', class: 'IN' })
       .finally(() => console.log('ended'));`,
  );
  t.is(out, '');
});

test('a server that has started has every file that it needs: its descriptors may be used up by the first query', async (t) => {
  const body = `
    const { Dns64Server } = require(${JSON.stringify(path.join(build, 'server.js'))});
    const { dns64Config } = require(${JSON.stringify(path.join(build, 'dns64-config.js'))});
    const upstream = { query: () => Promise.reject(new Error('not asked')) };
    const server = new Dns64Server({ upstream, config: dns64Config(), listen: [{ address: '::1', family: 6, port: 0 }] });
    server.start().then(() => {
      const loaded = ['types', 'classes', 'index'].filter((file) => require.resolve('dns-packet/' + file) in require.cache);
      console.log(loaded.length);
      return server.stop();
    });`;
  t.deepEqual(await run(t, '[::1]:9', body), { code: 0, out: '3' });
});
