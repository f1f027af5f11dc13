// udp-send.mjs TYPE ADDRESS PORT COUNT WINDOW: sends COUNT datagrams that nobody answers, WINDOW at a time, and prints how many
// per second.
import { createSocket } from 'node:dgram';

const [type, address, port, count, window] = process.argv.slice(2);
const socket = createSocket(type);
const datagram = Buffer.alloc(64, 'd');
const WARM_UP = 2000;
const total = WARM_UP + Number(count);
let begun = 0;
let sent = 0;
let start;

const send = () => {
  begun++;
  socket.send(datagram, Number(port), address, (error) => {
    if (error) throw error;
    if (++sent === WARM_UP) start = performance.now();
    if (sent === total) {
      console.log((Number(count) * 1000) / (performance.now() - start));
      socket.close();
    } else if (begun < total) send();
  });
};
for (let i = 0; i < Number(window); i++) send();
