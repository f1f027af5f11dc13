// What a program saw, as JSON that two runs can be compared by.
import type { Json, JsonObject } from './values.js';

/** What came of a case: its events in order, each with what the program was given. */
export type Outcome = Event[];
export type Event = [name: string, ...args: Json[]];

/** Ports that the kernel chose. */
const isEphemeral = (port: number) => port >= 32_768 && port <= 60_999;
const PORTS = new Set(['port', 'localPort', 'remotePort', 'source']);

/** @param key the name of the property that has this value */
export function plain(value: unknown, key = '', depth = 0): Json {
  if (value instanceof Error) return plainError(value, depth);
  if (typeof value === 'number' && PORTS.has(key) && isEphemeral(value)) return 'a free port';
  if (typeof value === 'number' && !Number.isFinite(value)) return `number ${value}`;
  if (typeof value === 'string') return plainText(value);
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return value;
  if (value === undefined) return 'undefined';
  if (typeof value !== 'object') return `a ${typeof value}`;
  if (depth > 4) return '…';
  if (Array.isArray(value)) return value.map((one) => plain(one, key, depth + 1));
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
  const name: string | undefined = Object.getPrototypeOf(value)?.constructor?.name;
  if (name !== undefined && name !== 'Object') return `a ${name}`;
  return Object.fromEntries(Object.entries(value).map(([k, one]) => [k, plain(one, k, depth + 1)]));
}

function plainError(error: Error, depth: number): JsonObject {
  const shown: JsonObject = { error: error.name, message: plainText(error.message) };
  for (const [key, value] of Object.entries(error).sort(([a], [b]) => (a < b ? -1 : 1))) {
    // Node's own symbols and domains are no properties that a program reads.
    if (key !== 'cause') shown[key] = plain(value, key, depth + 1);
  }
  if ('cause' in error) shown.cause = (error.cause as NodeJS.ErrnoException | undefined)?.code ?? 'a cause';
  const { errors } = error as Partial<AggregateError>;
  if (Array.isArray(errors)) shown.errors = errors.map((one) => plain(one, '', depth + 1));
  return shown;
}

function plainText(text: string): string {
  return text.replaceAll(/\d{5}/g, (digits) => (isEphemeral(Number(digits)) ? 'PORT' : digits));
}
