import type { Policy } from '../policy/types';
import type { V6OnlyErrorCode } from '../report/errors';
import { printableLines } from '../report/printable';
import { warningChannel } from './diagnostics';

const told = new Set<string>();

/** Emits one process warning for each text, unless the policy is silent. Never writes to standard output. */
export function warn(text: string, code: V6OnlyErrorCode, log: Policy['log'] = 'warn'): void {
  const message = printableLines(text);
  if (told.has(message)) return;
  told.add(message);
  if (log !== 'silent') process.emitWarning(message, { type: 'V6OnlyWarning', code });
  if (warningChannel.hasSubscribers) warningChannel.publish({ code, message });
}
