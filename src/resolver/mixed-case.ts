import type * as Crypto from 'node:crypto';

/** A random 16-bit id (RFC 5452 §9.2). */
export function randomId(): number {
  return crypto().randomInt(0x10000);
}

/**
 * `name` with a random case for each letter ("0x20"): an attacker cannot guess it, so a reply that repeats it is
 * genuine.
 */
export function mixCase(name: string): string {
  const bits = crypto().randomBytes(Math.ceil(name.length / 8));
  let mixed = '';
  for (let i = 0; i < name.length; i++) {
    const c = name.charAt(i);
    mixed += ((bits[i >> 3] as number) >> (i & 7)) & 1 ? c.toUpperCase() : c.toLowerCase();
  }
  return mixed;
}

/** Loaded with the first query, so that the preload does not pay for it. */
function crypto(): typeof Crypto {
  return require('node:crypto') as typeof Crypto;
}
