import assert from 'node:assert/strict';
import dns from 'node:dns';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { HOST4, listening, PEER6 } from '../support/sockets.js';
import { suite } from '../support/suite.js';

// A name with A and AAAA records that is asked for as IPv4 goes where its A records say, unless a rule says `native`.
const policy = path.join(mkdtempSync(path.join(tmpdir(), 'v6only-native-')), 'policy.json');
writeFileSync(
  policy,
  JSON.stringify({ rules: [{ match: ['both6.example.org', 'v4only.example.org'], to: 'native' }] }),
);
const check = suite(import.meta.url, {
  on: ['noinet', 'v6', 'lo4'],
  dns: 'plain',
  env: { V6ONLY_POLICY: policy },
});

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
