// Runs the samples on a host that has no IPv4, without v6only and with it: npm run demo
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { inRepository } from '../test/support/paths.js';
import { ipv4PacketsSent } from './demo/kernel-tables.mjs';
import { runScenario } from './demo/run-scenario.mjs';
import { scenarios } from './demo/scenarios.mjs';
import { printTable } from './demo/table.mjs';

const hostScript = inRepository('test/support/host.sh');
const inside = process.env.V6ONLY_DEMO_INSIDE === '1';

if (!inside) {
  const trial = process.platform === 'linux' ? spawnSync(hostScript, ['v6', 'true'], { encoding: 'utf8' }) : undefined;
  if (trial?.status === 0) {
    const env = { ...process.env, V6ONLY_DEMO_INSIDE: '1' };
    const { status } = spawnSync(hostScript, ['v6', process.execPath, fileURLToPath(import.meta.url)], {
      stdio: 'inherit',
      env,
    });
    process.exit(status ?? 1);
  }
  const reason = trial
    ? (trial.stderr || String(trial.error))
        .trim()
        .split('\n')
        .at(-1)
        ?.replace(/^.*?: exec: /, '')
    : `this is ${process.platform}`;
  console.log(`A network namespace cannot be created here (${reason}).
The samples run over the loopback interface instead, and V6ONLY=always keeps them off IPv4. The same code runs.\n`);
} else {
  console.log(`A host without IPv4: no address, no route, not even 127.0.0.1. Its network has a NAT64 at 64:ff9b::/96.
203.0.113.7 is, beyond that NAT64, the host itself.\n`);
}

const haveProc = existsSync('/proc/net/tcp6');
const haveStrace = haveProc && spawnSync('strace', ['-qo', '/dev/null', 'true']).status === 0;
const observe = haveStrace ? 'strace' : haveProc ? 'tables' : undefined;
const list = inside ? scenarios('203.0.113.7') : scenarios('127.0.0.1');
// A network tells its prefix by DNS (RFC 7050); this one has no name server.
const env = inside ? { V6ONLY_NAT64: '64:ff9b::/96' } : { V6ONLY: 'always' };
const rows: string[][] = [];
let failures = 0;

for (const scenario of list) {
  const alone = await runScenario(scenario, { hook: false });
  const hooked = await runScenario(scenario, { hook: true, env, observe });
  for (const role of ['server', 'client'] as const) {
    if (!hooked[role].ok) failures++;
    rows.push([
      scenario[role].sample,
      scenario[role].asks,
      alone[role].ok ? 'works' : alone[role].text,
      hooked[role].text,
      hooked[role].kernel ?? 'not visible on this system',
    ]);
  }
}

printTable(['sample', 'it asks for', 'alone', 'with -r v6only/register', 'the kernel saw'], rows);
console.log(haveStrace ? '\n"The kernel saw" is what strace recorded.' : '\n"The kernel saw" is read from /proc/net.');
if (inside) console.log(`IPv4 packets sent by this host: ${ipv4PacketsSent()}.`);
if (failures > 0) {
  console.error(`${failures} samples failed with v6only.`);
  process.exitCode = 1;
}
