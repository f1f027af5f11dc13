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
  try {
    if (Array.isArray(value)) {
      return Array.from(value, (one, index) => ownFields(one, report, `${pointer}/${index}`, depth + 1));
    }
    if (!isPlain(value)) {
      const { allowsObject } = require('./check-shape') as typeof import('./check-shape');
      // Elsewhere the check of the shape says what is allowed.
      if (allowsObject(pointer))
        report.add(pointer, 'is not a plain object', { allowed: 'an object as of { } or JSON.parse' });
      return value;
    }
    return copyOf(value, report, pointer, depth);
  } catch (error) {
    return unreadable(error, report, pointer);
  }
}

function copyOf(value: object, report: Report, pointer: string, depth: number): object {
  const copy: Record<string, unknown> = Object.create(null);
  for (const key of Object.keys(value)) {
    const at = pointer + pointerPart(key);
    let field: unknown;
    try {
      field = (value as Record<string, unknown>)[key];
    } catch (error) {
      unreadable(error, report, at);
      continue;
    }
    copy[key] = ownFields(field, report, at, depth + 1);
  }
  return copy;
}

/** A getter or a proxy has thrown: that is a fault of the policy. */
function unreadable(error: unknown, report: Report, pointer: string): undefined {
  report.add(pointer, `cannot be read: ${error instanceof Error ? error.message : String(error)}`);
}

/** The prototype of objects of another realm (`node:vm`) has no prototype either. */
function isPlain(value: object): boolean {
  const prototype: object | null = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
