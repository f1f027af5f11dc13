import { inspect } from 'node:util';
import { nearest } from './edit-distance';
import { keysOfPointer, pointerPart } from './json-positions';
import type { Report } from './problems';
import { SCHEMA, type SchemaNode } from './schema';
import type { ShapeError } from './validate.generated';

/** Turns the errors of the validator into helpful ones: one fault for each field, in words, with the allowed values. */
export function reportShape(errors: readonly ShapeError[], input: unknown, report: Report): void {
  const alternatives = new Set(errors.filter(({ keyword }) => keyword === 'anyOf').map((error) => error.instancePath));
  /** The values that have a fault deeper inside. */
  const faultyInside = new Set<string>();
  const told = new Set<string>();
  const unknown = errors.filter((error) => error.keyword === 'additionalProperties');
  for (const { instancePath } of errors) {
    for (let at = instancePath.lastIndexOf('/'); at >= 0; at = instancePath.lastIndexOf('/', at - 1)) {
      if (faultyInside.has(instancePath.slice(0, at))) break;
      faultyInside.add(instancePath.slice(0, at));
      if (at === 0) break;
    }
  }
  for (const { instancePath } of unknown) faultyInside.add(instancePath);
  const meant = new Set(
    unknown.map(({ instancePath, params }) => meantKey(instancePath, String(params.additionalProperty))),
  );
  for (const error of errors.toSorted((a, b) => weight(a) - weight(b))) {
    const { instancePath: pointer, keyword, params } = error;
    if (keyword === 'additionalProperties') {
      unknownKey(pointer, String(params.additionalProperty), report);
      continue;
    }
    if (keyword === 'required') {
      const key = String(params.missingProperty);
      const missing = pointer + pointerPart(key);
      if (!meant.has(missing)) report.add(missing, `"${key}" is missing`, allowedAt(missing));
      continue;
    }
    // If a value fits none of several shapes, a fault deeper inside says more than "fits none".
    if (alternatives.has(pointer) && (faultyInside.has(pointer) || told.has(pointer))) continue;
    told.add(pointer);
    const value = valueAt(input, pointer);
    const what = describe(keyword, params, value);
    report.add(pointer, what, { ...allowedAt(pointer), ...suggestionFor(pointer, value) });
  }
}

/** A list of the wrong length is the better message: the validator also reports that the list is not a string. */
function weight({ keyword }: ShapeError): number {
  return keyword === 'minItems' || keyword === 'maxItems' ? 0 : 1;
}

/** The place of the known key that the unknown key was most likely meant to be. */
function meantKey(pointer: string, key: string): string | undefined {
  const suggestion = nearest(key, keysOf(nodeAt(pointer)));
  return suggestion === undefined ? undefined : pointer + pointerPart(suggestion);
}

function unknownKey(pointer: string, key: string, report: Report): void {
  const known = keysOf(nodeAt(pointer));
  const suggestion = nearest(key, known);
  report.add(pointer + pointerPart(key), 'unknown key', {
    at: 'key',
    allowed: known.join(', '),
    ...(suggestion !== undefined && { suggestion }),
  });
}

function describe(keyword: string, params: Readonly<Record<string, unknown>>, value: unknown): string {
  if (keyword === 'maxItems') return `has more than ${params.limit} entries`;
  if (keyword === 'minItems') return 'is an empty list';
  // inspect, not JSON.stringify: a policy passed to enable() may contain any value.
  const text =
    typeof value === 'string'
      ? JSON.stringify(value)
      : inspect(value, { depth: 0, breakLength: Infinity }).replace(/^\[Object: null prototype\] /, '');
  return `${text.length > 60 ? `${text.slice(0, 57)}...` : text} is not allowed`;
}

function suggestionFor(pointer: string, value: unknown): { suggestion?: string } {
  const words = nodeAt(pointer)?.enum;
  const suggestion = words && typeof value === 'string' ? nearest(value, words) : undefined;
  return suggestion === undefined ? {} : { suggestion };
}

/** The allowed values of a field, in words. */
export function allowedAt(pointer: string): { allowed?: string } {
  const node = nodeAt(pointer);
  const allowed = node && inWords(node);
  return allowed === undefined ? {} : { allowed };
}

/** Whether a field may be an object. */
export function allowsObject(pointer: string): boolean {
  const node = nodeAt(pointer);
  return [node, ...(node?.anyOf ?? [])].some((branch) => branch?.type === 'object');
}

function inWords(node: SchemaNode): string | undefined {
  if (node['x-allowed'] !== undefined) return node['x-allowed'];
  if (node.enum) return node.enum.map((word) => JSON.stringify(word)).join(', ');
  if (node.type === 'boolean') return 'true or false';
  if (node.type === 'integer') return `a whole number from ${node.minimum} to ${node.maximum}`;
  if (node.type === 'string') return 'a text in double quotes';
  if (node.type === 'array') {
    const items = node.items && inWords(node.items);
    return `a list${node.maxItems === undefined ? '' : ` of at most ${node.maxItems}`}${items ? `, each: ${items}` : ''}`;
  }
  const keys = keysOf(node);
  return keys.length > 0 ? `an object with ${keys.join(', ')}` : 'an object';
}

function keysOf(node: SchemaNode | undefined): string[] {
  const branches = [node, ...(node?.anyOf ?? [])];
  return branches.flatMap((branch) => Object.keys(branch?.properties ?? {})).filter((name) => name !== '$schema');
}

/** The schema node for a place in a policy. */
function nodeAt(pointer: string): SchemaNode | undefined {
  let node: SchemaNode | undefined = SCHEMA;
  for (const key of keysOfPointer(pointer)) node = node && childOf(node, key);
  return node;
}

function childOf(node: SchemaNode, key: string): SchemaNode | undefined {
  for (const branch of node.anyOf ?? []) {
    const child = childOf(branch, key);
    if (child) return child;
  }
  if (node.properties && Object.hasOwn(node.properties, key)) return node.properties[key];
  if (typeof node.additionalProperties === 'object') return node.additionalProperties;
  return /^\d+$/.test(key) ? node.items : undefined;
}

function valueAt(input: unknown, pointer: string): unknown {
  let value = input;
  for (const key of keysOfPointer(pointer)) value = (value as Record<string, unknown>)[key];
  return value;
}
