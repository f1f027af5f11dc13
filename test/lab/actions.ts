// What the command line can do to a lab, each as one function; also used by the test runner.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { type DaemonStatus, endStrays, listDaemons, signalDaemon, startDaemon, stopDaemons } from './daemons.js';
import { changeNspDns64, dnsReady, startDns } from './dns-servers.js';
import { changeNsp, type Nat64, refuseNat64, startNat64 } from './nat64.js';
import { checkPackages } from './packages.js';
import { serversReady, startServers } from './servers.js';
import {
  daemonOf,
  HOST_NAMES,
  type Host,
  type HostName,
  type Lab,
  type NspLength,
  nspPrefix,
  type Piece,
  planOf,
  RESOLVER_NAMES,
  type WayToBreak,
  WKP,
} from './settings.js';
import { onHost, systemEnvironment } from './sh.js';
import { locked, makeStateDir, needState, readState, type State, writeState } from './state.js';
import { entriesOf } from './tables.js';
import { createTopology, namespaceExists, removeTopology, resolvConf } from './topology.js';

const DEFAULT_NSP_LENGTH = 96;

/**
 * Builds the lab. One that is up stays (what was broken is mended, the prefix's length changed where another is asked for);
 * one of which a part is missing is built anew.
 * @param asked length of the network-specific prefix
 */
export async function up(lab: Lab, asked?: NspLength): Promise<'is up already,' | 'is up'> {
  if (process.getuid?.() !== 0) throw new Error('the lab makes network namespaces and TUN devices: run it as root');
  checkPackages();
  return locked(lab, async () => {
    if (isWhole(lab)) {
      await mendPiece(lab);
      if (asked !== undefined && needState(lab).nspLength !== asked) await setNsp(lab, asked);
      return 'is up already,';
    }
    await tearDown(lab);
    const nspLength = asked ?? DEFAULT_NSP_LENGTH;
    try {
      makeStateDir(lab);
      createTopology(lab);
      startNat64(lab, nspLength);
      startDns(lab, nspLength);
      startServers(lab);
      await Promise.all([dnsReady(lab), serversReady(lab)]);
      writeState(lab, { nspLength, broken: {}, daemons: listDaemons(lab).map(({ name }) => name) });
    } catch (error) {
      const said = logTails(lab);
      await tearDown(lab);
      throw new Error(`${error instanceof Error ? error.message : error}${said}`, { cause: error });
    }
    return 'is up';
  });
}

export function down(lab: Lab): Promise<void> {
  return locked(lab, () => tearDown(lab));
}

async function tearDown(lab: Lab): Promise<void> {
  await stopDaemons(lab);
  for (const host of HOST_NAMES) if (namespaceExists(lab, host)) endStrays(lab, host);
  removeTopology(lab);
  fs.rmSync(lab.dir, { recursive: true, force: true });
}

/** Whether the lab is up and nothing of it is missing, but for what was broken on purpose. */
export function isWhole(lab: Lab): boolean {
  const state = readState(lab);
  if (!state || !HOST_NAMES.every((host) => namespaceExists(lab, host))) return false;
  const alive = listDaemons(lab).filter((daemon) => daemon.alive);
  const ended = entriesOf(state.broken).map(([, { daemon }]) => daemon.name);
  return state.daemons.every((name) => ended.includes(name) || alive.some((daemon) => daemon.name === name));
}

export interface HostStatus extends Host {
  readonly namespace: string;
  readonly exists: boolean;
}

export interface LabStatus {
  readonly up: boolean;
  readonly hosts: readonly HostStatus[];
  readonly daemons: readonly DaemonStatus[];
  /** Undefined where the lab is not up. */
  readonly state: State | undefined;
}

export function status(lab: Lab): LabStatus {
  const hosts = HOST_NAMES.map((host) => {
    return { ...planOf(host), namespace: lab.ns(host), exists: namespaceExists(lab, host) };
  });
  return { up: isWhole(lab), hosts, daemons: listDaemons(lab), state: readState(lab) };
}

/** Gives the network-specific NAT64, and its DNS64, a prefix of another length. What was broken is mended first. */
export async function setNsp(lab: Lab, length: NspLength): Promise<void> {
  await mendPiece(lab);
  const state = needState(lab);
  await changeNsp(lab, state.nspLength, length);
  await changeNspDns64(lab, length);
  writeState(lab, { ...state, nspLength: length });
}

/** Runs a command on a host with this terminal's input and output; returns its exit status. */
export function exec(lab: Lab, host: HostName, argv: readonly string[], resolver?: string): number {
  const shell = resolver ? ['sh', '-ec', resolverScript(lab, resolver), 'sh', ...argv] : argv;
  const [command, ...args] = onHost(lab, host, shell);
  const result = spawnSync(command, args, { stdio: 'inherit', env: systemEnvironment() });
  if (result.error) throw result.error;
  return result.status ?? 1;
}

/** `ip netns exec` has a mount namespace of its own, so another resolv.conf can be put there for one command. */
export function resolverScript(lab: Lab, resolver: string): string {
  const file = lab.file(`resolv.${resolver.replace(/[^\w.:]/g, '_')}.conf`);
  fs.writeFileSync(file, resolvConf(resolver));
  return `mount --bind ${file} /etc/resolv.conf; exec "$@"`;
}

/** Breaks a piece: `silent` stops its process, `refuse` withdraws a NAT64's route or ends a daemon. */
export async function breakPiece(lab: Lab, piece: Piece, how: WayToBreak): Promise<void> {
  if (needState(lab).broken[piece]) await mendPiece(lab, piece);
  const state = needState(lab);
  const name = daemonOf(piece);
  const daemon = listDaemons(lab).find((entry) => entry.name === name);
  if (daemon === undefined) throw new Error(`${name} does not run: npm run lab -- mend`);
  if (how === 'silent') signalDaemon(lab, name, 'SIGSTOP');
  else if (isNat64(piece)) refuseNat64(lab, piece, prefixOf(piece, state), true);
  else await stopDaemons(lab, [name]);
  writeState(lab, { ...state, broken: { ...state.broken, [piece]: { how, daemon } } });
}

/** Mends one piece, or all. */
export async function mendPiece(lab: Lab, piece?: Piece): Promise<void> {
  const state = needState(lab);
  const broken = { ...state.broken };
  for (const [name, { how, daemon }] of entriesOf(state.broken)) {
    if (piece && piece !== name) continue;
    if (how === 'silent') signalDaemon(lab, daemon.name, 'SIGCONT');
    else if (isNat64(name)) refuseNat64(lab, name, prefixOf(name, state), false);
    else {
      startDaemon(lab, daemon);
      const server = RESOLVER_NAMES.find((resolver) => resolver === name);
      if (server) await dnsReady(lab, [server]);
    }
    delete broken[name];
  }
  writeState(lab, { ...state, broken });
}

const isNat64 = (piece: Piece): piece is Nat64 => piece === 'nat64' || piece === 'nsp';
const prefixOf = (piece: Nat64, { nspLength }: State): string => (piece === 'nsp' ? nspPrefix(nspLength) : WKP);

/** The last words of the daemons that have ended. */
function logTails(lab: Lab): string {
  let text = '';
  for (const { name, alive } of listDaemons(lab)) {
    if (alive) continue;
    const log = fs.readFileSync(lab.file('logs', `${name}.log`), 'utf8');
    text += `\n--- ${name} has ended:\n${log.slice(-1500)}`;
  }
  return text;
}
