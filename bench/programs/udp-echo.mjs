// udp-echo.mjs [TYPE ADDRESS]: sends every datagram back, from the address that it came to. Without arguments over IPv6, from
// the address of 203.0.113.7 in the well-known prefix.
import { createSocket } from 'node:dgram';

const [type = 'udp6', to = '64:ff9b::cb00:7107'] = process.argv.slice(2);
const socket = createSocket({ type, recvBufferSize: 1 << 20 });
socket.on('message', (message, { port, address }) => socket.send(message, port, address));
socket.bind(0, to, () => console.log(socket.address().port));
