/**
 * Preload of `v6only audit`, loaded after the hook: records the hook's decisions and finds the code that caused them.
 */
import dgram from 'node:dgram';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import { isMainThread } from 'node:worker_threads';
import { haveHook } from '../hooks/process/children';
import { optionsIn, withPreload } from '../hooks/process/node-options';
import { patchWorkers } from '../hooks/process/workers';
import { givenReportFolder } from '../install/given-report-folder';
import { installed } from '../install/installation';
import { REGISTER_FILE } from '../install/own-package';
import { noteAbsence } from '../install/process-reports';
import { Calls } from './audit/calls';
import { watchSend, watchUntouchedSockets } from './audit/datagrams';
import { watchLookups } from './audit/lookups';
import { Recorder } from './audit/recorder';
import { listenToDecisions } from './audit/sockets';

const given = givenReportFolder();
// As the workers inherit them, before they are changed here.
const started = { nodeOptions: optionsIn(process.env.NODE_OPTIONS), execArgv: [...process.execArgv] };
// A worker thread with an environment of its own gets the hook after this file.
if (given && !installed() && haveHook(started.nodeOptions, REGISTER_FILE)) require(REGISTER_FILE);
// Without the hook there are no decisions to record, which does not mean that the program uses no IPv4.
if (given && !installed()) noteAbsence('its parent did not pass the hook on, or it could not be loaded');
if (given && installed()) {
  const recorder = new Recorder(given);
  const calls = new Calls(recorder);
  calls.watch(net.Socket.prototype, ['connect']);
  calls.watch(net.Server.prototype, ['listen']);
  calls.watch(dgram.Socket.prototype, ['bind', 'connect']);
  watchSend(calls, recorder);
  watchUntouchedSockets(calls, recorder);
  watchLookups(calls, recorder);
  // undici connects later, from its own code. Only this call has the caller on the stack.
  if (typeof globalThis.fetch === 'function') calls.watch(globalThis, ['fetch']);
  syncBuiltinESMExports();
  listenToDecisions(calls, recorder);
}
if (given) {
  patchWorkers(__filename, {}, started);
  syncBuiltinESMExports();
  // Child processes are audited too. The hook has already added its own preload. As with it, a worker's environment stays.
  if (isMainThread) process.env.NODE_OPTIONS = withPreload(process.env.NODE_OPTIONS ?? '', __filename, 'last');
}
