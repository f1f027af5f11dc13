import { Pool } from '../address/pool';
import { Translator } from '../address/translator';
import type { HookContext, Lookup } from '../hooks/context';
import type { Counters } from '../hooks/counters';
import { prefixChannel } from '../hooks/diagnostics';
import { hostLookedUp } from '../hooks/host-looked-up';
import { LoopbackFlows } from '../hooks/loopback-flows';
import { findHandleClasses } from '../hooks/node-internals';
import { HostKernel } from '../kernel/host-kernel';
import type { Policy } from '../policy/types';
import { Prefixes } from '../prefix/prefixes';
import { systemServers } from '../resolver/system-servers';
import { createNameResolver } from './name-resolver';
import { unusedPrivateNetwork } from './private-network';

/** The objects that hooks need, and that `status()` reports. */
export interface Context extends HookContext {
  readonly prefixes: Prefixes;
}

/** What the program gave to a socket. */
interface IntentMaps {
  readonly lookups: WeakMap<object, Lookup>;
}

/**
 * Creates all objects of an installation without patching anything.
 * @param kernelInUse that of this process's installation, whose hooks have patched the functions that ask the kernel
 * @throws V6OnlyError V6ONLY_UNSUPPORTED_RUNTIME
 */
export function createContext(policy: Policy, kernelInUse?: HostKernel): Context & IntentMaps {
  const classes = findHandleClasses();
  const kernel = kernelInUse ?? new HostKernel(classes.Udp);
  const pool = new Pool({
    network: policy.pool.network,
    privateNetwork: policy.pool.privateNetwork ?? (() => unusedPrivateNetwork(kernel, policy.rules)),
    isTaken: (ipv4) => kernel.hasOwnRoute(ipv4),
  });
  const lookups = new WeakMap<object, Lookup>();
  const prefixes = new Prefixes({
    nat64: policy.nat64,
    deadlineMs: policy.dns64.deadlineMs,
    servers: policy.dns64.servers,
    isDirect: (ipv4) => translator.destination(ipv4, { port: 53, protocol: 'udp' }).kind === 'direct',
  });
  const translator: Translator = new Translator(policy, kernel, prefixes.list, pool);
  announce(prefixes, () => translator.reset());
  // Before any other listener, which asks it anew.
  kernel.evidence.onDenied(() => translator.reset());
  return {
    policy,
    pool,
    kernel,
    classes,
    translator,
    prefixes,
    lookups,
    get systemServers() {
      return systemServers();
    },
    names: createNameResolver(policy, prefixes, translator),
    counters: newCounters(),
    flows: new LoopbackFlows(),
    hostOf: hostLookedUp,
    lookupOf: (owner) => lookups.get(owner),
  };
}

/** Publishes each change of the prefixes. Calls `onChange` also if only their order has changed. */
function announce(prefixes: Prefixes, onChange: () => void): void {
  let told = 'unknown ';
  prefixes.onChange(() => {
    onChange();
    const event = { prefixes: (prefixes.all ?? []).map(String), source: prefixes.origin };
    const text = `${event.source} ${event.prefixes}`;
    if (text === told) return;
    told = text;
    if (prefixChannel.hasSubscribers) prefixChannel.publish(event);
  });
}

function newCounters(): Counters {
  return {
    connects: { direct: 0, translated: 0, refused: 0, held: 0 },
    binds: { direct: 0, translated: 0, refused: 0 },
    sends: { direct: 0, translated: 0, refused: 0 },
    lookups: { system: 0, own: 0 },
  };
}
