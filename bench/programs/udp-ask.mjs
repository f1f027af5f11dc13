// udp-ask.mjs TYPE ADDRESS PORT COUNT WINDOW: asks COUNT times, WINDOW questions at a time, and prints how many per second.
import { createSocket } from 'node:dgram';

const [type, address, port, count, window] = process.argv.slice(2);
const socket = createSocket({ type, recvBufferSize: 1 << 20 });
const question = Buffer.alloc(64, 'q');
let answered = 0;
let start;
const WARM_UP = 2000;

socket.on('message', (_, rinfo) => {
  if (rinfo.port !== Number(port)) throw new Error(`an answer from ${rinfo.address}:${rinfo.port}`);
  answered++;
  if (answered === WARM_UP) start = performance.now();
  if (answered === WARM_UP + Number(count)) {
    console.log((Number(count) * 1000) / (performance.now() - start));
    socket.close();
    return;
  }
  if (answered <= WARM_UP + Number(count) - Number(window)) ask();
});
const ask = () => socket.send(question, Number(port), address);
for (let i = 0; i < Number(window); i++) ask();
