'use strict';
// json-server and serve-handler: the two that stand in for a backend
const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const jsonServer = require('json-server');
const serveHandler = require('serve-handler');

(async () => {
  const { done, REMOTE, temporary } = await import('../../../build/test/packages/support/program.js');
  const app = jsonServer.create();
  app.use(jsonServer.defaults({ logger: false }), jsonServer.router({ posts: [{ id: 1, title: 'first' }] }));
  await new Promise((resolve) => app.listen(3000, '127.0.0.1', resolve));
  const body = JSON.stringify({ title: 'second' });
  const headers = { 'content-type': 'application/json' };
  await fetch('http://127.0.0.1:3000/posts', { method: 'POST', body, headers });
  const posts = await (await fetch('http://127.0.0.1:3000/posts')).json();
  assert.deepEqual(
    posts.map(({ title }) => title),
    ['first', 'second'],
  );
  const root = temporary();
  fs.writeFileSync(path.join(root, 'a.txt'), 'a file');
  const files = http.createServer((request, response) => serveHandler(request, response, { public: root }));
  await new Promise((resolve) => files.listen(5000, '0.0.0.0', resolve));
  assert.equal(await (await fetch(`http://${REMOTE}:5000/a.txt`)).text(), 'a file');
  done();
})();
