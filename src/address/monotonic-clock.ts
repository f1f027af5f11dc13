/**
 * Milliseconds of a clock that never goes back. Not `performance.now()`: its first use loads a module of Node.js, which
 * costs a preload 0.7 ms.
 */
export function monotonicMs(): number {
  return process.uptime() * 1000;
}
