// got: dnsLookupIpVersion 4, the error of a closed port, a socket's address in the response
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import got from 'got';
import { done, REMOTE } from '../../../build/test/packages/support/program.js';

const server = http.createServer((request, response) => response.end(JSON.stringify(request.headers.host)));
server.listen(8080, '0.0.0.0');
await once(server, 'listening');
const first = await got('http://127.0.0.1:8080/');
assert.equal(first.ip, '127.0.0.1');
assert.equal(await got(`http://${REMOTE}:8080/`, { dnsLookupIpVersion: 4 }).json(), `${REMOTE}:8080`);
assert.equal(await got('http://localhost:8080/', { dnsLookupIpVersion: 4 }).json(), 'localhost:8080');
const error = await got('http://127.0.0.1:9/', { retry: { limit: 0 } }).catch((e) => e);
assert.equal(error.code, 'ECONNREFUSED');
assert.match(error.message, /127\.0\.0\.1:9/);
server.close();
await once(server, 'close');
done('', { exit: false });
