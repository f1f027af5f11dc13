// wait-on: tcp: and http: resources at 127.0.0.1 that come up later
import http from 'node:http';
import waitOn from 'wait-on';
import { done } from '../../../build/test/packages/support/program.js';

const server = http.createServer((_request, response) => response.end());
setTimeout(() => server.listen(3000, '127.0.0.1'), 300);
await waitOn({ resources: ['tcp:127.0.0.1:3000', 'http-get://127.0.0.1:3000/'], timeout: 8000, interval: 100 });
server.close();
done();
