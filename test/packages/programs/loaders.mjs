// tsx, import-in-the-middle: modules that others load and wrap, with the hook before and after them
// needs: node 22
// hosts: dual, noinet
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { done, REMOTE, temporary } from '../../../build/test/packages/support/program.js';

const run = promisify(execFile);
const require = createRequire(import.meta.url);
const { HOOK } = process.env;
const isHooked = globalThis[Symbol.for('v6only.installation.1')] !== undefined;
const folder = temporary();
fs.symlinkSync(path.join(import.meta.dirname, '..', 'node_modules'), path.join(folder, 'node_modules'));
const file = (name, text) => {
  fs.writeFileSync(path.join(folder, name), text);
  return path.join(folder, name);
};
file('package.json', '{"type":"module"}');

/** Connects by what it has imported, in both ways, and says who the peer is. */
const program = (type) => `
import net, { connect } from 'node:net';
import { lookup } from 'node:dns';
import { lookup as promised } from 'node:dns/promises';
const remote${type ? ': string' : ''} = process.argv[2];
const server = net.createServer((socket) => socket.end(socket.remoteAddress)).listen(0, '0.0.0.0', () => {
  const { port } = server.address() as any;
  const socket = connect(port, remote);
  socket.on('data', async (data) => {
    const { remoteAddress } = socket;
    const byName = await new Promise((resolve) => lookup('localhost', { family: 4 }, (_, address) => resolve(address)));
    const { address } = await promised('localhost', { family: 4 });
    console.log(String(data), remoteAddress, byName, address);
    server.close();
  });
});`;
const typescript = file('app.ts', program(true));
const javascript = file('app.mjs', program(false).replace(' as any', ''));

/** With the hook before and after \`others\`; without it, as it is. */
async function inBothOrders(others, app, env = {}) {
  const hook = [`--import=${pathToFileURL(HOOK)}`];
  const orders = isHooked
    ? [
        [...hook, ...others],
        [...others, ...hook],
      ]
    : [others];
  for (const flags of orders) {
    const options = { env: { ...process.env, NODE_OPTIONS: '', ...env }, cwd: folder, timeout: 50_000 };
    const { stdout } = await run(process.execPath, [...flags, app, REMOTE], options);
    assert.equal(stdout.trim().split('\n').at(-1), `${REMOTE} ${REMOTE} 127.0.0.1 127.0.0.1`, flags.join(' '));
  }
}

await inBothOrders(['--import=tsx'], typescript);
// The command starts a Node.js process of its own.
const command = path.join(path.dirname(require.resolve('tsx/package.json')), 'dist', 'cli.mjs');
const { stdout } = await run(process.execPath, [command, typescript, REMOTE], { cwd: folder, timeout: 50_000 });
assert.match(stdout, new RegExp(`^${REMOTE} ${REMOTE} 127\\.0\\.0\\.1 127\\.0\\.0\\.1$`, 'm'));

// import-in-the-middle gives importers a module of its own making, whose functions its hooks may replace.
file(
  'middle.mjs',
  `import { register } from 'node:module';
register('import-in-the-middle/hook.mjs', import.meta.url);
const { Hook } = await import('import-in-the-middle');
new Hook(['node:net', 'net', 'dns'], (exports, name) => {
  if (name.endsWith('net')) {
    const { connect } = exports;
    exports.connect = function (...args) { process.stdout.write(\`wrapped \${args[1]}\\n\`); return connect.apply(this, args); };
  }
});`,
);
await inBothOrders([`--import=${pathToFileURL(path.join(folder, 'middle.mjs'))}`], javascript);
done();
