'use strict';
// coap: request and observe over udp4, and the all-nodes group 224.0.1.187
const assert = require('node:assert/strict');
const { once } = require('node:events');
const coap = require('coap');

(async () => {
  const { done, REMOTE, within } = await import('../../../build/test/packages/support/program.js');
  const server = coap.createServer({ type: 'udp4' });
  server.on('request', (request, response) => response.end(`${request.url} from ${request.rsinfo.family}`));
  await new Promise((resolve) => server.listen(5683, '0.0.0.0', resolve));
  for (const host of ['127.0.0.1', REMOTE, 'localhost']) {
    const request = coap.request(`coap://${host}/temperature`);
    request.end();
    const [response] = await within(5000, `an answer of ${host}`, once(request, 'response'));
    assert.equal(String(response.payload), '/temperature from IPv4');
  }
  const group = coap.createServer({ type: 'udp4', multicastAddress: '224.0.1.187' });
  group.on('request', (_request, response) => response.end('a member'));
  await new Promise((resolve) => group.listen(5684, resolve));
  const search = coap.request({
    host: '224.0.1.187',
    port: 5684,
    pathname: '/',
    multicast: true,
    multicastTimeout: 2000,
    confirmable: false,
  });
  search.end();
  const [answer] = await within(5000, 'an answer of the group', once(search, 'response'));
  assert.equal(String(answer.payload), 'a member');
  done();
})();
