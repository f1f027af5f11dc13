// Makes the lists in docs/ from src/: the text between <!-- begin NAME --> and <!-- end NAME -->.
//   node scripts/docs.mjs           writes them
//   node scripts/docs.mjs --check   exits with 1 where one of them is not current
import { readFileSync } from 'node:fs';
import { publicApi } from './api.mjs';
import { at, load, main } from './generated.mjs';
import { apiParts, branches, payloads } from './reference.mjs';
import { list, wrap } from './text.mjs';

/** path → text of every page that has such parts. */
export function generate() {
  const { DEFINITIONS, EXIT_CODES } = load('src/cli/definition.ts');
  const { flagInWords } = load('src/cli/help.ts');
  const { SCHEMA } = load('src/policy/schema.ts');
  const { PRESETS } = load('src/policy/presets.ts');
  const commands = DEFINITIONS.map((one) => [one.name, () => command(one, flagInWords)]);
  const { flags } = DEFINITIONS.find(({ name }) => name === 'dns64');
  const api = publicApi();
  return new Map([
    page('docs/cli.md', {
      commands: () => list(DEFINITIONS.map(({ name, summary }) => `[\`${name}\`](#${name}): ${summary}`)),
      'exit codes': () => list(EXIT_CODES.map(([code, meaning]) => `${inCode(code)}: ${meaning}`)),
      ...Object.fromEntries(commands),
    }),
    page('docs/policy.md', {
      fields: () => fields(SCHEMA),
      presets: () => list(Object.entries(PRESETS).map(([name, preset]) => presetInWords(name, preset))),
    }),
    page('docs/dns64.md', { options: () => options(flags, flagInWords) }),
    page('docs/how-it-works.md', { steps: () => branches(api.get('DecisionStep')) }),
    page('docs/api.md', apiParts(api)),
    page('docs/diagnostics.md', { payloads: () => payloads(api) }),
  ]);
}

function page(file, parts) {
  const text = readFileSync(at(file), 'utf8');
  const missing = new Set(Object.keys(parts));
  const made = text.replace(/<!-- begin ([a-z0-9 ]+) -->\n.*?<!-- end \1 -->/gs, (_, name) => {
    if (!missing.delete(name)) throw new Error(`${file}: there is no part "${name}", or it is there twice`);
    return `<!-- begin ${name} -->\n\n${parts[name]()}\n<!-- end ${name} -->`;
  });
  if (missing.size > 0) throw new Error(`${file}: no place for ${[...missing].join(', ')}`);
  return [file, made];
}

function command({ name, usage, about, flags, notes = [], exit }, flagInWords) {
  const paragraph = (text) => `${wrap(text)}\n\n`;
  const codes = exit.map(([code, meaning]) => `${inCode(code)}: ${meaning}`);
  return [
    `\`\`\`text\nv6only ${name} ${usage}\n\`\`\`\n\n`,
    ...about.map(paragraph),
    `Options:\n\n${options(flags, flagInWords)}\n`,
    ...notes.map(paragraph),
    `Exit codes:\n\n${list(codes)}`,
  ].join('');
}

const options = (flags, flagInWords) =>
  list(Object.entries(flags).map(([flag, { help, ...form }]) => `\`${flagInWords(flag, form)}\`: ${help}`));

const inCode = (code) => (/^\d+$/.test(code) ? `\`${code}\`` : code);

/** Each field with what it may be, its default, and what it means; fields of an object below it. */
function fields({ properties, required = [] }, indent = '') {
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

function objectOf(field) {
  const branches = [field, field.items, ...(field.anyOf ?? [])].filter(Boolean);
  return branches.find(({ type, properties }) => type === 'object' && properties);
}

function allowed(field) {
  const words = field['x-allowed'] ?? field.items?.['x-allowed'];
  const inQuotes = words?.replace(/"([^"]*)"/g, '`$1`');
  if (inQuotes) return field['x-allowed'] ? inQuotes : `a list, each ${inQuotes}`;
  if (field.enum) return field.enum.map((value) => `\`${value}\``).join(', ');
  if (field.items?.enum) return `a list of ${field.items.enum.map((value) => `\`${value}\``).join(', ')}`;
  if (field.type === 'integer') return `a whole number from ${field.minimum} to ${field.maximum}`;
  if (field.type === 'object' && field.additionalProperties) {
    return `an object, each value ${field.additionalProperties['x-allowed']}`;
  }
  return { array: 'a list', boolean: '`true` or `false`', object: 'an object', string: 'text' }[field.type] ?? '';
}

const plain = (value) => (typeof value === 'string' ? value : JSON.stringify(value));

function presetInWords(name, { description, source, twins }) {
  const pairs = Object.entries(twins).map(([ipv4, ipv6]) => `${ipv4} → \`${ipv6}\``);
  return `**\`${name}\`**. ${description} ${pairs.join(', ')}. Source: ${source}.`;
}

main(import.meta.url, generate);
