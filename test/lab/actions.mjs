// What the command line can do to a lab, each as one function; also used by the test runner.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { endStrays, listDaemons, signalDaemon, startDaemon, stopDaemons } from './daemons.mjs';
import { changeNspDns64, dnsReady, startDns } from './dns-servers.mjs';
import { changeNsp, refuseNat64, startNat64 } from './nat64.mjs';
import { checkPackages } from './packages.mjs';
import { serversReady, startServers } from './servers.mjs';
import { HOSTS, nspPrefix, RESOLVERS, WKP } from './settings.mjs';
import { locked, makeStateDir, readState, writeState } from './state.mjs';
import { createTopology, namespaceExists, removeTopology, resolvConf } from './topology.mjs';

const DEFAULT_NSP_LENGTH = 96;

/**
 * Builds the lab. One that is up stays (what was broken is mended, the prefix's length changed where another is asked for);
 * one of which a part is missing is built anew.
 */
export async function up(lab, { nspLength: asked } = {}) {
  const nspLength = asked ?? DEFAULT_NSP_LENGTH;
  if (process.getuid() !== 0) throw new Error('the lab makes network namespaces and TUN devices: run it as root');
  checkPackages();
  nspPrefix(nspLength);
  return locked(lab, async () => {
    if (isWhole(lab)) {
      await mendPiece(lab);
      if (asked !== undefined && readState(lab).nspLength !== asked) await setNsp(lab, asked);
      return 'is up already,';
    }
    await tearDown(lab);
    try {
      makeStateDir(lab);
      createTopology(lab);
      startNat64(lab, nspLength);
      startDns(lab, nspLength);
      startServers(lab);
      await Promise.all([dnsReady(lab), serversReady(lab)]);
      writeState(lab, { nspLength, broken: {}, daemons: listDaemons(lab).map(({ name }) => name) });
    } catch (error) {
      error.message += logTails(lab);
      await tearDown(lab);
      throw error;
    }
    return 'is up';
  });
}

export function down(lab) {
  return locked(lab, () => tearDown(lab));
}

async function tearDown(lab) {
  await stopDaemons(lab);
  for (const host of Object.keys(HOSTS)) if (namespaceExists(lab, host)) endStrays(lab, host);
  removeTopology(lab);
  fs.rmSync(lab.dir, { recursive: true, force: true });
}

export function isWhole(lab) {
  const state = readState(lab);
  if (!state?.daemons || !Object.keys(HOSTS).every((host) => namespaceExists(lab, host))) return false;
  const alive = listDaemons(lab).filter((daemon) => daemon.alive);
  const ended = Object.values(state.broken).map(({ daemon }) => daemon.name);
  return state.daemons.every((name) => ended.includes(name) || alive.some((daemon) => daemon.name === name));
}

export function status(lab) {
  const state = readState(lab);
  const hosts = Object.entries(HOSTS).map(([name, { kind, v6, v4, resolver }]) => {
    return { name, namespace: lab.ns(name), kind, v6, v4, resolver, exists: namespaceExists(lab, name) };
  });
  const prefixes = { wkp: WKP, nsp: state ? nspPrefix(state.nspLength) : null };
  return { up: isWhole(lab), dir: lab.dir, prefixes, hosts, daemons: listDaemons(lab), broken: state?.broken ?? {} };
}

/** Gives the network-specific NAT64, and its DNS64, a prefix of another length. What was broken is mended first. */
export async function setNsp(lab, length) {
  nspPrefix(length);
  await mendPiece(lab);
  const state = needState(lab);
  await changeNsp(lab, state.nspLength, length);
  await changeNspDns64(lab, length);
  writeState(lab, { ...state, nspLength: length });
}

/** Runs a command on a host with this terminal's input and output; returns its exit status. */
export function exec(lab, host, argv, { resolver } = {}) {
  const shell = resolver ? ['sh', '-ec', resolverScript(lab, resolver), 'sh', ...argv] : argv;
  const result = spawnSync('ip', ['netns', 'exec', lab.ns(host), ...shell], { stdio: 'inherit' });
  if (result.error) throw result.error;
  return result.status ?? 1;
}

/** `ip netns exec` has a mount namespace of its own, so another resolv.conf can be put there for one command. */
export function resolverScript(lab, resolver) {
  const file = lab.file(`resolv.${resolver.replace(/[^\w.:]/g, '_')}.conf`);
  fs.writeFileSync(file, resolvConf(resolver));
  return `mount --bind ${file} /etc/resolv.conf; exec "$@"`;
}

const BREAKABLE = ['nat64', 'nsp', 'clat', ...Object.keys(RESOLVERS), 'nsd'];

/**
 * Breaks a piece: `silent` (it takes packets and answers nothing), `refuse` (a NAT64's route is withdrawn, a name server is
 * ended: the network says so at once).
 */
export async function breakPiece(lab, piece, how = 'silent') {
  const state = needState(lab);
  if (!BREAKABLE.includes(piece)) throw new RangeError(`'${piece}' cannot be broken, only ${BREAKABLE.join(', ')}`);
  if (!['silent', 'refuse'].includes(how)) throw new RangeError(`a piece is broken 'silent' or 'refuse', not '${how}'`);
  if (state.broken[piece]) await mendPiece(lab, piece);
  const daemon = listDaemons(lab).find(({ name }) => name === (piece === 'bind64break' ? 'bind64' : piece));
  if (how === 'silent') signalDaemon(lab, daemon.name, 'SIGSTOP');
  else if (piece === 'nat64' || piece === 'nsp') refuseNat64(lab, piece, prefixOf(piece, state), true);
  else await stopDaemons(lab, [daemon.name]);
  writeState(lab, { ...state, broken: { ...state.broken, [piece]: { how, daemon } } });
}

/** Mends one piece, or all. */
export async function mendPiece(lab, piece) {
  const state = needState(lab);
  for (const [name, { how, daemon }] of Object.entries(state.broken)) {
    if (piece && piece !== name) continue;
    if (how === 'silent') signalDaemon(lab, daemon.name, 'SIGCONT');
    else if (name === 'nat64' || name === 'nsp') refuseNat64(lab, name, prefixOf(name, state), false);
    else {
      startDaemon(lab, { name: daemon.name, host: daemon.host, argv: daemon.argv });
      if (RESOLVERS[name]) await dnsReady(lab, [name]);
    }
    delete state.broken[name];
  }
  writeState(lab, state);
}

const prefixOf = (piece, { nspLength }) => (piece === 'nsp' ? nspPrefix(nspLength) : WKP);

function needState(lab) {
  const state = readState(lab);
  if (!state) throw new Error('the lab is not up: npm run lab -- up');
  return state;
}

function logTails(lab) {
  let text = '';
  for (const { name, alive } of listDaemons(lab)) {
    if (alive) continue;
    const log = fs.readFileSync(lab.file('logs', `${name}.log`), 'utf8');
    text += `\n--- ${name} has ended:\n${log.slice(-1500)}`;
  }
  return text;
}
