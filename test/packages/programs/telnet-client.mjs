// telnet-client: a router's shell at 127.0.0.1
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import telnet from 'telnet-client';
import { done } from '../../../build/test/packages/support/program.js';

const router = net.createServer((socket) => {
  socket.write('login: ');
  const answers = { admin: 'Password: ', secret: 'router# ', uptime: 'uptime\r\n4 days\r\nrouter# ' };
  socket.on('data', (data) => socket.write(answers[String(data).trim()] ?? 'router# '));
  socket.on('error', () => {});
});
router.listen(23, '127.0.0.1');
await once(router, 'listening');
const client = new telnet.Telnet();
await client.connect({
  host: '127.0.0.1',
  port: 23,
  shellPrompt: 'router# ',
  username: 'admin',
  password: 'secret',
  timeout: 4000,
});
assert.match(await client.exec('uptime'), /4 days/);
await client.end();
done();
