// Faults of the network under running programs: what each program sees, and for how long. A program with the hook, on a host
// without IPv4, stands beside one without it on the dual-stack host, to which the like is done over IPv4.
import { once } from 'node:events';
import readline from 'node:readline';
import { breakPiece, mendPiece } from './actions.js';
import { stopDaemons } from './daemons.js';
import { announcePrefix, startSlowDns } from './dns-servers.js';
import { lab, nspLength, type ProgramOptions, start } from './hosts.js';
import type { Try } from './results.js';
import { HOSTS, type HostName, nspPrefix, type WayToBreak, WKP } from './settings.js';
import { ipBatch, run, sleep, until } from './sh.js';

export const KINDS = ['literal', 'name', 'udp', 'resolver'] as const;
export type Kind = (typeof KINDS)[number];
const SLOW = { app: '2001:db8:53::6', dual: '2001:db8:53::7' };
/** For how long the network is broken, where it is the same network that comes back. */
const BROKEN_MS = 5000;
const LIMIT_MS = 60_000;
/** For how long a native program is waited for after the network has been mended: some come to no end. */
const NATIVE_LIMIT_MS = 15_000;
/** What was decided about a destination holds for a second. */
const SETTLED_MS = 1500;
/** The network is asked for its prefix at most every five seconds: the program has run for longer when the fault comes. */
const RUNNING_MS = 5500;

/** A fault: `fault` breaks the network under running programs, `mend` mends it after BROKEN_MS. */
export interface Fault {
  fault(): Promise<void> | void;
  mend?(): Promise<void> | void;
  /** Restores the network when the programs have ended. */
  after?(): Promise<void>;
  /** Of the programs with the hook: the host, instead of `app`, and how they run. */
  readonly hooked?: ProgramOptions & { readonly host?: HostName };
  /** Of those without it, on the dual-stack host; false where there is nothing to compare with. */
  readonly native?: ProgramOptions | false;
  /** `fault` comes before the programs. */
  readonly startsBroken?: boolean;
  /** The network that is to be used is there as soon as the old one is broken. */
  readonly gives?: boolean;
  /** Programs that come to no end. */
  readonly hopeless?: readonly Kind[];
}

export const FAULTS: Readonly<Record<string, Fault>> = {
  'the NAT64 is replaced, the old refuses': replaced('refuse'),
  'the NAT64 is replaced, the old is silent': replaced('silent'),
  'the first of two NAT64s refuses': firstOfTwo('refuse'),
  'the first of two NAT64s is silent': firstOfTwo('silent'),
  // In these the network has the second NAT64 alone, so that the well-known prefix is no lucky guess.
  'the name server is silent for 5 s': lateServer('silent'),
  'the name server is absent for 5 s': lateServer('refuse'),
  'the name server takes 2 s': slowServer(2000),
  // The system's resolver waits for no answer that long, with or without the hook.
  'the name server takes 8 s': { ...slowServer(8000), hopeless: ['name'] },
  'the DNS64 names a wrong prefix for 5 s': {
    startsBroken: true,
    native: false,
    fault: async () => {
      await breakPiece(lab, 'nat64', 'refuse');
      await announcePrefix(lab, '2001:db8:bad::/96');
    },
    mend: () => announcePrefix(lab, nspPrefix(nspLength())),
    after: () => announcePrefix(lab, WKP),
  },
  'IPv4 goes, and is back after 5 s': {
    hooked: { host: 'dual', resolver: 'unbound64' },
    gives: true,
    fault: () => ipBatch(lab.ns('dual'), [`addr del ${HOSTS.dual.v4}/24 dev eth0`]),
    mend: () =>
      ipBatch(lab.ns('dual'), [
        `addr add ${HOSTS.dual.v4}/24 dev eth0`,
        `route add default via ${HOSTS.dual.gateway4}`,
      ]),
  },
};

function replaced(how: WayToBreak): Fault {
  return {
    gives: true,
    fault: async () => {
      await Promise.all([announcePrefix(lab, nspPrefix(nspLength())), breakIPv4(how)]);
      await breakPiece(lab, 'nat64', how);
    },
    mend: mendIPv4,
    after: () => announcePrefix(lab, WKP),
  };
}

