// basic-ftp and ftp-srv: the PASV reply carries an IPv4 address in its text, and the client connects to it
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Readable, Writable } from 'node:stream';
import { Client, enterPassiveModeIPv4 } from 'basic-ftp';
import ftpServer from 'ftp-srv';
import { done, REMOTE, temporary } from '../../../build/test/packages/support/program.js';

const root = temporary();
const quiet = () => {};
const log = { trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet, fatal: quiet, child: () => log };
const { FtpSrv } = ftpServer;
const server = new FtpSrv({
  url: 'ftp://0.0.0.0:2121',
  pasv_url: REMOTE,
  pasv_min: 30_000,
  pasv_max: 30_010,
  anonymous: true,
  log,
});
let peer;
server.on('login', ({ connection }, accept) => {
  peer = connection.ip;
  accept({ root });
});
await server.listen();

const client = new Client(5000);
const spoken = [];
client.ftp.verbose = true;
client.ftp.log = (line) => spoken.push(line);
client.prepareTransfer = enterPassiveModeIPv4;
await client.access({ host: REMOTE, port: 2121 });
await client.uploadFrom(Readable.from(['some ', 'data']), 'file.txt');
assert.equal(fs.readFileSync(path.join(root, 'file.txt'), 'utf8'), 'some data');
let text = '';
await client.downloadTo(
  new Writable({
    write(chunk, _encoding, callback) {
      text += chunk;
      callback();
    },
  }),
  'file.txt',
);
assert.equal(text, 'some data');
assert.deepEqual(
  (await client.list()).map((entry) => entry.name),
  ['file.txt'],
);
const octets = REMOTE.replaceAll('.', ',');
assert.ok(
  spoken.some((line) => line.includes(`227`) && line.includes(`(${octets},`)),
  'PASV reply in IPv4',
);
assert.match(peer, /^\d+\.\d+\.\d+\.\d+$/);
client.close();
done();
