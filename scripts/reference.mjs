// The reference of the public API and of the diagnostics channels, as Markdown, from what api.mjs has read.
import { list, wrap } from './text.mjs';

/** Types whose members stand elsewhere. */
const ELSEWHERE = new Map([
  ['PolicyInput', 'The fields of a policy: [the policy file](policy.md#fields).'],
  ['LookupEvent', 'See [the diagnostics channels](diagnostics.md).'],
  ['PrefixEvent', 'See [the diagnostics channels](diagnostics.md).'],
  ['SocketEvent', 'See [the diagnostics channels](diagnostics.md).'],
  ['WarningEvent', 'See [the diagnostics channels](diagnostics.md).'],
]);
const CODES = ['V6OnlyErrorCode', 'V6OnlyWarningCode'];

/** The parts of docs/api.md. */
export function apiParts(api) {
  const of = (...kinds) => [...api.values()].filter(({ kind, name }) => kinds.includes(kind) && !CODES.includes(name));
  return {
    functions: () => of('function').map(functionInWords).join('\n'),
    errors: () => `${prose(api.get('V6OnlyErrorCode'))}\n${branches(api.get('V6OnlyErrorCode'))}`,
    warnings: () => `${prose(api.get('V6OnlyWarningCode'))}\n${branches(api.get('V6OnlyWarningCode'))}`,
    types: () => of('interface', 'class', 'type').map(typeInWords).join('\n'),
  };
}

/** The part of docs/diagnostics.md: one payload for each type of event. */
export function payloads(api) {
  const events = [...api.values()].filter(({ name }) => name.endsWith('Event'));
  return events.map((event) => `### ${event.name}\n\n${prose(event)}\n${members(event)}`).join('\n');
}

/** The values that a union of texts may have, with what each means. */
export function branches({ branches }) {
  const documented = branches.filter(({ paragraphs }) => paragraphs.length > 0);
  return list(documented.map(({ text, paragraphs }) => `${code(text.replace(/^'|'$/g, ''))}: ${paragraphs.join(' ')}`));
}

function functionInWords({ name, text, parameters, returns, throws, examples, ...rest }) {
  const facts = [
    ...parameters.map(([parameter, meaning]) => `${code(parameter)}: ${meaning}`),
    returns && `Returns ${returns}.`,
    throws && `Throws ${throws}.`,
  ].filter(Boolean);
  const shown = examples.map((one) => `<!-- run: v6 -->\n\n\`\`\`js\n${one}\n\`\`\`\n`);
  return [`### ${name}\n\n${code(text)}\n`, prose(rest).trimEnd(), facts.length > 0 && list(facts).trimEnd(), ...shown]
    .filter(Boolean)
    .join('\n\n')
    .replace(/\n{3,}/g, '\n\n');
}

function typeInWords(type) {
  const { name, kind, base, text } = type;
  const heading = `### ${name}\n\n${prose(type)}`;
  if (ELSEWHERE.has(name)) return `${heading}\n${ELSEWHERE.get(name)}\n`;
  if (kind === 'type') {
    const values = branches(type);
    return `${heading}\n${values || `${code(text)}\n`}`;
  }
  const inherits = kind === 'class' ? `A class that extends ${code(base)}.\n\n` : '';
  return `${heading}\n${inherits}${members(type)}`;
}

function members({ members }) {
  return list(
    members.map(({ name, type, optional, default: value, paragraphs }) => {
      const facts = [code(type), optional && 'optional', value && `default ${code(value)}`].filter(Boolean).join(', ');
      return `**${code(name)}** (${facts})${paragraphs.length > 0 ? `: ${paragraphs.join(' ')}` : ''}`;
    }),
  );
}

const prose = ({ paragraphs }) => paragraphs.map((one) => `${wrap(one)}\n`).join('\n');
const code = (text) => `\`${text}\``;
