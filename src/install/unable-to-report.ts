import childProcess from 'node:child_process';
import diagnostics from 'node:diagnostics_channel';
import { onTakeBack, patch } from '../hooks/patch';

/** Node.js publishes here that a process or a thread was started, but not for the synchronous functions. */
const STARTED = ['child_process', 'worker_threads'];
const ASYNC = ['spawn', 'exec', 'execFile', 'fork'] as const;
const SYNC = ['spawnSync', 'execSync', 'execFileSync'] as const;

/**
 * Counts the processes and threads that cannot report, because they run as another user than the folder of the reports
 * belongs to: this process has given up its privileges, or starts them as that user.
 * @returns their number so far
 */
export function countUnable(): () => number {
  const user = process.geteuid?.();
  let unable = 0;
  const hasChanged = () => process.geteuid?.() !== user;
  const count = () => {
    if (hasChanged()) unable++;
  };
  for (const channel of STARTED) {
    diagnostics.subscribe(channel, count);
    onTakeBack(() => void diagnostics.unsubscribe(channel, count));
  }
  const asOther = (args: unknown[]) => user !== undefined && userIn(args, user) !== user;
  const watch = (names: readonly (keyof typeof childProcess)[], isUnable: (args: unknown[]) => boolean) => {
    for (const name of names) {
      patch(childProcess as unknown as Record<string, (...args: unknown[]) => unknown>, name, (real) => {
        return function (this: unknown, ...args) {
          if (isUnable(args)) unable++;
          return Reflect.apply(real, this, args);
        };
      });
    }
  };
  watch(ASYNC, (args) => !hasChanged() && asOther(args));
  watch(SYNC, (args) => hasChanged() || asOther(args));
  return () => unable;
}

/** The user in the options of a call, or `own`. */
function userIn(args: readonly unknown[], own: number): unknown {
  const options = args.find((one) => typeof one === 'object' && one !== null && !Array.isArray(one));
  try {
    return (options as { readonly uid?: unknown } | undefined)?.uid ?? own;
  } catch {
    return own;
  }
}
