// The lab's own state: a private directory below the system's temporary one, a lock for `up` and `down`, and the settings.
import fs from 'node:fs';
import type { Daemon } from './daemons.js';
import type { DaemonName, Lab, NspLength, Piece, WayToBreak } from './settings.js';

export interface State {
  /** Of the network-specific prefix. */
  readonly nspLength: NspLength;
  /** What `lab break` has broken, and whose daemon that is. */
  readonly broken: Readonly<Partial<Record<Piece, Broken>>>;
  /** Those that run when nothing is broken. */
  readonly daemons: readonly DaemonName[];
}

export interface Broken {
  readonly how: WayToBreak;
  readonly daemon: Daemon;
}

/** Makes the state directory. Refuses one that is not ours: its name can be guessed and the lab runs as root. */
export function makeStateDir(lab: Lab): void {
  fs.mkdirSync(lab.dir, { mode: 0o700, recursive: true });
  const stat = fs.lstatSync(lab.dir);
  if (!stat.isDirectory() || stat.uid !== process.getuid?.() || (stat.mode & 0o022) !== 0) {
    throw new Error(
      `${lab.dir} is not a directory that only this user can write: remove it, or choose another --prefix`,
    );
  }
  for (const name of ['pids', 'logs', 'nginx-tmp']) fs.mkdirSync(lab.file(name), { recursive: true });
}

/** Undefined where the lab is not up. */
export function readState(lab: Lab): State | undefined {
  try {
    return JSON.parse(fs.readFileSync(lab.file('state.json'), 'utf8')) as State;
  } catch {
    return undefined;
  }
}

/** The state of a lab that has to be up. */
export function needState(lab: Lab): State {
  const state = readState(lab);
  if (!state) throw new Error('the lab is not up: npm run lab -- up');
  return state;
}

export function writeState(lab: Lab, state: State): void {
  fs.writeFileSync(lab.file('state.json'), JSON.stringify(state));
}

/** Runs `work` while no other `up`, `down` or change runs on the same lab. */
export async function locked<T>(lab: Lab, work: () => Promise<T>): Promise<T> {
  const lock = `${lab.dir}.lock`;
  try {
    fs.writeFileSync(lock, String(process.pid), { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const holder = Number(fs.readFileSync(lock, 'utf8'));
    if (holder && fs.existsSync(`/proc/${holder}`)) {
      throw new Error(`the lab is being changed by process ${holder}, try again when it has ended`);
    }
    fs.writeFileSync(lock, String(process.pid));
  }
  try {
    return await work();
  } finally {
    fs.rmSync(lock, { force: true });
  }
}
