// udp-sink.mjs TYPE ADDRESS: receives, and answers nothing.
import { createSocket } from 'node:dgram';

const [type, address] = process.argv.slice(2);
const socket = createSocket({ type, recvBufferSize: 1 << 20 });
socket.bind(0, address, () => console.log(socket.address().port));
