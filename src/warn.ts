import { warningChannel } from './hooks/diagnostics';

const told = new Set<string>();

/** One process warning for each text; never anything on standard output. */
export function warn(message: string, code: string): void {
  if (told.has(message)) return;
  told.add(message);
  process.emitWarning(message, { type: 'V6OnlyWarning', code });
  if (warningChannel.hasSubscribers) warningChannel.publish({ code, message });
}
