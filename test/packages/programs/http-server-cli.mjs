// http-server: started as its users start it; it prints the addresses at which it can be reached, and they answer
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { done, onEnd, temporary, within } from '../../../build/test/packages/support/program.js';

const require = createRequire(import.meta.url);
const root = temporary();
fs.writeFileSync(path.join(root, 'index.html'), 'some page');
const cli = path.join(path.dirname(require.resolve('http-server/package.json')), 'bin', 'http-server');
const child = spawn(process.execPath, [cli, root, '-a', '0.0.0.0', '-p', '8080'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
onEnd(() => child.kill());
let output = '';
await within(
  8000,
  'the addresses',
  new Promise((resolve) =>
    child.stdout.on('data', (chunk) => {
      output += stripVTControlCharacters(String(chunk));
      if (output.includes('CTRL-C')) resolve();
    }),
  ),
);
const urls = output.match(/http:\/\/[\d.]+:8080/g) ?? [];
assert.ok(urls.includes('http://127.0.0.1:8080'), output);
assert.ok(urls.length >= 2, output);
// A host address (RFC 7335) leads somewhere once this process has been shown its own addresses, too.
assert.ok(Object.keys(os.networkInterfaces()).length > 0);
for (const url of urls) assert.equal(await (await fetch(url)).text(), 'some page', url);
done(urls.join(' '));
