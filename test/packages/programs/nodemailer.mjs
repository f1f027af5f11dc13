// nodemailer to smtp-server: STARTTLS at an address, the address literal in EHLO, onConnect's view of the peer
// needs: openssl
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import nodemailer from 'nodemailer';
import { SMTPServer } from 'smtp-server';
import { CACHE, done, REMOTE } from '../../../build/test/packages/support/program.js';

const read = (name) => fs.readFileSync(path.join(CACHE, name));
const mails = [];
let session;
const server = new SMTPServer({
  key: read('key.pem'),
  cert: read('cert.pem'),
  authOptional: true,
  disableReverseLookup: true,
  onConnect: (one, callback) => callback(one.remoteAddress === '192.0.2.66' ? new Error('listed') : null),
  onData: async (stream, one, callback) => {
    session = one;
    mails.push((await stream.toArray()).join(''));
    callback();
  },
});
await new Promise((resolve) => server.listen(25, '0.0.0.0', resolve));
const mail = { from: 'a@example.org', to: 'b@example.org', subject: 'Hello', text: 'Some text' };
const local = nodemailer.createTransport({
  host: '127.0.0.1',
  port: 25,
  requireTLS: true,
  tls: { ca: read('cert.pem') },
});
assert.ok((await local.sendMail(mail)).accepted.includes('b@example.org'));
assert.equal(session.remoteAddress, '127.0.0.1');
assert.ok(session.secure);
const bound = nodemailer.createTransport({
  host: REMOTE,
  port: 25,
  ignoreTLS: true,
  localAddress: REMOTE,
  name: `[${REMOTE}]`,
});
await bound.sendMail(mail);
assert.equal(session.remoteAddress, REMOTE);
assert.equal(session.hostNameAppearsAs, `[${REMOTE}]`);
assert.match(mails[1], /Some text/);
local.close();
bound.close();
done();
