// Makes policy.schema.json, the validator and the TypeScript type of a policy from their one source, src/policy/schema.ts.
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { Ajv } from 'ajv';
import standalone from 'ajv/dist/standalone/index.js';
import type { SchemaNode } from '../src/policy/schema.js';
import { type Files, load } from './generated.mjs';

/** A copy of the schema without the keywords named. */
const without = (node: SchemaNode, keywords: readonly string[]): SchemaNode => copy(node, keywords) as SchemaNode;

/** Names of properties are not keywords. */
function copy(value: unknown, keywords: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((item) => copy(item, keywords));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => !keywords.includes(key));
  return Object.fromEntries(
    entries.map(([key, one]) => [
      key,
      key === 'properties'
        ? Object.fromEntries(Object.entries(one).map(([name, field]) => [name, copy(field, keywords)]))
        : copy(one, keywords),
    ]),
  );
}

function jsonSchema(schema: SchemaNode): object {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'v6only policy',
    ...without(schema, ['x-allowed']),
  };
}

function validator(schema: SchemaNode): string {
  // Patterns are for editors: the reader of each field says what is wrong in words, and knows more than a pattern can.
  const bare = without(schema, ['x-allowed', 'description', 'examples', 'default', 'pattern']);
  // No formats and no string lengths in the schema: their code would require parts of ajv at run time.
  const ajv = new Ajv({ allErrors: true, messages: false, code: { source: true, optimize: 2 } });
  const code = standalone.default(ajv, ajv.compile(bare));
  if (code.includes('require(')) throw new Error('the validator would need a module at run time');
  const name = /module\.exports = (\w+);/.exec(code)?.[1];
  if (name === undefined) throw new Error('the validator does not export one function');
  const body = code.replace('"use strict";', '').replace(/module\.exports = \w+;module\.exports\.default = \w+;/, '');
  return `// Made by scripts/policy.mts from schema.ts. Do not edit.
// biome-ignore-all lint: generated
// biome-ignore-all format: generated
// @ts-nocheck
/** What the validator says of one fault. */
export interface ShapeError {
  readonly instancePath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
}
interface Validate {
  (data: unknown): boolean;
  errors?: readonly ShapeError[] | null;
}
${body}
export const validate: Validate = ${name};
`;
}

const quote = (text: string): string => `'${text}'`;

/** A TypeScript type for a schema node, with its description and default as documentation. */
function typeOf(node: SchemaNode, indent: string, names: ReadonlyMap<SchemaNode, string> = new Map()): string {
  const name = names.get(node);
  if (name !== undefined) return name;
  if (node.const !== undefined) return quote(node.const);
  if (node.enum) return node.enum.map(quote).join(' | ');
  if (node.anyOf) return [...new Set(node.anyOf.map((branch) => typeOf(branch, indent, names)))].join(' | ');
  if (node.type === 'array') {
    const item = typeOf(existing(node.items), indent, names);
    return item.includes(' | ') ? `readonly (${item})[]` : `readonly ${item}[]`;
  }
  if (node.type !== 'object') return node.type === 'integer' ? 'number' : existing(node.type);
  if (node.properties === undefined) {
    return `Readonly<Record<string, ${typeOf(existing(node.additionalProperties), indent, names)}>>`;
  }
  const inner = `${indent}  `;
  const fields = Object.entries(node.properties).map(([key, field]) => {
    const optional = node.required?.includes(key) ? '' : '?';
    return `${documentation(field, inner)}${inner}readonly ${key}${optional}: ${typeOf(field, inner, names)};`;
  });
  return `{\n${fields.join('\n')}\n${indent}}`;
}

/** What a node of this kind has. */
function existing<Value>(value: Value | false | undefined): Value {
  if (value === undefined || value === false)
    throw new Error('src/policy/schema.ts: a node says too little for a type');
  return value;
}

function documentation(node: SchemaNode, indent: string): string {
  const lines: string[] = [];
  if (node.description) lines.push(node.description);
  if (node.default !== undefined) lines.push(`@default ${JSON.stringify(node.default)}`);
  if (lines.length === 0) return '';
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}\n`).join('')}${indent} */\n`;
}

function typeFile(schema: SchemaNode): string {
  const rule = existing(schema.properties?.rules?.items);
  const dns64 = existing(schema.properties?.dns64);
  const named = (name: string, node: SchemaNode, names?: ReadonlyMap<SchemaNode, string>) =>
    `${documentation(node, '')}export interface ${name} ${typeOf(node, '', names)}\n`;
  return `// Made by scripts/policy.mts from schema.ts. Do not edit.
// biome-ignore-all format: generated

${named(
  'PolicyInput',
  schema,
  new Map([
    [rule, 'PolicyRule'],
    [dns64, 'PolicyDns64'],
  ]),
)}
${named('PolicyRule', rule)}
${named('PolicyDns64', dns64)}`;
}

/** As the project's formatter writes it. */
function formatted(path: string, text: string): string {
  const biome = createRequire(import.meta.url).resolve('@biomejs/biome/bin/biome');
  return execFileSync(process.execPath, [biome, 'format', `--stdin-file-path=${path}`], { input: text }).toString();
}

/** Every file that is made here. */
export function generate(): Files {
  const { SCHEMA: schema } = load<typeof import('../src/policy/schema.js')>('src/policy/schema.ts');
  return new Map([
    ['policy.schema.json', formatted('policy.schema.json', JSON.stringify(jsonSchema(schema)))],
    ['src/policy/validate.generated.ts', validator(schema)],
    ['src/policy/input.generated.ts', typeFile(schema)],
  ]);
}
