/** Preload of `v6only audit`, after the hook: listens to what the hook decides, and finds who asked for it. */
import dgram from 'node:dgram';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import { withPreload } from '../hooks/process/node-options';
import { Calls } from './audit/calls';
import { watchSend, watchUntouchedSockets } from './audit/datagrams';
import { watchLookups } from './audit/lookups';
import { Recorder } from './audit/recorder';
import { listenToDecisions } from './audit/sockets';

const folder = process.env.V6ONLY_AUDIT_FOLDER;
if (folder) {
  const recorder = new Recorder(folder);
  const calls = new Calls(recorder);
  calls.watch(net.Socket.prototype, ['connect']);
  calls.watch(net.Server.prototype, ['listen']);
  calls.watch(dgram.Socket.prototype, ['bind', 'connect']);
  watchSend(calls, recorder);
  watchUntouchedSockets(calls, recorder);
  watchLookups(calls, recorder);
  // Connections are made deep inside undici, long after: only here is the caller on the stack.
  if (typeof globalThis.fetch === 'function') calls.watch(globalThis, ['fetch']);
  syncBuiltinESMExports();
  listenToDecisions(calls, recorder);
  // Child processes are audited too; the hook has put itself there before.
  process.env.NODE_OPTIONS = withPreload(process.env.NODE_OPTIONS ?? '', __filename, 'last');
}
