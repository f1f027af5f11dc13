// HTTP or HTTPS client. node http-client.cjs URL [CA-FILE]
'use strict';
const fs = require('node:fs');
const { print, fail, ends } = require('./print.cjs');

const [, , url, caFile] = process.argv;
const protocol = new URL(url).protocol;
const http = protocol === 'https:' ? require('node:https') : require('node:http');
const options = caFile ? { ca: fs.readFileSync(caFile) } : {};
http
  .get(url, options, (response) => {
    const seenEnds = ends(response.socket);
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (chunk) => {
      text += chunk;
    });
    response.on('end', () => {
      const { server, client, name } = JSON.parse(text);
      print({ status: response.statusCode, name, ...seenEnds, seen: { server, client } });
    });
  })
  .on('error', fail);
