// The lab's processes: started detached, remembered with their start time, ended by pid and only while they are still the same.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import type { DaemonName, HostName, Lab } from './settings.js';
import { cleanEnvironment, onHost, tryRun, until } from './sh.js';

export interface DaemonSettings {
  readonly name: DaemonName;
  readonly host: HostName;
  readonly argv: readonly string[];
}

/** One that was started and not stopped. */
export interface Daemon extends DaemonSettings {
  readonly pid: number;
  /** Clock ticks since boot: it tells a reused pid. Undefined where the process had ended at once. */
  readonly startTime: string | undefined;
}

export interface DaemonStatus extends Daemon {
  readonly alive: boolean;
}

const pidFile = (lab: Lab, name: DaemonName): string => lab.file('pids', `${name}.json`);

/** Starts a daemon on a host. Returns at once; its output goes to logs/NAME.log in the state directory. */
export function startDaemon(lab: Lab, { name, host, argv }: DaemonSettings): void {
  const log = fs.openSync(lab.file('logs', `${name}.log`), 'a');
  const [command, ...args] = onHost(lab, host, argv);
  const child = spawn(command, args, {
    cwd: lab.dir,
    detached: true,
    stdio: ['ignore', log, log],
    env: cleanEnvironment(),
  });
  fs.closeSync(log);
  if (child.pid === undefined) throw new Error(`${name}: ${command} cannot be started`);
  child.unref();
  const daemon: Daemon = { name, host, argv, pid: child.pid, startTime: processOf(child.pid)?.startTime };
  fs.writeFileSync(pidFile(lab, name), JSON.stringify(daemon));
}

/** All daemons that were started and not stopped. */
export function listDaemons(lab: Lab): DaemonStatus[] {
  let files: string[] = [];
  try {
    files = fs.readdirSync(lab.file('pids'));
  } catch {}
  return files.sort().map((file) => {
    const daemon = JSON.parse(fs.readFileSync(lab.file('pids', file), 'utf8')) as Daemon;
    const now = processOf(daemon.pid);
    return { ...daemon, alive: now !== undefined && now.startTime === daemon.startTime && now.state !== 'Z' };
  });
}

/** Sends a signal to a daemon, if it is alive. */
export function signalDaemon(lab: Lab, name: DaemonName, signal: NodeJS.Signals): void {
  const daemon = listDaemons(lab).find((entry) => entry.name === name);
  if (daemon?.alive) process.kill(daemon.pid, signal);
}

/** Ends the named daemons (all when not given): SIGTERM, then SIGKILL after two seconds. */
export async function stopDaemons(lab: Lab, names?: readonly DaemonName[]): Promise<void> {
  const daemons = listDaemons(lab).filter((entry) => !names || names.includes(entry.name));
  for (const { name, alive } of daemons) {
    if (!alive) continue;
    signalDaemon(lab, name, 'SIGTERM');
    // A stopped process (`lab break`) gets its SIGTERM only when it goes on.
    signalDaemon(lab, name, 'SIGCONT');
  }
  const running = () => listDaemons(lab).filter(({ name, alive }) => alive && daemons.some((d) => d.name === name));
  if (!(await until(() => running().length === 0, { timeoutMs: 2000, intervalMs: 20 }))) {
    for (const { name } of running()) signalDaemon(lab, name, 'SIGKILL');
    await until(() => running().length === 0, { timeoutMs: 2000, intervalMs: 20 });
  }
  for (const { name } of daemons) fs.rmSync(pidFile(lab, name), { force: true });
}

/** Ends what else still runs in a namespace of the lab (something left by `lab exec`); only our own namespaces are asked. */
export function endStrays(lab: Lab, host: HostName): void {
  const { stdout } = tryRun(['ip', 'netns', 'pids', lab.ns(host)]);
  for (const pid of stdout.split('\n').filter(Boolean).map(Number)) {
    if (pid === process.pid) continue;
    try {
      process.kill(pid, 'SIGKILL');
    } catch {}
  }
}

/** State and start time of a process, undefined if there is none. */
function processOf(pid: number): { state: string; startTime: string } | undefined {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The command name is in parentheses and may contain anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', startTime: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}
