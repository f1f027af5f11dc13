import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import diagnosticsChannel from 'node:diagnostics_channel';
import dns from 'node:dns';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { errorOf, HOST4, HOST4_EMBEDDED, listening, PEER6 } from '../support/sockets.js';
import { suite } from '../support/suite.js';

// A name with A and AAAA records that is asked for as IPv4 goes where its A records say, unless a rule says `native`.
const policy = path.join(mkdtempSync(path.join(tmpdir(), 'v6only-native-')), 'policy.json');
writeFileSync(
  policy,
  JSON.stringify({
    rules: [{ match: ['both6.example.org', 'v4only.example.org', 'silent6.example.org'], to: 'native' }],
  }),
);
const check = suite(import.meta.url, {
  on: ['noinet', 'v6', 'lo4'],
  dns: 'plain',
  env: { V6ONLY_POLICY: policy },
});

if (process.env.V6ONLY_CHECK_HOST !== undefined) {
  const router = ['2001:db8:1::1', 'lladdr', '02:00:00:00:00:01', 'dev', 'eth0', 'nud', 'permanent'];
  execFileSync('ip', ['-6', 'neigh', 'replace', ...router]); // silent, instead of unreachable
}

async function serve(host: string, port = 0) {
  const server = net.createServer((socket) => socket.on('error', () => {}).end(host));
  return { server, port: await listening(server, port, host) };
}

async function heard(options: net.TcpNetConnectOpts) {
  const socket = net.connect({ family: 4, ...options }).setEncoding('utf8');
  const [text] = await once(socket, 'data');
  const { remoteAddress, remoteFamily } = socket;
  socket.destroy();
  return { text, remoteAddress, remoteFamily };
}

for (const autoSelectFamily of [true, false]) {
  check(`a name of a rule goes to its native address, which reads as IPv4 (${autoSelectFamily})`, async () => {
    const six = await serve(PEER6);
    const four = await serve(HOST4, six.port);
    const { text, remoteAddress, remoteFamily } = await heard({
      host: 'both6.example.org',
      port: six.port,
      autoSelectFamily,
    });
    assert.equal(text, PEER6);
    assert.match(remoteAddress as string, /^198\.1[89]\./);
    assert.equal(remoteFamily, 'IPv4');
    six.server.close();
    four.server.close();
  });

  check(`any other name goes where its A records say (${autoSelectFamily})`, async () => {
    const six = await serve(PEER6);
    const four = await serve(HOST4, six.port);
    const { text, remoteAddress } = await heard({ host: 'broken6.example.org', port: six.port, autoSelectFamily });
    assert.equal(text, HOST4);
    assert.equal(remoteAddress, HOST4);
    six.server.close();
    four.server.close();
  });
}

check('a name of a rule without native addresses goes where its A records say', async () => {
  const { server, port } = await serve(HOST4);
  assert.equal((await heard({ host: 'v4only.example.org', port })).remoteAddress, HOST4);
  server.close();
});

check('who asks for any family, or for IPv6, notices nothing of the rule', async () => {
  const all = await dns.promises.lookup('both6.example.org', { all: true });
  assert.deepEqual(all.map(({ address }) => address).sort(), [PEER6, HOST4].sort());
  assert.equal((await dns.promises.lookup('both6.example.org', { family: 6 })).address, PEER6);
});

for (const autoSelectFamily of [true, false]) {
  check(`where the native address refuses, it goes where the A records say (${autoSelectFamily})`, async () => {
    const { server, port } = await serve(HOST4);
    const seen = await heard({ host: 'both6.example.org', port, autoSelectFamily });
    assert.deepEqual(seen, { text: HOST4, remoteAddress: HOST4, remoteFamily: 'IPv4' });
    server.close();
  });
}

check('where it is silent too, and the next connection does not ask it first', async () => {
  const { server, port } = await serve(HOST4);
  let connections = 0;
  server.on('connection', () => connections++);
  const attempts: string[] = [];
  const note = (event: unknown) => attempts.push((event as { decision: { address: string } }).decision.address);
  diagnosticsChannel.subscribe('v6only:connect', note);
  for (let i = 0; i < 2; i++) {
    const { text, remoteAddress } = await heard({ host: 'silent6.example.org', port });
    assert.deepEqual([text, remoteAddress], [HOST4, HOST4]);
  }
  diagnosticsChannel.unsubscribe('v6only:connect', note);
  assert.equal(connections, 2);
  assert.deepEqual(attempts.slice(0, 3), ['2001:db8:5::5', HOST4_EMBEDDED, HOST4_EMBEDDED]);
  server.close();
});

check('where none answers there is one error, whose cause lists the ways', async () => {
  const { server, port } = await serve(HOST4);
  server.close();
  await once(server, 'close');
  const error = await errorOf(net.connect({ host: 'both6.example.org', port, family: 4 }));
  assert.equal(error.code, 'ECONNREFUSED');
  assert.match(String(error.cause?.message), /as \[2001:db8:2::9\]:\d+ \([^)]*ECONNREFUSED\)/);
  assert.match(String(error.cause?.message), /as \[64:ff9b::cb00:7107\]:\d+ \([^)]*ECONNREFUSED\)/);
});

check('a block list with the IPv4 address of the name keeps a socket from going there', { node: 22 }, async () => {
  const { server, port } = await serve(HOST4);
  const blockList = new net.BlockList();
  blockList.addAddress(HOST4);
  const error = await errorOf(net.connect({ host: 'both6.example.org', port, family: 4, blockList }));
  assert.equal(error.code, 'ECONNREFUSED');
  server.close();
});
