// dd-trace: its tracer wraps net, dns and http, before and after the hook
// needs: node 22
// hosts: noinet
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';
import { done, REMOTE, temporary } from '../../../build/test/packages/support/program.js';

const require = createRequire(import.meta.url);
const { HOOK } = process.env;
const folder = temporary();
const init = require.resolve('dd-trace/init');
const app = path.join(folder, 'app.cjs');
fs.writeFileSync(
  app,
  `const tracer = require(${JSON.stringify(path.dirname(init))});
const { once } = require('node:events');
const http = require('node:http'); const net = require('node:net'); const dns = require('node:dns');
const names = new Map();
const { Span } = {};
const start = tracer._tracer.startSpan;
tracer._tracer.startSpan = function (name, options) {
  const span = start.call(this, name, options);
  names.set(name, Object.assign(names.get(name) ?? {}, options?.tags));
  return span;
};
(async () => {
  const server = http.createServer((request, response) => response.end(request.socket.remoteAddress)).listen(0, '0.0.0.0');
  await once(server, 'listening');
  const { port } = server.address();
  const [response] = await once(http.get({ host: '${REMOTE}', port, agent: false }), 'response');
  const body = (await response.toArray()).join('');
  const [error] = await once(net.connect(9, '${REMOTE}'), 'error');
  const { address } = await dns.promises.lookup('localhost', { family: 4 });
  await new Promise((resolve) => dns.lookup('localhost', { family: 4 }, resolve));
  console.log(JSON.stringify({ body, code: error.code, at: error.address, address, spans: [...names.keys()].sort() }));
  process.exit();
})();`,
);
const env = {
  ...process.env,
  NODE_OPTIONS: '',
  DD_TRACE_STARTUP_LOGS: 'false',
  DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
  DD_REMOTE_CONFIGURATION_ENABLED: 'false',
  DD_TRACE_AGENT_PORT: '9',
};
const results = [];
for (const preloads of [
  [init, HOOK],
  [HOOK, init],
]) {
  const args = [...preloads.flatMap((one) => ['-r', one]), app];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env, timeout: 50_000 });
  results.push(JSON.parse(stdout.trim().split('\n').at(-1)));
}
for (const { spans, ...said } of results) {
  assert.deepEqual(said, { body: REMOTE, code: 'ECONNREFUSED', at: REMOTE, address: '127.0.0.1' });
  assert.ok(spans.includes('tcp.connect') && spans.includes('dns.lookup'), `${spans}`);
}
done();
