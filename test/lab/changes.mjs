// Faults of the network under running programs: what each program sees, and for how long. A program with the hook, on a host
// without IPv4, stands beside one without it on the dual-stack host, to which the like is done over IPv4.
import readline from 'node:readline';
import { breakPiece, mendPiece } from './actions.mjs';
import { stopDaemons } from './daemons.mjs';
import { announcePrefix, startSlowDns } from './dns-servers.mjs';
import { lab, nspLength, start } from './hosts.mjs';
import { HOSTS, nspPrefix, WKP } from './settings.mjs';
import { ipBatch, run, sleep, until } from './sh.mjs';

export const KINDS = ['literal', 'name', 'udp', 'resolver'];
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

/**
 * `runs` programs with the hook (`app`: the host) and beside them natively. Both: `host`, `env`, `resolver`. `before` prepares
 * the network, `fault` breaks it, under running programs, and `mend` mends it after BROKEN_MS; `startsBroken`: `fault` comes
 * before the programs. `hopeless`: programs that come to no end. `gives`: the network that is to be used is there as soon as the old one is broken.
 */
export const FAULTS = {
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

function replaced(how) {
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

function firstOfTwo(how) {
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

function lateServer(how) {
  return {
    startsBroken: true,
    hooked: { resolver: 'nsp64' },
    native: { resolver: 'bind64' },
    fault: async () => {
      await breakPiece(lab, 'nat64', 'refuse');
      for (const server of ['nsp64', 'bind64']) await breakPiece(lab, server, how);
    },
    mend: async () => {
      for (const server of ['nsp64', 'bind64']) await mendPiece(lab, server);
    },
  };
}

function slowServer(delayMs) {
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
function breakIPv4(how) {
  const fate = how === 'refuse' ? 'unreachable' : 'blackhole';
  // The rule for the gateway's own addresses comes first, and has to come second.
  ipBatch(lab.ns('gw'), ['rule add pref 10 lookup local', 'rule del pref 0 lookup local']);
  ipBatch(lab.ns('gw'), [`rule add pref 5 iif to-dual to 1.2.3.0/24 ${fate}`]);
}

function mendIPv4() {
  const rules = run(['ip', '-n', lab.ns('gw'), 'rule', 'show']);
  if (!rules.includes('10:')) return;
  ipBatch(lab.ns('gw'), ['rule del pref 5', 'rule add pref 0 lookup local', 'rule del pref 10 lookup local']);
}

/** A running program, and what came of its tries. */
function follow(host, kind, options) {
  const child = start(host, 'follow.cjs', [kind], options);
  const tries = [];
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
  readline.createInterface({ input: child.stdout }).on('line', (line) => tries.push(JSON.parse(line)));
  const exited = new Promise((resolve) => child.on('close', resolve));
  const stop = () => {
    child.kill('SIGKILL');
    return exited;
  };
  return { kind, tries, stop, stderr: () => stderr };
}

const isOk = ({ result }) => result.startsWith('ok');

/**
 * What a program saw: its errors, each once in a row; `afterMs`: from `sinceMs` (the network can be used) to the first success
 * of those that go on; `slowestMs`: the longest that a success took.
 */
function seenBy({ tries }, faultMs, sinceMs) {
  const after = tries.filter(({ ended }) => ended > faultMs);
  const errors = after.filter((attempt) => !isOk(attempt)).map(({ result }) => result);
  const lastFailure = after.findLastIndex((attempt) => !isOk(attempt));
  const first = after.slice(lastFailure + 1).find(isOk);
  const slowestMs = Math.max(0, ...after.filter(isOk).map(({ began, ended }) => ended - began));
  const from = [...new Set(after.filter(isOk).map(({ result }) => result.slice(3)))];
  return { errors: [...new Set(errors)], afterMs: first && first.ended - sinceMs, slowestMs, from };
}

/** Runs one fault. @returns `{ hooked: { literal, … }, native }`, each as `seenBy` says; `native` may be missing */
export async function runFault(
  { fault, mend, after, hooked = {}, native = {}, startsBroken = false, gives = false, hopeless = [] },
  { beside = true } = {},
) {
  const programs = [];
  const begin = () => {
    for (const kind of KINDS) {
      const withHook = { env: {}, ...hooked };
      programs.push({ side: 'hooked', ...follow(withHook.host ?? 'app', kind, withHook) });
      if (native && beside) programs.push({ side: 'native', ...follow('dual', kind, { ...native, hook: false }) });
    }
  };
  const all = (condition, timeoutMs = LIMIT_MS) => until(() => programs.every(condition), { timeoutMs });
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
    const usableMs = ({ side, tries }) => (startsBroken && !mend ? (tries[0]?.began ?? 0) : sinceMs[side]);
    // A try that began when all was as it should be, after what had been decided before.
    const settledMs = mendedMs + SETTLED_MS;
    const isSettled = ({ tries }) => tries.length > 0 && isOk(tries.at(-1)) && tries.at(-1).began > settledMs;
    await all((program) => program.side === 'native' || hopeless.includes(program.kind) || isSettled(program));
    await all(isSettled, mendedMs + NATIVE_LIMIT_MS - Date.now());
    await Promise.all(programs.map(({ stop }) => stop()));
    const result = { hooked: {}, native: native && beside ? {} : undefined };
    for (const program of programs) {
      result[program.side][program.kind] = {
        ...seenBy(program, brokenMs, usableMs(program)),
        works: isOk(program.tries.at(-1) ?? { result: '' }),
      };
    }
    return result;
  } finally {
    await Promise.all(programs.map(({ stop }) => stop()));
    mendIPv4();
    await mendPiece(lab);
    await after?.();
  }
}

const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

function cell(seen) {
  if (seen === undefined) return '-';
  if (!seen.works) return `${seen.errors.join(', ')}; for good`;
  if (seen.errors.length === 0) return seen.slowestMs < 300 ? 'nothing' : `nothing; took ${seconds(seen.slowestMs)}`;
  return `${seen.errors.join(', ')}; ${seconds(Math.max(0, seen.afterMs))}`;
}

/** A row of the table of all faults. */
export const row = (name, { hooked, native }, kind) =>
  `| ${name} | ${kind} | ${cell(hooked[kind])} | ${cell(native?.[kind])} |`;

/** `lab changes [WORD]`: prints the table, of the faults with this word. */
export async function changes(word = '') {
  console.log('| fault | program | with v6only | native |\n| --- | --- | --- | --- |');
  for (const [name, fault] of Object.entries(FAULTS)) {
    if (!name.includes(word)) continue;
    const result = await runFault(fault);
    for (const [i, kind] of KINDS.entries()) console.log(row(i === 0 ? name : '', result, kind));
  }
}
