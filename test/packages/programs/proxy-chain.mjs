// proxy-chain: an HTTP proxy server that tunnels and connects from a chosen local address
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { Server } from 'proxy-chain';
import { ProxyAgent, request } from 'undici';
import { done, REMOTE } from '../../../build/test/packages/support/program.js';

const target = http.createServer((incoming, response) => response.end(incoming.socket.remoteAddress));
target.listen(8080, '0.0.0.0');
await once(target, 'listening');
const proxy = new Server({
  port: 3128,
  host: '127.0.0.1',
  prepareRequestFunction: () => ({ localAddress: REMOTE, ipFamily: 4 }),
});
await proxy.listen();
const dispatcher = new ProxyAgent({ uri: 'http://127.0.0.1:3128', proxyTunnel: true });
const { body } = await request(`http://${REMOTE}:8080/`, { dispatcher });
assert.equal(await body.text(), REMOTE);
await dispatcher.close();
await proxy.close(true);
done();
