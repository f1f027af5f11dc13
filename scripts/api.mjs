// Reads the public API out of src/index.ts and what it exports: names, types and docstrings, for the reference in docs/.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { at } from './generated.mjs';

/** Name → `{ kind, text, doc, members, examples, … }` of everything that src/index.ts exports: its own functions first. */
export function publicApi() {
  const exported = new Map();
  const entry = sourceOf('src/index.ts');
  for (const { name } of entry.statements.filter((one) => ts.isFunctionDeclaration(one) && isExported(one))) {
    exported.set(name.text, describe('src/index.ts', name.text));
  }
  for (const { moduleSpecifier, exportClause } of entry.statements.filter(ts.isExportDeclaration)) {
    const file = path.posix.join('src', `${moduleSpecifier.text}.ts`);
    for (const { name } of exportClause.elements) exported.set(name.text, describe(file, name.text));
  }
  return exported;
}

/** One declaration of a file. */
function describe(file, name) {
  const source = sourceOf(file);
  const node = source.statements.find((one) => one.name?.text === name);
  if (node === undefined) throw new Error(`${file} does not declare ${name}`);
  const common = { name, ...documentation(node) };
  if (ts.isFunctionDeclaration(node)) return { ...common, kind: 'function', text: signature(node, source) };
  if (ts.isInterfaceDeclaration(node)) return { ...common, kind: 'interface', members: membersOf(node, source) };
  if (ts.isClassDeclaration(node)) {
    const base = node.heritageClauses?.[0]?.types[0]?.getText(source);
    return { ...common, kind: 'class', base, members: membersOf(node, source) };
  }
  const branches = ts.isUnionTypeNode(node.type) ? node.type.types : [node.type];
  return {
    ...common,
    kind: 'type',
    text: typeText(node.type, source),
    branches: branches.map((one) => ({ text: typeText(one, source), ...leadingComment(one, source) })),
  };
}

const sources = new Map();
function sourceOf(file) {
  if (!sources.has(file)) {
    const text = readFileSync(at(file), 'utf8');
    sources.set(file, ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true));
  }
  return sources.get(file);
}

const isExported = (node) => node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true;
const isPrivate = (node) => node.name?.kind === ts.SyntaxKind.PrivateIdentifier;

/** On one line, and without what only the compiler reads. */
const typeText = (node, source) =>
  node
    .getText(source)
    .replace(/\/\*\*.*?\*\//gs, '')
    .replace(/\breadonly /g, '')
    .replace(/\s+/g, ' ')
    .replace(/^\| /, '')
    .replace(/; \}/g, ' }')
    .trim();

function signature(node, source) {
  const parameters = node.parameters.map((one) => {
    const optional = one.questionToken || one.initializer ? '?' : '';
    return `${one.name.getText(source)}${optional}: ${typeText(one.type, source)}`;
  });
  return `${node.name.text}(${parameters.join(', ')}): ${typeText(node.type, source)}`;
}

function membersOf(node, source) {
  return node.members
    .filter((one) => (ts.isPropertySignature(one) || ts.isPropertyDeclaration(one)) && !isPrivate(one) && one.type)
    .map((one) => ({
      name: one.name.getText(source),
      optional: one.questionToken !== undefined,
      type: typeText(one.type, source),
      ...documentation(one),
    }));
}

/** The paragraphs of a docstring, and its tags. */
function documentation(node) {
  const [block] = node.jsDoc?.slice(-1) ?? [];
  const tags = block?.tags ?? [];
  const textOfTag = (tag) => ts.getTextOfJSDocComment(tag.comment) ?? '';
  const named = (name) => tags.filter(({ tagName }) => tagName.text === name);
  return {
    paragraphs: paragraphsOf(ts.getTextOfJSDocComment(block?.comment)),
    parameters: named('param').map((tag) => [tag.name.getText(), oneLine(textOfTag(tag))]),
    returns: named('returns').map((tag) => oneLine(textOfTag(tag)))[0],
    // The parser takes the first word for a type.
    throws: named('throws').map((tag) =>
      oneLine(
        tag
          .getText()
          .replace(/^@throws/, '')
          .replace(/^\s*\* ?/gm, ''),
      ),
    )[0],
    default: named('default').map(textOfTag)[0],
    examples: named('example').map((tag) => textOfTag(tag).trim()),
  };
}

/** The docstring before one branch of a union. */
function leadingComment(node, source) {
  const ranges = ts.getLeadingCommentRanges(source.text, node.getFullStart()) ?? [];
  // It stands before the bar, which is of the union and not of the branch.
  const before = source.text.slice(0, node.getStart(source)).trimEnd().replace(/\|$/, '').trimEnd();
  const comment = ranges.length > 0 ? source.text.slice(ranges.at(-1).pos, ranges.at(-1).end) : '';
  const found = comment || (before.endsWith('*/') ? before.slice(before.lastIndexOf('/**')) : '');
  return { paragraphs: paragraphsOf(found.replace(/^\/\*\*|\*\/$/g, '').replace(/^\s*\* ?/gm, '')) };
}

const oneLine = (text) => text.replace(/\s+/g, ' ').trim();
const paragraphsOf = (text = '') =>
  text
    .trim()
    .split(/\n\s*\n/)
    .map(oneLine)
    .filter(Boolean);
