// descriptors.mjs TYPE ADDRESS PORT: how many descriptors a socket has once it is bound to a port of all addresses, and once it
// has sent to ADDRESS, each as a mean of 100 sockets.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';

const [type, address, port] = process.argv.slice(2);
const SOCKETS = 100;
const open = () => readdirSync('/proc/self/fd').length;
const sockets = Array.from({ length: SOCKETS }, () => createSocket(type));
const before = open();
for (const socket of sockets) await once(socket.bind(), 'listening');
const bound = (open() - before) / SOCKETS;
await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.send('d', Number(port), address, resolve))));
const used = (open() - before) / SOCKETS;
for (const socket of sockets) socket.close();
console.log(JSON.stringify({ bound, used }));
