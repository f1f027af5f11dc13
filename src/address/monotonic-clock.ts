/**
 * Milliseconds of a clock that only goes forward. Not `performance.now()`: its first use loads a module of Node.js that costs
 * a preload 0.7 ms.
 */
export function monotonicMs(): number {
  return process.uptime() * 1000;
}
