import { syncBuiltinESMExports } from 'node:module';
import { logDecisions } from '../hooks/log';
import { patchLookupService } from '../hooks/names/lookup-service';
import { patchLookup } from '../hooks/names/patch-lookup';
import { patchCares } from '../hooks/names/resolve';
import { checkInternals } from '../hooks/node-internals';
import { onTakeBack, patched, takeBack } from '../hooks/patch';
import { patchCluster } from '../hooks/process/cluster';
import { patchInspector } from '../hooks/process/inspector';
import { patchIpc } from '../hooks/process/ipc';
import { patchNetworkInterfaces } from '../hooks/process/os';
import { watchPackages } from '../hooks/process/packages';
import { patchTransfers } from '../hooks/process/transfers';
import { patchNet } from '../hooks/tcp/net';
import { patchTcp } from '../hooks/tcp/tcp';
import { patchUdp } from '../hooks/udp/udp';
import { warn } from '../hooks/warn';
import type { PolicyInput } from '../policy/input.generated';
import type { Policy } from '../policy/types';
import { V6OnlyError } from '../report/errors';
import { isOutOfResources } from '../report/out-of-resources';
import { type Context, createContext } from './context';
import { givenReportFolder } from './given-report-folder';
import { INSTALLED, type Installation, installed, type WithInstallation } from './installation';
import { ownVersion } from './own-package';
import { statusOf } from './status-of';

/** The context of this copy's own installation. */
let own: Context | undefined;

/**
 * Warns a process that loads or enables a second copy of another version: the first one stays, and nothing is patched
 * twice. Copies of the same version behave the same, so they need no warning.
 * @returns whether there is such a copy
 */
export function tellOfSecondCopy(): boolean {
  const present = installed();
  if (present === undefined || present.context === own) return false;
  const [first, second] = [present.version, ownVersion()];
  if (first === second) return false;
  const message =
    `v6only ${second ?? '(a copy of it)'} was loaded, but v6only ${first ?? 'of another version'} is already active: ` +
    'the active one stays, with its policy, and nothing is patched twice. Keep one copy of the package (npm ls v6only)';
  warn(message, 'V6ONLY_SECOND_COPY');
  return true;
}

/** Warns if a program asks for another policy than the one in use. What it asks for may be what refuses an address. */
export function tellOfIgnoredPolicy({ source, input, context }: Installation, asked: PolicyInput): void {
  // A child that runs the program of its parent asks for what its parent passed on.
  const inUse = [input && JSON.stringify(input), process.env?.V6ONLY_POLICY, '{}'];
  if (inUse.includes(JSON.stringify(asked))) return;
  const first = source === undefined ? 'the policy that it was started with' : `the policy of ${source}`;
  const message = `enable() was called with a policy, but v6only is already active: ${first} stays. Keep one of the two`;
  warn(message, 'V6ONLY_POLICY_IGNORED', context.policy.log);
}

/** Warns if V6ONLY_STRICT=0 lets a program run although its policy cannot be used. */
export function tellOfFault(fault: V6OnlyError): void {
  warn(`${fault.message}\nThe program runs without the hook (V6ONLY_STRICT=0)`, fault.code);
}

/** From where an installation has its policy: the file, and the argument of `enable`. */
interface From {
  readonly source?: string | undefined;
  readonly input?: PolicyInput | undefined;
}

/**
 * Patches everything or nothing, once per process. A second call returns the first installation.
 * @param patchMore patches that succeed or fail together with the others
 * @throws V6OnlyError V6ONLY_UNSUPPORTED_RUNTIME. Nothing is then patched.
 */
export function install(policy: Policy, { source, input }: From, patchMore?: () => void): Installation {
  const present = installed();
  if (present) return present;
  let context: ReturnType<typeof createContext> | undefined;
  const undo = (): void => {
    try {
      takeBack();
    } finally {
      context?.prefixes.stop();
      delete (globalThis as WithInstallation)[INSTALLED];
      own = undefined;
      syncBuiltinESMExports();
    }
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
      input,
      patched,
      undo,
    };
    own = context;
    Object.defineProperty(globalThis, INSTALLED, { value: installation, configurable: true, enumerable: false });
    return installation;
  } catch (error) {
    try {
      undo();
    } catch {
      // For the same reason, most likely. The first error tells more.
    }
    throw cannotPatch(error);
  }
}

/** The error of an installation as one of v6only: other code may have frozen, removed or replaced anything of Node's. */
export function cannotPatch(error: unknown): V6OnlyError {
  if (error instanceof V6OnlyError) return error;
  return new V6OnlyError(
    'V6ONLY_UNSUPPORTED_RUNTIME',
    `v6only cannot patch this process: ${error instanceof Error ? error.message : String(error)}`,
    isOutOfResources(error)
      ? 'Nothing was patched. The process or the host has no descriptor or memory left: raise the limit (ulimit -n)'
      : "Nothing was patched. If other code froze or replaced Node.js's functions, load v6only before it",
    { cause: error },
  );
}

function patchAll(context: ReturnType<typeof createContext>): void {
  logDecisions(context.policy);
  const tcp = patchTcp(context);
  const udp = patchUdp(context);
  patchNet(tcp.listeners, context);
  patchIpc(tcp.handOvers);
  patchTransfers(tcp.handOvers);
  patchCluster(tcp.listeners, udp);
  patchLookup(context);
  patchLookupService(context);
  patchCares(context);
  patchNetworkInterfaces(context);
  patchInspector(context);
  watchPackages(context);
  report(context);
}

/** Reports at the end what the hook did, if that is asked for. Otherwise this costs nothing. */
function report({ policy, counters, prefixes }: Context): void {
  const folder = givenReportFolder();
  if (policy.log !== 'summary' && !folder) return;
  const { printSummaryAtEnd, reportTo } = require('./process-reports') as typeof import('./process-reports');
  const state = () => {
    const nat64 = { prefixes: (prefixes.all ?? []).map(String), origin: prefixes.origin };
    return { counters, nat64 };
  };
  if (policy.log === 'summary') onTakeBack(printSummaryAtEnd(state));
  if (folder) onTakeBack(reportTo(folder, state));
}
