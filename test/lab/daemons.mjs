// The lab's processes: started detached, remembered with their start time, ended by pid and only while they are still the same.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { onHost, run, until } from './sh.mjs';

const pidFile = (lab, name) => lab.file('pids', `${name}.json`);

/** Starts a daemon on a host. Returns at once; its output goes to logs/NAME.log in the state directory. */
export function startDaemon(lab, { name, host, argv, cwd = lab.dir, env = {} }) {
  const log = fs.openSync(lab.file('logs', `${name}.log`), 'a');
  const [command, ...args] = onHost(lab, host, argv);
  const child = spawn(command, args, {
    cwd,
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...withoutNodeOptions(process.env), ...env },
  });
  fs.closeSync(log);
  if (child.pid === undefined) throw new Error(`${name}: ${command} cannot be started`);
  child.unref();
  const entry = { name, host, argv, pid: child.pid, startTime: processOf(child.pid)?.startTime ?? null };
  fs.writeFileSync(pidFile(lab, name), JSON.stringify(entry));
  return entry;
}

/** All daemons that were started and not stopped: {name, host, argv, pid, alive, state} (state as in /proc/PID/stat). */
export function listDaemons(lab) {
  let files = [];
  try {
    files = fs.readdirSync(lab.file('pids'));
  } catch {}
  return files.sort().map((file) => {
    const entry = JSON.parse(fs.readFileSync(lab.file('pids', file), 'utf8'));
    const now = processOf(entry.pid);
    const alive = now !== null && now.startTime === entry.startTime && now.state !== 'Z';
    return { ...entry, alive, state: alive ? now.state : null };
  });
}

export function signalDaemon(lab, name, signal) {
  const daemon = listDaemons(lab).find((entry) => entry.name === name);
  if (!daemon?.alive) return false;
  process.kill(daemon.pid, signal);
  return true;
}

/** Ends the named daemons (all when not given): SIGTERM, then SIGKILL after two seconds. */
export async function stopDaemons(lab, names) {
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
export function endStrays(lab, host) {
  const result = run(['ip', 'netns', 'pids', lab.ns(host)], { allowFailure: true });
  for (const pid of (result.stdout ?? '').split('\n').filter(Boolean).map(Number)) {
    if (pid === process.pid) continue;
    try {
      process.kill(pid, 'SIGKILL');
    } catch {}
  }
}

/** State and start time (clock ticks since boot) of a process, null if there is none. The start time tells a reused pid. */
function processOf(pid) {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The command name is in parentheses and may contain anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0], startTime: fields[19] };
  } catch {
    return null;
  }
}

function withoutNodeOptions(env) {
  const { NODE_OPTIONS, V6ONLY, V6ONLY_POLICY, V6ONLY_NAT64, ...rest } = env;
  return rest;
}
