// The reference of the public API and of the diagnostics channels, as Markdown, from what api.mts has read.
import type { Api, Documentation, FunctionApi, Member, MembersApi, TypeApi } from './api.mjs';
import { list, wrap } from './text.mjs';

/** Name of a part of a page → what makes it. */
export type Parts = Readonly<Record<string, () => string>>;

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
export function apiParts(api: Api): Parts {
  const codes = (name: string) => () =>
    `${prose(api.type(name))}\nIn TypeScript: ${code(name)}.\n\n${branches(api.type(name))}`;
  const all = api.all().filter(({ name }) => !CODES.includes(name));
  return {
    functions: () => all.flatMap((one) => (one.kind === 'function' ? functionInWords(one) : [])).join('\n'),
    errors: codes('V6OnlyErrorCode'),
    warnings: codes('V6OnlyWarningCode'),
    types: () => all.flatMap((one) => (one.kind === 'function' ? [] : typeInWords(one))).join('\n'),
  };
}

/** The part of docs/diagnostics.md: one payload for each type of event. */
export function payloads(api: Api): string {
  return api
    .all()
    .flatMap((one) => (isEvent(one) ? `### ${one.name}\n\n${prose(one)}\n${members(one.members)}` : []))
    .join('\n');
}

const isEvent = (one: { readonly kind: string; readonly name: string }): one is MembersApi =>
  one.kind === 'interface' && one.name.endsWith('Event');

/** The values that a union of texts may have, with what each means. */
export function branches(type: TypeApi): string {
  const documented = type.branches.filter(({ paragraphs }) => paragraphs.length > 0);
  return list(documented.map(({ text, paragraphs }) => `${code(text.replace(/^'|'$/g, ''))}: ${paragraphs.join(' ')}`));
}

function functionInWords(one: FunctionApi): string {
  const facts = one.parameters.map(([parameter, meaning]) => `${code(parameter)}: ${meaning}`);
  if (one.returns) facts.push(`Returns ${one.returns}.`);
  if (one.throws) facts.push(`Throws ${one.throws}.`);
  const parts = [`### ${one.name}\n\n${code(one.text)}\n`, prose(one).trimEnd(), list(facts).trimEnd()];
  const shown = one.examples.map((example) => `<!-- run: v6 -->\n\n\`\`\`js\n${example}\n\`\`\`\n`);
  return [...parts, ...shown]
    .filter(Boolean)
    .join('\n\n')
    .replace(/\n{3,}/g, '\n\n');
}

function typeInWords(type: MembersApi | TypeApi): string {
  const { name } = type;
  const heading = `### ${name}\n\n${prose(type)}`;
  if (ELSEWHERE.has(name)) return `${heading}\n${ELSEWHERE.get(name)}\n`;
  if (type.kind === 'type') return `${heading}\n${branches(type) || `${code(type.text)}\n`}`;
  const inherits = type.base ? `A class that extends ${code(type.base)}.\n\n` : '';
  return `${heading}\n${inherits}${members(type.members)}`;
}

function members(all: readonly Member[]): string {
  return list(
    all.map(({ name, type, optional, default: value, paragraphs }) => {
      const facts = [code(type), optional && 'optional', value && `default ${code(value)}`].filter(Boolean).join(', ');
      return `**${code(name)}** (${facts})${paragraphs.length > 0 ? `: ${paragraphs.join(' ')}` : ''}`;
    }),
  );
}

const prose = ({ paragraphs }: Pick<Documentation, 'paragraphs'>): string =>
  paragraphs.map((one) => `${wrap(one)}\n`).join('\n');
const code = (text: string): string => `\`${text}\``;
