// imapflow to a small IMAP server over TLS at an IPv4 literal: the certificate is checked against the address
// needs: openssl
import assert from 'node:assert/strict';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import tls from 'node:tls';
import { ImapFlow } from 'imapflow';
import { CACHE, done, REMOTE } from '../../../build/test/packages/support/program.js';

const read = (name) => fs.readFileSync(path.join(CACHE, name));
const server = tls.createServer({ key: read('key.pem'), cert: read('cert.pem') }, (socket) => {
  socket.on('error', () => {});
  socket.write('* OK [CAPABILITY IMAP4rev1] ready\r\n');
  socket.on('data', (data) => {
    for (const line of String(data).split('\r\n').filter(Boolean)) {
      const [tag, command] = line.split(' ');
      if (command === 'CAPABILITY') socket.write('* CAPABILITY IMAP4rev1\r\n');
      if (command === 'LIST') socket.write('* LIST () "/" INBOX\r\n');
      if (command === 'LOGOUT') socket.write('* BYE bye\r\n');
      socket.write(`${tag} OK done\r\n`);
    }
  });
});
server.listen(993, '0.0.0.0');
await once(server, 'listening');
const login = { port: 993, secure: true, auth: { user: 'u', pass: 'p' }, logger: false, tls: { ca: read('cert.pem') } };
const client = new ImapFlow({ ...login, host: REMOTE });
await client.connect();
assert.ok((await client.list()).some(({ path: name }) => name === 'INBOX'));
await client.logout();
const wrong = new ImapFlow({ ...login, host: '127.0.0.2' });
wrong.on('error', () => {});
const error = await wrong.connect().catch((e) => e);
assert.equal(error.code, 'ERR_TLS_CERT_ALTNAME_INVALID');
done();
