// vite: development server at 127.0.0.1 with its WebSocket, preview at 0.0.0.0 with the network's URLs
import assert from 'node:assert/strict';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { build, createServer, preview } from 'vite';
import { WebSocket } from 'ws';
import { done, temporary } from '../../../build/test/packages/support/program.js';

const root = temporary();
fs.writeFileSync(path.join(root, 'index.html'), '<title>page</title><script type="module" src="/main.js"></script>');
fs.writeFileSync(path.join(root, 'main.js'), 'document.title += "!";');
const common = { root, configFile: false, logLevel: 'silent' };
const server = await createServer({ ...common, server: { host: '127.0.0.1', port: 5173 } });
await server.listen();
assert.deepEqual(server.resolvedUrls.local, ['http://127.0.0.1:5173/']);
assert.match(await (await fetch('http://127.0.0.1:5173/')).text(), /<title>page/);
const socket = new WebSocket(`ws://127.0.0.1:5173/?token=${server.config.webSocketToken}`, 'vite-hmr');
assert.match(String((await once(socket, 'message'))[0]), /connected/);
socket.close();
await server.close();
await build(common);
const { resolvedUrls } = await preview({ ...common, preview: { host: '0.0.0.0', port: 4173 } });
assert.ok(resolvedUrls.network.length > 0, 'a URL of the network');
for (const url of [...resolvedUrls.local, ...resolvedUrls.network]) {
  assert.match(await (await fetch(url)).text(), /<title>page/, url);
}
done(resolvedUrls.network.join(' '));
