// Sends a TCP stream of one megabyte.   node 1-4-send-tcp.js [ADDRESS [PORT]]
const { createHash } = require('node:crypto');
const net = require('node:net');
const { Readable } = require('node:stream');
const { pipeline } = require('node:stream/promises');

const [address = '203.0.113.7', port = '4005'] = process.argv.slice(2);
const hash = createHash('sha256');

function* chunks() {
  for (let i = 0; i < 1024; i++) {
    const chunk = Buffer.alloc(1024, i & 255);
    hash.update(chunk);
    yield chunk;
  }
}

pipeline(Readable.from(chunks()), net.connect(Number(port), address)).then(
  () => console.log(`sent 1048576 bytes, sha256 ${hash.digest('hex').slice(0, 8)}`),
  (error) => {
    console.error(error.message);
    process.exitCode = 1;
  },
);
