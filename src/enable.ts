import { syncBuiltinESMExports } from 'node:module';
import type { Kernel } from './address/decision';
import { networkOf, parseIPv4Range } from './address/ipv4';
import { Pool, PRIVATE_NETWORKS } from './address/pool';
import { Translator } from './address/translator';
import { V6OnlyError } from './errors';
import { patchCluster } from './hooks/cluster';
import type { Counters, HookContext } from './hooks/context';
import { prefixChannel } from './hooks/diagnostics';
import { patchLookup } from './hooks/dns-lookup';
import { patchCares } from './hooks/handle/cares';
import { checkInternals, findHandleClasses, unsupported } from './hooks/handle/internals';
import { LoopbackFlows } from './hooks/handle/loopback-flows';
import { patchTcp } from './hooks/handle/tcp';
import { patchInspector } from './hooks/inspector';
import { patchIpc } from './hooks/ipc';
import { logDecisions } from './hooks/log';
import { patchLookupService } from './hooks/lookup-service';
import { patchNet } from './hooks/net';
import { patchNetworkInterfaces } from './hooks/os';
import { watchPackages } from './hooks/packages';
import { onTakeBack, type Patched, patched, takeBack } from './hooks/patch';
import { patchUdp } from './hooks/udp/udp';
import { warn } from './hooks/warn';
import { HostKernel } from './kernel/host-kernel';
import { createNameResolver } from './names';
import { ownVersion } from './own-package';
import type { Policy } from './policy/types';
import { Prefixes } from './prefix/prefixes';
import { systemServers } from './resolver/system-servers';
import { type Status, statusOf } from './status';

/** One installation per process, whichever copy of the package made it. The key names its form, not the package's version. */
const INSTALLED = Symbol.for('v6only.installation.1');

/**
 * What another copy may use, of another version too, stays as it is: all of this, and of the context the kernel, the origin of
 * the prefixes, and the translator's `destination`, `local` and `embeddedIPv4`.
 */
export interface Installation {
  /** Of the copy that made it. */
  readonly version: string | undefined;
  readonly status: () => Status;
  readonly ready: () => Promise<void>;
  readonly context: Context;
  /** The policy file; undefined where there is none. */
  readonly source: string | undefined;
  /** What is patched now. */
  readonly patched: () => readonly Patched[];
  readonly undo: () => void;
}

/** What a hook needs, and what `status()` tells. */
export interface Context extends HookContext {
  readonly prefixes: Prefixes;
}

type Global = { [INSTALLED]?: Installation };

/** The installation of this process, or undefined. */
export function installed(): Installation | undefined {
  return (globalThis as Global)[INSTALLED];
}

/** The context of this copy's own installation. */
let own: Context | undefined;

/**
 * Tells who loads a second copy, or asks it to be enabled, that the first one stays: nothing is patched twice. Copies of one
 * version do the same, so nobody needs to know of the second.
 */
export function tellOfSecondCopy(): void {
  const present = installed();
  if (present === undefined || present.context === own) return;
  const [first, second] = [present.version, ownVersion()];
  if (first === second) return;
  const message =
    `v6only ${second ?? '(a copy of it)'} was loaded where v6only ${first ?? 'of another version'} is at work: ` +
    'that one stays, with its policy, and nothing is patched twice. Keep one copy of the package (npm ls v6only)';
  warn(message, 'V6ONLY_SECOND_COPY');
}

/**
 * Everything that a policy decides by, with nothing patched.
 * @throws V6OnlyError V6ONLY_UNSUPPORTED_RUNTIME
 */
export function createContext(policy: Policy): Context & { readonly hosts: WeakMap<object, string> } {
  const classes = findHandleClasses();
  // Another installation has patched what the kernel is asked by.
  const kernel = installed()?.context.kernel ?? new HostKernel(classes.Udp);
  const pool = new Pool({
    network: policy.pool.network,
    privateNetwork: () => policy.pool.privateNetwork ?? unusedPrivateNetwork(kernel, policy.rules),
  });
  const hosts = new WeakMap<object, string>();
  const prefixes = new Prefixes({
    nat64: policy.nat64,
    deadlineMs: policy.dns64.deadlineMs,
    servers: policy.dns64.servers,
    isDirect: (ipv4) => translator.destination(ipv4, { port: 53, protocol: 'udp' }).kind === 'direct',
  });
  const translator: Translator = new Translator(policy, kernel, prefixes.list, pool);
  announce(prefixes, () => translator.reset());
  return {
    policy,
    pool,
    kernel,
    classes,
    translator,
    prefixes,
    hosts,
    get systemServers() {
      return systemServers();
    },
    names: createNameResolver(policy, prefixes, translator),
    counters: newCounters(),
    flows: new LoopbackFlows(),
    hostOf: (owner) => (owner === undefined ? undefined : hosts.get(owner)),
  };
}

