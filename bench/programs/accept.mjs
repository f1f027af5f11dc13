// Accepts connections over IPv6 and does nothing with them.
import { createServer } from 'node:net';

const server = createServer((socket) => socket.on('error', () => {}).resume());
server.listen({ host: '::', port: 0, backlog: 4096 }, () => console.log(server.address().port));
