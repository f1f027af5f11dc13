'use strict';
// superagent and supertest: an app under test on an ephemeral port at 127.0.0.1, and a connect override by address
const assert = require('node:assert/strict');
const express = require('express');
const request = require('superagent');
const supertest = require('supertest');

(async () => {
  const { done, REMOTE } = await import('../../../build/test/packages/support/program.js');
  const app = express();
  app.get('/', (incoming, response) => response.json({ ip: incoming.ip, host: incoming.hostname }));
  await supertest(app).get('/').expect(200).expect('content-type', /json/);
  const agent = supertest.agent(app);
  const { body } = await agent.get('/');
  assert.match(body.ip, /127\.0\.0\.1$/);
  const server = app.listen(8080, '0.0.0.0');
  await new Promise((resolve) => server.once('listening', resolve));
  const answer = await request.get('http://shop.example.org:8080/').connect({ 'shop.example.org': REMOTE });
  assert.deepEqual(answer.body.host, 'shop.example.org');
  assert.equal((await request.get('http://127.0.0.1:8080/')).body.ip, '127.0.0.1');
  server.close();
  done('', { exit: false });
})();
