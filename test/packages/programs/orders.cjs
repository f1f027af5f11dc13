// nock, @mswjs/interceptors, @opentelemetry, cacheable-lookup: before and after the hook, taken away in either order
// needs: node 22, dns
// hosts: dual, noinet
const assert = require('node:assert/strict');
const dgram = require('node:dgram');
const dns = require('node:dns');
const { once } = require('node:events');
const http = require('node:http');
const net = require('node:net');
const { inEachOrder } = require('../support/orders.cjs');

const REMOTE = process.env.REMOTE;
const NAME = 'v4only.example.org';

/** A connection, a datagram, two lookups and two requests, all by IPv4 addresses; servers on 0.0.0.0 answer. */
async function network() {
  const server = http.createServer((request, response) =>
    response.end(`${request.socket.remoteAddress} ${request.headers.host}`),
  );
  server.listen(0, '0.0.0.0');
  await once(server, 'listening');
  const { address, port } = server.address();
  assert.equal(address, '0.0.0.0');
  const socket = net.connect(port, REMOTE);
  // With nock a socket is connected a moment before it knows to whom.
  socket.write('GET / HTTP/1.0\r\n\r\n');
  await once(socket, 'data');
  assert.equal(socket.remoteAddress, REMOTE);
  socket.destroy();
  // Interceptors of requests wait for what is written.
  const refused = net.connect(9, REMOTE);
  refused.write('GET / HTTP/1.0\r\n\r\n');
  const [error] = await once(refused, 'error');
  assert.equal(error.code, 'ECONNREFUSED');
  assert.equal(error.address, REMOTE);

  assert.deepEqual(await dns.promises.lookup(NAME, { family: 4 }), { address: REMOTE, family: 4 });
  assert.equal(await new Promise((resolve) => dns.lookup(NAME, { family: 4 }, (_, found) => resolve(found))), REMOTE);
  assert.deepEqual(await dns.promises.resolve4(NAME), [REMOTE]);

  for (const host of [REMOTE, NAME]) {
    const [response] = await once(http.get({ host, port, path: '/', family: 4, agent: new http.Agent() }), 'response');
    assert.equal((await response.toArray()).join(''), `${REMOTE} ${host}:${port}`);
  }
  const response = await fetch(`http://${REMOTE}:${port}/`, { headers: { connection: 'close' } });
  assert.equal(await response.text(), `${REMOTE} ${REMOTE}:${port}`);

  const udp = dgram.createSocket('udp4');
  udp.bind(0, '0.0.0.0');
  await once(udp, 'listening');
  udp.send('x', udp.address().port, REMOTE);
  const [, from] = await once(udp, 'message');
  assert.deepEqual([from.address, from.family], [REMOTE, 'IPv4']);
  udp.close();
  server.closeAllConnections();
  server.close();
  return port;
}

async function withNock() {
  let nock;
  const mocked = async () => {
    nock('http://198.51.100.9').get('/').reply(200, 'mocked');
    const [response] = await once(http.get('http://198.51.100.9/'), 'response');
    return (await response.toArray()).join('');
  };
  await inEachOrder('nock', {
    load() {
      nock ??= require('nock').default;
      if (!nock.isActive()) nock.activate();
      nock.enableNetConnect();
    },
    unload: () => nock.restore(),
    async use(isLoaded) {
      if (isLoaded) assert.equal(await mocked(), 'mocked');
      await network();
    },
  });
}

async function withMsw() {
  const { SocketInterceptor } = await import('@mswjs/interceptors/net');
  const { HttpRequestInterceptor } = await import('@mswjs/interceptors/http');
  let sockets;
  let requests;
  let seen = [];
  await inEachOrder('@mswjs/interceptors', {
    load() {
      sockets = new SocketInterceptor();
      sockets.on('connection', ({ connectionOptions, controller }) => {
        seen.push(connectionOptions.host);
        controller.passthrough();
      });
      sockets.apply();
    },
    unload: () => sockets.dispose(),
    async use(isLoaded) {
      seen = [];
      await network();
      if (isLoaded) assert.ok(seen.includes(REMOTE) && seen.includes(NAME), `${seen}`);
      else assert.deepEqual(seen, []);
    },
  });
  await inEachOrder('@mswjs/interceptors/http', {
    load() {
      requests = new HttpRequestInterceptor();
      requests.on('request', ({ request, controller }) => {
        seen.push(new URL(request.url).hostname);
        if (request.url.startsWith('http://198.51.100.9/')) controller.respondWith(new Response('mocked'));
      });
      requests.apply();
    },
    unload: () => requests.dispose(),
    async use(isLoaded) {
      seen = [];
      await network();
      if (isLoaded) {
        assert.equal(await (await fetch('http://198.51.100.9/')).text(), 'mocked');
        assert.ok(seen.includes(REMOTE) && seen.includes(NAME), `${seen}`);
      }
    },
  });
}

async function withTelemetry() {
  const { registerInstrumentations } = require('@opentelemetry/instrumentation');
  const { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } = require('@opentelemetry/sdk-trace-node');
  const classes = [
    require('@opentelemetry/instrumentation-net').NetInstrumentation,
    require('@opentelemetry/instrumentation-dns').DnsInstrumentation,
    require('@opentelemetry/instrumentation-http').HttpInstrumentation,
    require('@opentelemetry/instrumentation-undici').UndiciInstrumentation,
  ];
  const exporter = new InMemorySpanExporter();
  new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).register();
  const instrumentations = classes.map((Class) => new Class({ enabled: false }));
  registerInstrumentations({ instrumentations });
  const load = () => {
    for (const one of instrumentations) one.enable();
    // They patch what is required from then on, and what has been required before by name.
    for (const name of ['net', 'dns', 'dns/promises', 'http']) require(name);
  };
  await inEachOrder('@opentelemetry', {
    load,
    staysUnder: true,
    unload() {
      for (const one of instrumentations) one.disable();
    },
    async use(isLoaded) {
      exporter.reset();
      await network();
      const spans = exporter.getFinishedSpans();
      if (!isLoaded) return;
      const values = (name) =>
        spans.filter((span) => span.name === name).flatMap((span) => Object.values(span.attributes));
      assert.ok(values('tcp.connect').includes(REMOTE), `${spans.map(({ name }) => name)}`);
      assert.ok(values('dns.lookup').includes(REMOTE), `${spans.map(({ name }) => name)}`);
      assert.ok(values('GET').includes(REMOTE), `${spans.map(({ name }) => name)}`);
    },
  });
}

async function withCacheableLookup() {
  const { default: CacheableLookup } = await import('cacheable-lookup');
  const agent = new http.Agent();
  const cacheable = new CacheableLookup();
  await inEachOrder('cacheable-lookup', {
    load: () => cacheable.install(agent),
    unload: () => cacheable.uninstall(agent),
    async use() {
      const server = http.createServer((request, response) => response.end(request.socket.remoteAddress));
      server.listen(0, '0.0.0.0');
      await once(server, 'listening');
      const [response] = await once(http.get({ host: NAME, port: server.address().port, agent }), 'response');
      assert.equal((await response.toArray()).join(''), REMOTE);
      agent.destroy();
      server.close();
      assert.equal((await cacheable.lookupAsync(NAME, { family: 4 })).address, REMOTE);
      cacheable.clear();
    },
  });
}

const all = [withCacheableLookup, withNock, withMsw, withTelemetry];
const only = process.env.ONLY ? all.filter(({ name }) => name === process.env.ONLY) : all;
(async () => {
  for (const one of only) await one();
  const { done } = await import('../../../build/test/packages/support/program.js');
  done();
})();