/** Tells who listens of each change of the prefixes; `onChange` of a change of their order too. */
function announce(prefixes: Prefixes, onChange: () => void): void {
  let told = '';
  prefixes.onChange(() => {
    onChange();
    const event = { prefixes: (prefixes.all ?? []).map(String), source: prefixes.origin };
    const text = `${event.source} ${event.prefixes}`;
    if (text === told) return;
    told = text;
    if (prefixChannel.hasSubscribers) prefixChannel.publish(event);
  });
}

/**
 * Patches everything or nothing, once per process: a second call returns the first installation.
 * @param patchMore is patched, or not, together with the rest
 * @throws V6OnlyError V6ONLY_UNSUPPORTED_RUNTIME; nothing is patched then.
 */
export function install(policy: Policy, source?: string, patchMore?: () => void): Installation {
  const present = installed();
  if (present) return present;
  let context: ReturnType<typeof createContext> | undefined;
  const undo = (): void => {
    takeBack();
    context?.prefixes.stop();
    syncBuiltinESMExports();
    delete (globalThis as Global)[INSTALLED];
    own = undefined;
  };
  try {
    context = createContext(policy);
    checkInternals();
    patchAll(context);
    patchMore?.();
    syncBuiltinESMExports();
    const { prefixes } = context;
    const installation: Installation = {
      get version() {
        return ownVersion();
      },
      status: () => statusOf(installation.context, source),
      ready: () => prefixes.ready(),
      context,
      source,
      patched,
      undo,
    };
    own = context;
    Object.defineProperty(globalThis, INSTALLED, { value: installation, configurable: true, enumerable: false });
    return installation;
  } catch (error) {
    undo();
    if (error instanceof V6OnlyError) throw error;
    throw unsupported(`it cannot be patched: ${(error as Error).message}`);
  }
}

function patchAll(context: ReturnType<typeof createContext>): void {
  logDecisions(context.policy);
  const tcp = patchTcp(context);
  const udp = patchUdp(context);
  patchNet(tcp.listeners, context.hosts);
  patchIpc(tcp.facades);
  patchCluster(tcp.listeners, udp.sockets);
  patchLookup(context);
  patchLookupService(context);
  patchCares(context);
  patchNetworkInterfaces(context);
  patchInspector(context);
  watchPackages(context);
  report(context);
}

/** Where somebody wants to know at the end what the hook did. Nobody else pays for it. */
function report({ policy, counters, prefixes }: Context): void {
  const { V6ONLY_REPORT_FOLDER: folder } = process.env;
  if (policy.log !== 'summary' && !folder) return;
  const { printSummaryAtEnd, reportTo } = require('./report/processes') as typeof import('./report/processes');
  const state = () => {
    const nat64 = { prefixes: (prefixes.all ?? []).map(String), origin: prefixes.origin };
    return { counters, nat64 };
  };
  if (policy.log === 'summary') onTakeBack(printSummaryAtEnd(state));
  if (folder) onTakeBack(reportTo(folder, state));
}

/** RFC 6535 §4.4: the synthetic private addresses must be nobody's whom the program means. */
function unusedPrivateNetwork(kernel: Kernel, rules: Policy['rules']): string {
  const inUse = [
    ...kernel.ipv4Interfaces().map(({ cidr }) => networkOf(cidr)),
    ...rules.flatMap(({ matcher }) => (matcher.kind === 'range' ? [matcher.range] : [])),
  ];
  const isFree = (network: string) => {
    const { first, last } = parseIPv4Range(network);
    return !inUse.some((range) => range.first <= last && range.last >= first);
  };
  return PRIVATE_NETWORKS.find(isFree) ?? PRIVATE_NETWORKS[0];
}

function newCounters(): Counters {
  return {
    connects: { direct: 0, translated: 0, refused: 0, held: 0 },
    binds: { direct: 0, translated: 0, refused: 0 },
    sends: { direct: 0, translated: 0, refused: 0 },
    lookups: { system: 0, own: 0 },
  };
}
