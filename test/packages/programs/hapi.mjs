// hapi: server.info carries the address, request.info the peer's
import assert from 'node:assert/strict';
import Hapi from '@hapi/hapi';
import { done } from '../../../build/test/packages/support/program.js';

const server = Hapi.server({ host: '127.0.0.1', port: 0 });
server.route({ method: 'GET', path: '/', handler: (request) => request.info.remoteAddress });
await server.start();
assert.equal(server.info.address, '127.0.0.1');
assert.equal(server.info.uri, `http://127.0.0.1:${server.info.port}`);
assert.equal(await (await fetch(server.info.uri)).text(), '127.0.0.1');
await server.stop();
done('', { exit: false });
