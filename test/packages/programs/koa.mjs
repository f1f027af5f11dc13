// koa with an address in its access log and a keep-alive client
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import Koa from 'koa';
import { done, REMOTE } from '../../../build/test/packages/support/program.js';

const log = [];
const app = new Koa();
app.use(async (context, next) => {
  await next();
  log.push(`${context.ip} ${context.method} ${context.url} ${context.status}`);
});
app.use((context) => {
  context.body = { ip: context.ip, host: context.host };
});
const server = app.listen(3000, '0.0.0.0');
await once(server, 'listening');
const agent = new http.Agent({ keepAlive: true, maxSockets: 1, family: 4 });
for (const path of ['/a', '/b']) {
  const [response] = await once(http.get({ host: REMOTE, port: 3000, path, agent, localAddress: REMOTE }), 'response');
  const body = JSON.parse((await response.toArray()).join(''));
  assert.deepEqual(body, { ip: REMOTE, host: `${REMOTE}:3000` });
}
assert.deepEqual(log, [`${REMOTE} GET /a 200`, `${REMOTE} GET /b 200`]);
agent.destroy();
server.close();
done('', { exit: false });
