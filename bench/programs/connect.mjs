// connect.mjs ADDRESS PORT COUNT: opens COUNT connections, 16 at a time, and prints how many per second.
import { connect } from 'node:net';

const [address, port, count] = process.argv.slice(2);
const CONCURRENCY = 16;
let opened = 0;

async function openSome(total) {
  let left = total;
  const one = () =>
    new Promise((resolve, reject) => {
      const socket = connect(Number(port), address, () => {
        opened++;
        // A reset leaves no TIME_WAIT behind: the next round finds all ports free.
        socket.resetAndDestroy();
      });
      socket.on('error', reject).on('close', resolve);
    });
  const worker = async () => {
    while (left-- > 0) await one();
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
}

await openSome(200);
opened = 0;
const start = performance.now();
await openSome(Number(count));
console.log((opened * 1000) / (performance.now() - start));
