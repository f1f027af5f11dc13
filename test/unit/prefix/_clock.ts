/** A clock that moves when it is told, and timers that fire on the way. Times are in milliseconds. */
export function manualClock() {
  let now = 0;
  let timers: { callback: () => void; at: number }[] = [];
  const setTimer = (callback: () => void, delay: number) => {
    const timer = { callback, at: now + delay };
    timers.push(timer);
    return () => {
      timers = timers.filter((other) => other !== timer);
    };
  };
  const move = async (ms: number) => {
    const end = now + ms;
    await settled();
    for (;;) {
      const due = timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      timers = timers.filter((timer) => timer !== due);
      now = due.at;
      due.callback();
      await settled();
    }
    now = end;
  };
  return { now: () => now, setTimer, move };
}

/** What the promises that are kept by now lead to has happened. */
const settled = () => new Promise(setImmediate);
