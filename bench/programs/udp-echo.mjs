// Sends every datagram back, over IPv6, from the address that it came to.
import { createSocket } from 'node:dgram';

const socket = createSocket({ type: 'udp6', recvBufferSize: 1 << 20 });
socket.on('message', (message, { port, address }) => socket.send(message, port, address));
socket.bind(0, '64:ff9b::cb00:7107', () => console.log(socket.address().port));