function firstOfTwo(how: WayToBreak): Fault {
  return {
    hooked: { env: { V6ONLY_NAT64: `${WKP},${nspPrefix(96)}` } },
    gives: true,
    fault: async () => {
      breakIPv4(how);
      await breakPiece(lab, 'nat64', how);
    },
    mend: mendIPv4,
  };
}

function lateServer(how: WayToBreak): Fault {
  return {
    startsBroken: true,
    hooked: { resolver: 'nsp64' },
    native: { resolver: 'bind64' },
    fault: async () => {
      await breakPiece(lab, 'nat64', 'refuse');
      for (const server of ['nsp64', 'bind64'] as const) await breakPiece(lab, server, how);
    },
    mend: async () => {
      for (const server of ['nsp64', 'bind64'] as const) await mendPiece(lab, server);
    },
  };
}

function slowServer(delayMs: number): Fault {
  return {
    startsBroken: true,
    hooked: { resolver: SLOW.app },
    native: { resolver: SLOW.dual },
    fault: async () => {
      await breakPiece(lab, 'nat64', 'refuse');
      await startSlowDns(lab, 'slow-app', SLOW.app, 'nsp64', delayMs);
      await startSlowDns(lab, 'slow-dual', SLOW.dual, 'bind64', delayMs);
    },
    after: () => stopDaemons(lab, ['slow-app', 'slow-dual']),
  };
}

/** What a NAT64 that refuses or is silent is to the other host, the gateway's IPv4 is to the dual-stack one. */
function breakIPv4(how: WayToBreak): void {
  const fate = how === 'refuse' ? 'unreachable' : 'blackhole';
  // The rule for the gateway's own addresses comes first, and has to come second.
  ipBatch(lab.ns('gw'), ['rule add pref 10 lookup local', 'rule del pref 0 lookup local']);
  ipBatch(lab.ns('gw'), [`rule add pref 5 iif to-dual to 1.2.3.0/24 ${fate}`]);
}

function mendIPv4(): void {
  const rules = run(['ip', '-n', lab.ns('gw'), 'rule', 'show']);
  if (!rules.includes('10:')) return;
  ipBatch(lab.ns('gw'), ['rule del pref 5', 'rule add pref 0 lookup local', 'rule del pref 10 lookup local']);
}

/** A program that runs, and what came of its tries so far. */
interface Follower {
  readonly side: 'hooked' | 'native';
  readonly kind: Kind;
  readonly tries: readonly Try[];
  stop(): Promise<void>;
}

function follow(side: Follower['side'], host: HostName, kind: Kind, options: ProgramOptions): Follower {
  const child = start(host, 'follow.cjs', [kind], options);
  const tries: Try[] = [];
  // What it warns of is of no interest, and must not fill the pipe.
  child.stderr.resume();
  readline.createInterface({ input: child.stdout }).on('line', (line) => tries.push(JSON.parse(line) as Try));
  const closed = once(child, 'close');
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await closed;
  };
  return { side, kind, tries, stop };
}

const isOk = ({ result }: Try): boolean => result.startsWith('ok');

/** What a program saw from the fault on. */
export interface SeenByProgram {
  /** Of the tries that began after the fault, each once. */
  readonly errors: readonly string[];
  /** That of the try that was under way when the fault came: its connection may be lost with the network. */
  readonly lost: string | undefined;
  /** From when the network can be used to the first success of those that go on; undefined where there is none. */
  readonly afterMs: number | undefined;
  /** The longest that a success took. */
  readonly slowestMs: number;
  /** Whom the server saw. */
  readonly from: readonly string[];
  /** Whether its last try was a success. */
  readonly works: boolean;
}

function seenBy(tries: readonly Try[], faultMs: number, sinceMs: number): SeenByProgram {
  const after = tries.filter(({ ended }) => ended > faultMs);
  const good = after.filter(isOk);
  const failed = after.filter((attempt) => !isOk(attempt));
  const errors = failed.filter(({ began }) => began > faultMs).map(({ result }) => result);
  const lastFailure = after.findLastIndex((attempt) => !isOk(attempt));
  const first = after.slice(lastFailure + 1).find(isOk);
  const last = tries.at(-1);
  return {
    errors: [...new Set(errors)],
    lost: failed.find(({ began }) => began <= faultMs)?.result,
    afterMs: first && first.ended - sinceMs,
    slowestMs: Math.max(0, ...good.map(({ began, ended }) => ended - began)),
    from: [...new Set(good.map(({ result }) => result.slice('ok '.length)))],
    works: last !== undefined && isOk(last),
  };
}

