// axios: family 4, an environment proxy at an IPv4 literal with no_proxy, redirects, the error of a closed port
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import axios from 'axios';
import { done, REMOTE } from '../../../build/test/packages/support/program.js';

const server = http.createServer((request, response) => {
  if (request.url === '/moved') response.writeHead(302, { location: `http://${REMOTE}:8080/here` }).end();
  else response.end(JSON.stringify({ url: request.url, ip: request.socket.remoteAddress }));
});
const proxy = http.createServer((request, response) => response.end(`proxied ${request.url}`));
server.listen(8080, '0.0.0.0');
proxy.listen(3128, '127.0.0.1');
await Promise.all([once(server, 'listening'), once(proxy, 'listening')]);

assert.deepEqual((await axios.get('http://127.0.0.1:8080/a')).data, { url: '/a', ip: '127.0.0.1' });
const moved = await axios.get(`http://${REMOTE}:8080/moved`, { family: 4 });
assert.equal(moved.request.res.responseUrl, `http://${REMOTE}:8080/here`);
const lookup = (_name, _options, callback) => callback(null, REMOTE, 4);
assert.equal((await axios.get('http://api.example.org:8080/b', { lookup })).data.url, '/b');
process.env.http_proxy = 'http://127.0.0.1:3128';
process.env.no_proxy = '127.0.0.1';
assert.equal((await axios.get('http://198.51.100.9/c')).data, 'proxied http://198.51.100.9/c');
assert.equal((await axios.get('http://127.0.0.1:8080/d')).data.url, '/d');
delete process.env.http_proxy;
const refused = await axios.get('http://127.0.0.1:9999/', { proxy: false }).catch((error) => error);
assert.equal(refused.code, 'ECONNREFUSED');
assert.match(refused.message, /connect ECONNREFUSED 127\.0\.0\.1:9999/);
done();
