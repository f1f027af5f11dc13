'use strict';
// ldapjs: server at 0.0.0.0, a referral-like entry with an address, bind and search over a literal
const assert = require('node:assert/strict');
const { once } = require('node:events');
const { promisify } = require('node:util');
const ldap = require('ldapjs');

(async () => {
  const { done, REMOTE } = await import('../../../build/test/packages/support/program.js');
  const server = ldap.createServer();
  let peer;
  server.bind('o=example', (request, response, next) => {
    peer = request.connection.remoteAddress;
    response.end();
    return next();
  });
  server.search('o=example', (_request, response, next) => {
    response.send({
      dn: 'cn=printer, o=example',
      attributes: { objectclass: ['device'], iphostnumber: ['192.0.2.30'] },
    });
    response.end();
    return next();
  });
  await new Promise((resolve) => server.listen(389, '0.0.0.0', resolve));
  assert.equal(server.url, 'ldap://0.0.0.0:389');
  const client = ldap.createClient({ url: [`ldap://${REMOTE}:389`] });
  await promisify(client.bind).call(client, 'cn=root, o=example', 'secret');
  assert.match(peer, /^\d+\.\d+\.\d+\.\d+$/);
  const search = await promisify(client.search).call(client, 'o=example', {
    filter: '(objectclass=device)',
    scope: 'sub',
  });
  const [entry] = await once(search, 'searchEntry');
  assert.deepEqual(entry.pojo.attributes.find(({ type }) => type === 'iphostnumber').values, ['192.0.2.30']);
  client.unbind();
  done();
})();
