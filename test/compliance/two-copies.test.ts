// Two copies of the package in one process, of one version or of two: the first one stays, nothing is patched twice, and who
// loads another version is told.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { control, hostTest, type Kind, registerPath, runOnHost } from '../support/host.js';

const scratch = mkdtempSync(path.join(tmpdir(), 'v6only-copies-'));
test.after.always(() => rmSync(scratch, { recursive: true, force: true }));

const first = path.dirname(registerPath);
const manifest: { version: string } = JSON.parse(readFileSync(path.join(first, 'package.json'), 'utf8'));

/** A copy of the package that says it is of this version. */
function copyOf(version: string): string {
  const folder = path.join(scratch, version);
  for (const name of ['dist', 'register.js'])
    cpSync(path.join(first, name), path.join(folder, name), { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ ...manifest, version }));
  return folder;
}
const newer = copyOf('9.9.9');
const same = copyOf(manifest.version);
let programs = 0;

/** What the program has at hand. */
interface Loaded {
  readonly first: typeof import('../../src/index.js');
  readonly second: typeof import('../../src/index.js');
  /** Connects to 203.0.113.7 and resolves to the address of the peer, or the code of what went wrong. */
  connected(): Promise<string>;
  readonly net: typeof import('node:net');
  /** `net.Socket.prototype.connect` once both are loaded. */
  readonly real: unknown;
}

/**
 * Runs a program that has `copies` loaded in turn and then does `what`: its text is what runs there, so it uses nothing of
 * this file.
 */
async function run<Said>(
  kind: Kind,
  copies: readonly string[],
  what: (loaded: Loaded) => Promise<Said>,
): Promise<{ said: Said; warnings: { code: string; message: string }[] }> {
  const program = path.join(scratch, `program-${programs++}.cjs`);
  const listed = copies.map((folder) => JSON.stringify(folder)).join(', ');
  writeFileSync(
    program,
    `const net = require('node:net');
     const warnings = [];
     process.on('warning', ({ code, message }) => warnings.push({ code, message }));
     const [first, second] = [${listed}].map((folder) => require(folder + '/dist/index.js'));
     const real = net.Socket.prototype.connect;
     const connected = () => new Promise((resolve) => {
       const server = net.createServer((socket) => socket.end()).listen(0, '0.0.0.0', () => {
         const socket = net.connect(server.address().port, '203.0.113.7', () => {
           resolve(socket.remoteAddress);
           socket.destroy();
           server.close();
         });
         socket.on('error', ({ code }) => resolve(code));
       });
     });
     (async () => {
       const said = await (${what})({ first, second, connected, net, real });
       setImmediate(() => console.log(JSON.stringify({ said, warnings })));
     })();`,
  );
  const flags = copies.flatMap((folder) => ['-r', path.join(folder, 'register.js')]);
  const result = await runOnHost(kind, [...flags, program], { hook: false });
  try {
    return JSON.parse(result.stdout);
  } catch {
    throw new Error(`no result: ${JSON.stringify(result)}`);
  }
}

const use = async ({ first, second, connected, net, real }: Loaded) => {
  const patched = net.Socket.prototype.connect;
  const enabled = second.enable({ nat64: '2001:db8:64::/96' });
  const { decision } = second.explain('203.0.113.9');
  const said = {
    isPatchedAgain: net.Socket.prototype.connect !== real,
    prefixes: enabled.nat64.prefixes,
    sameStatus: JSON.stringify(first.status()) === JSON.stringify(second.status()),
    explained: decision.kind === 'translate' ? decision.address : decision.why,
    peer: await connected(),
  };
  await second.ready();
  // It may be taken back by either, all of it.
  second.disable();
  const disabled = [first.status().enabled, second.status().enabled, net.Socket.prototype.connect === patched];
  return { ...said, disabled };
};

if (!control) {
  hostTest(test, ['v6'], 'another version: the first stays, and the second is told, once', async (t, kind) => {
    for (const copies of [
      [first, newer],
      [newer, first],
    ]) {
      const { said, warnings } = await run(kind, copies, use);
      t.deepEqual(said, {
        isPatchedAgain: false,
        prefixes: ['64:ff9b::/96'],
        sameStatus: true,
        explained: '64:ff9b::cb00:7109',
        peer: '203.0.113.7',
        disabled: [false, false, false],
      });
      t.deepEqual(
        warnings.map(({ code }) => code),
        ['V6ONLY_SECOND_COPY'],
      );
      t.regex(warnings[0].message, /v6only [\d.]+ was loaded, but v6only [\d.]+ is already active/);
      t.true(warnings[0].message.includes(copies[1] === newer ? 'v6only 9.9.9 was' : 'but v6only 9.9.9 is'));
    }
  });

  hostTest(test, ['v6'], 'two copies of one version are as one', async (t, kind) => {
    const { said, warnings } = await run(kind, [first, same], use);
    t.is(said.peer, '203.0.113.7');
    t.false(said.isPatchedAgain);
    // It asked for another policy.
    t.deepEqual(
      warnings.map(({ code }) => code),
      ['V6ONLY_POLICY_IGNORED'],
    );
  });

  hostTest(test, ['v6'], 'after the first is disabled the second can be enabled', async (t, kind) => {
    const { said, warnings } = await run(kind, [first, newer], async ({ first, second, connected }) => {
      first.disable();
      const { enabled } = second.enable({ nat64: '64:ff9b::/96' });
      const peer = await connected();
      second.disable();
      return { enabled, peer, left: first.status().enabled };
    });
    t.deepEqual(said, { enabled: true, peer: '203.0.113.7', left: false });
    // Told when it was preloaded.
    t.is(warnings.length, 1);
  });
}
