// with-dns.ts MODE COMMAND [ARG...]: runs COMMAND on a host whose resolver is a small DNS server on [::1]:53.
// MODE: see zone.ts, or `held`. Started inside a host of host.sh, whose mounts are its own.
import { execFileSync, spawn } from 'node:child_process';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import path from 'node:path';
import { answerTo } from './zone.js';

const [mode, command, ...args] = process.argv.slice(2) as [string, string, ...string[]];
const server = dgram.createSocket({ type: 'udp6', ipv6Only: true });
/** `held`: the questions for the prefix (RFC 7050) that wait until somebody asks for release.example.org. */
let held: (() => void)[] | undefined = mode === 'held' ? [] : undefined;
server.on('message', (query, peer) => {
  const answer = () => {
    const message = answerTo(query, mode === 'held' ? 'dns64' : mode);
    if (message) server.send(message, peer.port, peer.address);
  };
  const name = query.toString('latin1').toLowerCase();
  if (held && name.includes('ipv4only')) {
    held.push(answer);
    return;
  }
  if (name.includes('release')) {
    for (const one of held ?? []) one();
    held = undefined;
  }
  answer();
});
server.bind(53, '::1');
await once(server, 'listening');

const scratch = mkdtempSync(path.join(tmpdir(), 'v6only-resolv-'));
writeFileSync(path.join(scratch, 'resolv.conf'), 'nameserver ::1\noptions timeout:1 attempts:2\n');
execFileSync('mount', ['--bind', path.join(scratch, 'resolv.conf'), '/etc/resolv.conf']);

const child = spawn(command, args, { stdio: 'inherit' });
const [code, signal] = await once(child, 'exit');
server.close();
rmSync(scratch, { recursive: true, force: true });
process.exit(code ?? 128 + constants.signals[signal as NodeJS.Signals]);
