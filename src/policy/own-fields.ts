import { pointerPart } from './json-positions';
import type { Report } from './problems';

/** A policy has lists in objects in lists. What is deeper is a fault of its shape. */
const MAX_DEPTH = 8;

/**
 * Copies a policy, so that only its own fields are read, and each of them once. Neither a prototype that other code has
 * changed nor a getter decides what is checked and what is used. An object with a prototype of its own is a fault: what it
 * inherits would be ignored, a rule that refuses an address among it.
 */
export function ownFields(value: unknown, report: Report, pointer = '', depth = 0): unknown {
  if (typeof value !== 'object' || value === null || depth === MAX_DEPTH) return value;
  if (Array.isArray(value)) {
    return value.map((one, index) => ownFields(one, report, `${pointer}/${index}`, depth + 1));
  }
  if (!isPlain(value)) {
    report.add(pointer, 'is not a plain object', { allowed: 'an object as of { } or JSON.parse' });
    return value;
  }
  const copy: Record<string, unknown> = Object.create(null);
  for (const [key, field] of Object.entries(value)) {
    copy[key] = ownFields(field, report, pointer + pointerPart(key), depth + 1);
  }
  return copy;
}

/** The prototype of objects of another realm (`node:vm`) has no prototype either. */
function isPlain(value: object): boolean {
  const prototype: object | null = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
