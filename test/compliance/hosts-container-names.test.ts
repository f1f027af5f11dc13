import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { OUTSIDE4, OUTSIDE4_EMBEDDED, OUTSIDE6, WHO_PORT } from '../support/beyond.js';
import { evalOnHost, hostTest } from '../support/host.js';
import { HOST6 } from '../support/sockets.js';

// The operating system's resolver asks an IPv4 name server, and the network denies the route to it.
hostTest(test, ['container'], 'names resolve whose name server is beyond the NAT64', async (t, kind) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'v6only-names-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const resolv = path.join(folder, 'resolv.conf');
  writeFileSync(resolv, `nameserver ${OUTSIDE4}\noptions timeout:1 attempts:1\n`);
  const source = `
    const dns = require('node:dns');
    const say = (...words) => console.log(JSON.stringify(words));
    // The name server starts at the same time as this program.
    import(${JSON.stringify(new URL('../support/beyond.js', import.meta.url))}).then(({ beyondIsUp }) => beyondIsUp('container')).then(() => dns.lookup('outside4.example.org', async (...answer) => {
      say(...answer);
      say(await dns.promises.lookup('outside6.example.org', { all: true }));
      require('node:net').connect(${WHO_PORT}, 'outside4.example.org').on('data', (said) => say(String(said)));
    }));`;
  const { stdout, stderr } = await evalOnHost(kind, source, { second: true, env: { HOST_RESOLV: resolv } });
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line || 'null'));
  t.deepEqual(
    lines,
    [[null, OUTSIDE4, 4], [[{ address: OUTSIDE6, family: 6 }]], [`${OUTSIDE4_EMBEDDED} ${HOST6}`]],
    stderr,
  );
});
