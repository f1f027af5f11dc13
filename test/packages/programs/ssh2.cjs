'use strict';
// ssh2: a command, a local forward (direct-tcpip) and a remote forward that name IPv4 addresses
const assert = require('node:assert/strict');
const net = require('node:net');
const { once } = require('node:events');
const { Client, Server, utils } = require('ssh2');

(async () => {
  const { done, REMOTE } = await import('../../../build/test/packages/support/program.js');
  const key = utils.generateKeyPairSync('ed25519');
  let peer;
  const server = new Server({ hostKeys: [key.private] }, (client, info) => {
    peer = info.ip;
    client.on('authentication', (context) => context.accept());
    client.on('tcpip', (accept, reject, { destIP, destPort }) => {
      const upstream = net.connect(destPort, destIP, () => {
        const channel = accept();
        channel.pipe(upstream).pipe(channel);
      });
      upstream.on('error', () => reject());
    });
    client.on('request', (accept, _reject, name, { bindAddr, bindPort }) => {
      assert.equal(name, 'tcpip-forward');
      const listener = net.createServer((socket) => {
        client.forwardOut(bindAddr, bindPort, socket.remoteAddress, socket.remotePort, (_error, channel) =>
          socket.pipe(channel).pipe(socket),
        );
      });
      listener.listen(bindPort, bindAddr, () => accept());
    });
    client.on('session', (accept) =>
      accept().on('exec', (acceptExec, _rejectExec, { command }) => {
        const channel = acceptExec();
        channel.write(`ran ${command}`);
        channel.exit(0);
        channel.end();
      }),
    );
  });
  server.listen(22, '0.0.0.0');
  await once(server, 'listening');
  const target = net.createServer((socket) => socket.end(`target ${socket.remoteFamily}`)).listen(7000, '0.0.0.0');
  await once(target, 'listening');

  const client = new Client();
  client.connect({ host: '127.0.0.1', port: 22, username: 'u', password: 'p' });
  await once(client, 'ready');
  assert.equal(peer, '127.0.0.1');
  const exec = await new Promise((resolve, reject) =>
    client.exec('ls', (error, channel) => (error ? reject(error) : resolve(channel))),
  );
  assert.equal((await exec.toArray()).join(''), 'ran ls');
  const forward = await new Promise((resolve, reject) =>
    client.forwardOut('127.0.0.1', 1, REMOTE, 7000, (error, channel) => (error ? reject(error) : resolve(channel))),
  );
  assert.equal((await forward.toArray()).join(''), 'target IPv4');
  await new Promise((resolve, reject) =>
    client.forwardIn('127.0.0.1', 7001, (error) => (error ? reject(error) : resolve())),
  );
  client.on('tcp connection', ({ srcIP }, accept) => accept().end(`from ${srcIP}`));
  assert.equal((await net.connect(7001, '127.0.0.1').toArray()).join(''), 'from 127.0.0.1');
  done();
})();
