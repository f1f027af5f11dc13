// Makes the lists in docs/ from src/: the text between <!-- begin NAME --> and <!-- end NAME -->.
import { readFileSync } from 'node:fs';
import type { Definition, Flag } from '../src/cli/definition.js';
import type { Preset } from '../src/policy/presets.js';
import type { SchemaNode } from '../src/policy/schema.js';
import { Api } from './api.mjs';
import { at, type Files, load } from './generated.mjs';
import { apiParts, branches, type Parts, payloads } from './reference.mjs';
import { list, wrap } from './text.mjs';

const { flagInWords } = load<typeof import('../src/cli/help.js')>('src/cli/help.ts');

/** Every page that has such parts. */
export function generate(): Files {
  const { DEFINITIONS, DNS64, EXIT_CODES } = load<typeof import('../src/cli/definition.js')>('src/cli/definition.ts');
  const { SCHEMA } = load<typeof import('../src/policy/schema.js')>('src/policy/schema.ts');
  const { PRESETS } = load<typeof import('../src/policy/presets.js')>('src/policy/presets.ts');
  const api = new Api();
  return new Map([
    page('docs/cli.md', {
      commands: () => list(DEFINITIONS.map(({ name, summary }) => `[\`${name}\`](#${name}): ${summary}`)),
      'exit codes': () => list(EXIT_CODES.map(([code, meaning]) => `${inCode(code)}: ${meaning}`)),
      ...Object.fromEntries(DEFINITIONS.map((one) => [one.name, () => command(one)])),
    }),
    page('docs/policy.md', {
      fields: () => fields(SCHEMA),
      presets: () => list(Object.entries(PRESETS).map(([name, preset]) => presetInWords(name, preset))),
    }),
    page('docs/dns64.md', { options: () => options(DNS64.flags) }),
    page('docs/how-it-works.md', { steps: () => branches(api.type('DecisionStep')) }),
    page('docs/api.md', apiParts(api)),
    page('docs/diagnostics.md', { payloads: () => payloads(api) }),
  ]);
}

function page(file: string, parts: Parts): [file: string, text: string] {
  const text = readFileSync(at(file), 'utf8');
  const missing = new Set(Object.keys(parts));
  const made = text.replace(/<!-- begin ([a-z0-9 ]+) -->\n.*?<!-- end \1 -->/gs, (_, name: string) => {
    if (!missing.delete(name)) throw new Error(`${file}: there is no part "${name}", or it is there twice`);
    return `<!-- begin ${name} -->\n\n${parts[name]()}\n<!-- end ${name} -->`;
  });
  if (missing.size > 0) throw new Error(`${file}: no place for ${[...missing].join(', ')}`);
  return [file, made];
}

function command({ name, usage, about, flags, notes = [], exit }: Definition): string {
  const paragraph = (text: string) => `${wrap(text)}\n\n`;
  const codes = exit.map(([code, meaning]) => `${inCode(code)}: ${meaning}`);
  return [
    `\`\`\`text\nv6only ${name} ${usage}\n\`\`\`\n\n`,
    ...about.map(paragraph),
    `Options:\n\n${options(flags)}\n`,
    ...notes.map(paragraph),
    `Exit codes:\n\n${list(codes)}`,
  ].join('');
}

const options = (flags: Readonly<Record<string, Flag>>): string =>
  list(Object.entries(flags).map(([flag, { help, ...form }]) => `\`${flagInWords(flag, form)}\`: ${help}`));

const inCode = (code: string): string => (/^\d+$/.test(code) ? `\`${code}\`` : code);

/** Each field with what it may be, its default, and what it means; fields of an object below it. */
function fields({ properties = {}, required = [] }: SchemaNode, indent = ''): string {
  return Object.entries(properties)
    .map(([name, field]) => {
      const facts = [allowed(field)];
      if (required.includes(name)) facts.push('required');
      if (field.default !== undefined) facts.push(`default \`${plain(field.default)}\``);
      if (field.maxItems) facts.push(`at most ${field.maxItems}`);
      const text = `- **\`${name}\`** (${facts.filter(Boolean).join('; ')}). ${field.description ?? ''}`;
      const examples = field.examples
        ? ` Examples: ${field.examples.map((one) => `\`${plain(one)}\``).join(', ')}.`
        : '';
      const inner = objectOf(field);
      return `${wrap(text + examples, indent, '  ')}\n${inner ? fields(inner, `${indent}  `) : ''}`;
    })
    .join('');
}

function objectOf(field: SchemaNode): SchemaNode | undefined {
  const nodes = [field, ...(field.items ? [field.items] : []), ...(field.anyOf ?? [])];
  return nodes.find(({ type, properties }) => type === 'object' && properties);
}

const BY_TYPE: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: '`true` or `false`',
  object: 'an object',
  string: 'text',
};

function allowed(field: SchemaNode): string {
  const words = field['x-allowed'] ?? field.items?.['x-allowed'];
  const inQuotes = words?.replace(/"([^"]*)"/g, '`$1`');
  if (inQuotes) return field['x-allowed'] ? inQuotes : `a list, each ${inQuotes}`;
  if (field.enum) return field.enum.map((value) => `\`${value}\``).join(', ');
  if (field.items?.enum) return `a list of ${field.items.enum.map((value) => `\`${value}\``).join(', ')}`;
  if (field.type === 'integer') return `a whole number from ${field.minimum} to ${field.maximum}`;
  if (field.type === 'object' && field.additionalProperties) {
    return `an object, each value ${field.additionalProperties['x-allowed']}`;
  }
  return BY_TYPE[field.type ?? ''] ?? '';
}

const plain = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

function presetInWords(name: string, { description, source, twins }: Preset): string {
  const pairs = Object.entries(twins).map(([ipv4, ipv6]) => `${ipv4} → \`${ipv6}\``);
  return `**\`${name}\`**. ${description} ${pairs.join(', ')}. Source: ${source}.`;
}
