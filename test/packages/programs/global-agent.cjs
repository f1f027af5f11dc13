// global-agent: every request through a proxy by its IPv4 address, loaded before or after the hook
// hosts: dual, noinet
const assert = require('node:assert/strict');
const { once } = require('node:events');
const http = require('node:http');
const net = require('node:net');
const path = require('node:path');

const REMOTE = process.env.REMOTE;
const { HOOK } = process.env;
const isHooked = globalThis[Symbol.for('v6only.installation.1')] !== undefined;
const v6only = isHooked ? require(path.join(path.dirname(HOOK), 'dist', 'index.js')) : undefined;

(async () => {
  // Before the hook, and after it: `-r` has loaded it first.
  v6only?.disable();
  const { bootstrap } = require('global-agent');
  bootstrap();
  v6only?.enable();
  const targets = [];
  const proxy = http.createServer((request, response) => {
    targets.push(request.url);
    response.end(`proxied for ${request.socket.remoteAddress}`);
  });
  proxy.on('connect', (request, socket) => {
    targets.push(request.url);
    const [host, port] = request.url.split(':');
    const beyond = net.connect(port, host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.pipe(beyond).pipe(socket);
    });
    beyond.on('error', () => socket.destroy());
    socket.on('error', () => beyond.destroy());
  });
  proxy.listen(8080, '0.0.0.0');
  await once(proxy, 'listening');
  const server = http.createServer((request, response) => response.end(`direct to ${request.headers.host}`));
  server.listen(8081, '0.0.0.0');
  await once(server, 'listening');
  const get = async (url) => {
    const [response] = await once(http.get(url), 'response');
    return (await response.toArray()).join('');
  };
  const rounds = isHooked ? ['as it is', 'anew'] : ['as it is'];
  for (const round of rounds) {
    // The hook is taken back and comes again, over the package's own patches.
    if (round === 'anew') {
      v6only.disable();
      v6only.enable();
    }
    targets.length = 0;
    GLOBAL_AGENT.HTTP_PROXY = `http://${REMOTE}:8080`;
    const said = await get(`http://${REMOTE}:8081/x`);
    assert.ok(said === `direct to ${REMOTE}:8081` || said === `proxied for ${REMOTE}`, said);
    assert.ok(targets[0].includes(`${REMOTE}:8081`), `${targets}`);
    GLOBAL_AGENT.NO_PROXY = REMOTE;
    targets.length = 0;
    assert.equal(await get(`http://${REMOTE}:8081/x`), `direct to ${REMOTE}:8081`);
    assert.deepEqual(targets, []);
    GLOBAL_AGENT.NO_PROXY = null;
  }
  const { done } = await import('../../../build/test/packages/support/program.js');
  done();
})();