type SeenByAll = Readonly<Record<Kind, SeenByProgram>>;

/** What the programs saw; `native` where there were such. */
export interface FaultResult {
  readonly hooked: SeenByAll;
  readonly native: SeenByAll | undefined;
}

/** Runs one fault. @param beside whether programs without the hook run beside those with it */
export async function runFault(
  { fault, mend, after, hooked = {}, native = {}, startsBroken = false, gives = false, hopeless = [] }: Fault,
  { beside = true } = {},
): Promise<FaultResult> {
  const programs: Follower[] = [];
  const begin = () => {
    for (const kind of KINDS) {
      programs.push(follow('hooked', hooked.host ?? 'app', kind, hooked));
      if (native && beside) programs.push(follow('native', 'dual', kind, { ...native, hook: false }));
    }
  };
  const all = (condition: (program: Follower) => boolean, timeoutMs = LIMIT_MS) =>
    until(() => programs.every(condition), { timeoutMs });
  try {
    if (startsBroken) await fault();
    begin();
    if (!startsBroken && !(await all(({ tries }) => tries.filter(isOk).length > 1)))
      throw new Error('nothing works at first');
    if (!startsBroken) await sleep(RUNNING_MS);
    const faultMs = startsBroken ? Date.now() : 0;
    let brokenMs = faultMs;
    if (!startsBroken) {
      await fault();
      brokenMs = Date.now();
    }
    let mendedMs = brokenMs;
    if (mend) {
      await sleep(BROKEN_MS);
      await mend();
      mendedMs = Date.now();
    }
    // Where nothing is mended the network is as it will be when the program begins.
    const sinceMs = { hooked: gives ? brokenMs : mendedMs, native: mendedMs };
    const usableMs = ({ side, tries }: Follower) => (startsBroken && !mend ? (tries[0]?.began ?? 0) : sinceMs[side]);
    // A try that began when all was as it should be, after what had been decided before.
    const settledMs = mendedMs + SETTLED_MS;
    const isSettled = ({ tries }: Follower) => {
      const last = tries.at(-1);
      return last !== undefined && isOk(last) && last.began > settledMs;
    };
    await all((program) => program.side === 'native' || hopeless.includes(program.kind) || isSettled(program));
    await all(isSettled, mendedMs + NATIVE_LIMIT_MS - Date.now());
    await Promise.all(programs.map(({ stop }) => stop()));
    const seenOn = (side: Follower['side']) =>
      Object.fromEntries(
        programs
          .filter((program) => program.side === side)
          .map((program) => [program.kind, seenBy(program.tries, brokenMs, usableMs(program))]),
      ) as SeenByAll;
    return { hooked: seenOn('hooked'), native: native && beside ? seenOn('native') : undefined };
  } finally {
    await Promise.all(programs.map(({ stop }) => stop()));
    mendIPv4();
    await mendPiece(lab);
    await after?.();
  }
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

function cell(seen: SeenByProgram | undefined): string {
  if (seen === undefined) return '-';
  const errors = [...new Set([...(seen.lost === undefined ? [] : [seen.lost]), ...seen.errors])].join(', ');
  if (!seen.works) return `${errors}; for good`;
  if (errors === '') return seen.slowestMs < 300 ? 'nothing' : `nothing; took ${seconds(seen.slowestMs)}`;
  return `${errors}; ${seconds(Math.max(0, seen.afterMs ?? 0))}`;
}

/** A row of the table of all faults. */
const row = (name: string, { hooked, native }: FaultResult, kind: Kind): string =>
  `| ${name} | ${kind} | ${cell(hooked[kind])} | ${cell(native?.[kind])} |`;

/** `lab changes [WORD]`: prints the table, of the faults with this word. */
export async function changes(word = ''): Promise<void> {
  console.log('| fault | program | with v6only | native |\n| --- | --- | --- | --- |');
  for (const [name, fault] of Object.entries(FAULTS)) {
    if (!name.includes(word)) continue;
    const result = await runFault(fault);
    for (const [i, kind] of KINDS.entries()) console.log(row(i === 0 ? name : '', result, kind));
  }
}
