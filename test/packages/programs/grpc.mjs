// @grpc/grpc-js: a server at 0.0.0.0, a channel to ipv4:, getPeer(), a stream, the status of a closed port
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';
import { done, REMOTE, temporary } from '../../../build/test/packages/support/program.js';

const file = path.join(temporary(), 'echo.proto');
fs.writeFileSync(
  file,
  `syntax = "proto3"; package e; message M { string text = 1; }
   service Echo { rpc Say (M) returns (M); rpc Count (M) returns (stream M); }`,
);
const { e } = grpc.loadPackageDefinition(loader.loadSync(file));
const server = new grpc.Server();
server.addService(e.Echo.service, {
  Say: (call, callback) => callback(null, { text: `${call.request.text} ${call.getPeer()}` }),
  Count: (call) => {
    for (const text of ['1', '2', '3']) call.write({ text });
    call.end();
  },
});
const port = await promisify(server.bindAsync.bind(server))('0.0.0.0:50051', grpc.ServerCredentials.createInsecure());
assert.equal(port, 50051);
const insecure = grpc.credentials.createInsecure();
const local = new e.Echo('ipv4:127.0.0.1:50051', insecure);
const say = (client, text) => promisify(client.Say.bind(client))({ text });
assert.match((await say(local, 'hi')).text, /^hi 127\.0\.0\.1:\d+$/);
const remote = new e.Echo(`${REMOTE}:50051`, insecure);
assert.match((await say(remote, 'hi')).text, /^hi \d+\.\d+\.\d+\.\d+:\d+$/);
const counted = [];
for await (const { text } of local.Count({})) counted.push(text);
assert.deepEqual(counted, ['1', '2', '3']);
const dead = new e.Echo('127.0.0.1:9', insecure);
const error = await say(dead, 'x').catch((failure) => failure);
assert.equal(error.code, grpc.status.UNAVAILABLE);
assert.match(error.message, /127\.0\.0\.1:9/);
done();
