import { syncBuiltinESMExports } from 'node:module';
import { Pool } from './address/pool';
import { Pref64 } from './address/pref64';
import { Translator } from './address/translator';
import type { Counters, HookContext } from './hooks/context';
import { patchLookup } from './hooks/dns-lookup';
import { patchCares } from './hooks/handle/cares';
import { HostKernel } from './hooks/handle/host-kernel';
import { findHandleClasses } from './hooks/handle/internals';
import { LoopbackFlows } from './hooks/handle/loopback-flows';
import { TcpFacades } from './hooks/handle/tcp';
import { UdpFacades } from './hooks/handle/udp';
import { patchIpc } from './hooks/ipc';
import { patchNet } from './hooks/net';
import { patchNetworkInterfaces } from './hooks/os';
import type { Undo } from './hooks/patch';
import type { Policy } from './policy/types';

/** One installation per process, whichever copy of the package made it. The key names its form, not the package's version. */
const INSTALLED = Symbol.for('v6only.installation.1');

export interface Installation {
  readonly context: HookContext;
  readonly undo: () => void;
}

type Global = { [INSTALLED]?: Installation };

export function installed(): Installation | undefined {
  return (globalThis as Global)[INSTALLED];
}

/**
 * Patches everything, once per process: a second call returns the first installation.
 * @throws V6OnlyError V6ONLY_UNSUPPORTED_RUNTIME, before anything is patched.
 */
export function install(policy: Policy): Installation {
  const present = installed();
  if (present) return present;
  const classes = findHandleClasses();
  const kernel = new HostKernel(classes.Udp);
  const pool = new Pool(policy.pool);
  const fixed: readonly Pref64[] = policy.nat64 === 'discover' ? [Pref64.WELL_KNOWN] : policy.nat64;
  const hosts = new WeakMap<object, string>();
  const context: HookContext = {
    policy,
    pool,
    classes,
    translator: new Translator(policy, kernel, () => fixed, pool),
    counters: newCounters(),
    flows: new LoopbackFlows(),
    prefixReady: () => Promise.resolve(),
    hostOf: (owner) => (owner === undefined ? undefined : hosts.get(owner)),
  };
  const tcp = new TcpFacades(context);
  const udp = new UdpFacades(context);
  const undo: Undo[] = [
    ...tcp.install(),
    ...udp.install(),
    ...patchNet(context, tcp, hosts),
    ...patchIpc(tcp),
    ...patchLookup(context),
    ...patchCares(context),
    ...patchNetworkInterfaces(context),
  ];
  syncBuiltinESMExports();
  const installation: Installation = {
    context,
    undo: () => {
      for (const take of undo.reverse()) take();
      syncBuiltinESMExports();
      delete (globalThis as Global)[INSTALLED];
    },
  };
  Object.defineProperty(globalThis, INSTALLED, { value: installation, configurable: true, enumerable: false });
  return installation;
}

function newCounters(): Counters {
  return {
    connects: { direct: 0, translated: 0, refused: 0, held: 0 },
    binds: { direct: 0, translated: 0, refused: 0 },
    sends: { direct: 0, translated: 0, refused: 0 },
    lookups: { system: 0, own: 0 },
  };
}
