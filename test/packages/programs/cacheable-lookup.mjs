// cacheable-lookup: A-only name through an agent, cached, family 4
// needs: dns
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import CacheableLookup from 'cacheable-lookup';
import { done } from '../../../build/test/packages/support/program.js';

const server = http.createServer((request, response) => response.end(request.headers.host));
server.listen(8080, '0.0.0.0');
await once(server, 'listening');
const cacheable = new CacheableLookup();
const agent = new http.Agent();
cacheable.install(agent);
const [response] = await once(http.get('http://v4only.example.org:8080/', { agent }), 'response');
assert.equal((await response.toArray()).join(''), 'v4only.example.org:8080');
const entry = await cacheable.lookupAsync('v4only.example.org', { family: 4 });
assert.deepEqual([entry.address, entry.family], ['203.0.113.7', 4]);
const all = await cacheable.lookupAsync('dual.example.org', { all: true });
assert.ok(all.some(({ family }) => family === 4) && all.some(({ family }) => family === 6));
cacheable.uninstall(agent);
agent.destroy();
server.close();
done();
