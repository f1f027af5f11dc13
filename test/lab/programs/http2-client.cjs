// HTTP/2 client. node http2-client.cjs URL CA-FILE
'use strict';
const fs = require('node:fs');
const http2 = require('node:http2');
const { print, fail, ends } = require('./print.cjs');

const [, , url, caFile] = process.argv;
const session = http2.connect(url, { ca: fs.readFileSync(caFile) });
session.on('error', fail);
const stream = session.request({ ':path': '/' });
let text = '';
// The stream fails with the session, whose error says why.
stream.on('error', () => {});
stream.setEncoding('utf8');
stream.on('data', (chunk) => {
  text += chunk;
});
stream.on('end', () => {
  const { server, client, protocol } = JSON.parse(text);
  print({ protocol, ...ends(session.socket), seen: { server, client } });
  session.close();
});
