// Makes policy.schema.json, the validator and the TypeScript type of a policy from their one source, src/policy/schema.ts.
//   node scripts/policy.mjs           writes them
//   node scripts/policy.mjs --check   exits with 1 where one of them is not current
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import Ajv from 'ajv';
import standaloneCode from 'ajv/dist/standalone/index.js';
import { load, main } from './generated.mjs';

/** A copy of the schema without the keywords named. Names of properties are not keywords. */
function without(node, keywords) {
  if (Array.isArray(node)) return node.map((item) => without(item, keywords));
  if (node === null || typeof node !== 'object') return node;
  const entries = Object.entries(node).filter(([key]) => !keywords.includes(key));
  return Object.fromEntries(
    entries.map(([key, value]) => [
      key,
      key === 'properties'
        ? Object.fromEntries(Object.entries(value).map(([name, field]) => [name, without(field, keywords)]))
        : without(value, keywords),
    ]),
  );
}

function jsonSchema(schema) {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: 'https://unpkg.com/v6only/policy.schema.json',
    title: 'v6only policy',
    ...without(schema, ['x-allowed']),
  };
}

function validator(schema) {
  // Patterns are for editors: the reader of each field says what is wrong in words, and knows more than a pattern can.
  const bare = without(schema, ['x-allowed', 'description', 'examples', 'default', 'pattern']);
  // No formats and no string lengths in the schema: their code would require parts of ajv at run time.
  const ajv = new Ajv({ allErrors: true, messages: false, code: { source: true, optimize: 2 } });
  const code = standaloneCode(ajv, ajv.compile(bare));
  if (code.includes('require(')) throw new Error('the validator would need a module at run time');
  const name = /module\.exports = (\w+);/.exec(code)[1];
  const body = code.replace('"use strict";', '').replace(/module\.exports = \w+;module\.exports\.default = \w+;/, '');
  return `// Made by scripts/policy.mjs from schema.ts. Do not edit.
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

const quote = (text) => `'${text}'`;

/** A TypeScript type for a schema node, with its description and default as documentation. */
function typeOf(node, indent) {
  if (node.const !== undefined) return quote(node.const);
  if (node.enum) return node.enum.map(quote).join(' | ');
  if (node.anyOf) return [...new Set(node.anyOf.map((branch) => typeOf(branch, indent)))].join(' | ');
  if (node.type === 'integer') return 'number';
  if (node.type === 'array') {
    const item = typeOf(node.items, indent);
    return item.includes(' | ') ? `readonly (${item})[]` : `readonly ${item}[]`;
  }
  if (node.type !== 'object') return node.type;
  if (node.properties === undefined) {
    return `Readonly<Record<string, ${typeOf(node.additionalProperties, indent)}>>`;
  }
  const inner = `${indent}  `;
  const fields = Object.entries(node.properties).map(([key, field]) => {
    const optional = node.required?.includes(key) ? '' : '?';
    return `${documentation(field, inner)}${inner}readonly ${key}${optional}: ${typeOf(field, inner)};`;
  });
  return `{\n${fields.join('\n')}\n${indent}}`;
}

function documentation(node, indent) {
  const lines = [];
  if (node.description) lines.push(node.description);
  if (node.default !== undefined) lines.push(`@default ${JSON.stringify(node.default)}`);
  if (lines.length === 0) return '';
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}\n`).join('')}${indent} */\n`;
}

function typeFile(schema) {
  const { rules, dns64 } = schema.properties;
  const root = {
    ...schema,
    properties: {
      ...schema.properties,
      rules: { ...rules, type: 'readonly PolicyRule[]' },
      dns64: { ...dns64, type: 'PolicyDns64' },
    },
  };
  const named = (name, node) => `${documentation(node, '')}export interface ${name} ${typeOf(node, '')}\n`;
  return `// Made by scripts/policy.mjs from schema.ts. Do not edit.
// biome-ignore-all format: generated

${named('PolicyInput', root)}
${named('PolicyRule', rules.items)}
${named('PolicyDns64', dns64)}`;
}

/** As the project's formatter writes it. */
function formatted(path, text) {
  const biome = createRequire(import.meta.url).resolve('@biomejs/biome/bin/biome');
  return execFileSync(process.execPath, [biome, 'format', `--stdin-file-path=${path}`], { input: text }).toString();
}

/** path → text of every file that is made here. */
export function generate() {
  const { SCHEMA: schema } = load('src/policy/schema.ts');
  return new Map([
    ['policy.schema.json', formatted('policy.schema.json', JSON.stringify(jsonSchema(schema)))],
    ['src/policy/validate.generated.ts', validator(schema)],
    ['src/policy/input.generated.ts', typeFile(schema)],
  ]);
}

main(import.meta.url, generate);
