// Reads the public API out of src/index.ts and what it exports: names, types and docstrings, for the reference in docs/.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { at } from './generated.mjs';

/** What a docstring says: its paragraphs, and its tags. */
export interface Documentation {
  readonly paragraphs: readonly string[];
  readonly parameters: readonly (readonly [name: string, meaning: string])[];
  readonly returns: string | undefined;
  readonly throws: string | undefined;
  readonly default: string | undefined;
  readonly examples: readonly string[];
}

/** A property of an interface or a class. */
export interface Member extends Documentation {
  readonly name: string;
  readonly optional: boolean;
  readonly type: string;
}

/** One type of a union. */
export interface Branch {
  readonly text: string;
  readonly paragraphs: readonly string[];
}

interface Named extends Documentation {
  readonly name: string;
}
export interface FunctionApi extends Named {
  readonly kind: 'function';
  /** Its signature. */
  readonly text: string;
}
export interface MembersApi extends Named {
  readonly kind: 'interface' | 'class';
  /** Of a class that extends another. */
  readonly base?: string | undefined;
  readonly members: readonly Member[];
}
export interface TypeApi extends Named {
  readonly kind: 'type';
  readonly text: string;
  readonly branches: readonly Branch[];
}

/** One name that src/index.ts exports. */
export type Exported = FunctionApi | MembersApi | TypeApi;

/** Everything that src/index.ts exports, by name: its own functions first. */
export class Api {
  readonly #exported = new Map<string, Exported>();

  constructor() {
    const entry = sourceOf('src/index.ts');
    for (const node of entry.statements) {
      if (ts.isFunctionDeclaration(node) && node.name && isExported(node)) this.#add('src/index.ts', node.name.text);
    }
    for (const { moduleSpecifier, exportClause } of entry.statements.filter(ts.isExportDeclaration)) {
      if (!moduleSpecifier || !ts.isStringLiteral(moduleSpecifier) || !exportClause || !ts.isNamedExports(exportClause))
        throw new Error('src/index.ts exports something else than names of a file');
      const file = path.posix.join('src', `${moduleSpecifier.text}.ts`);
      for (const { name } of exportClause.elements) this.#add(file, name.text);
    }
  }

  #add(file: string, name: string): void {
    this.#exported.set(name, describe(file, name));
  }

  all(): Exported[] {
    return [...this.#exported.values()];
  }

  /** The type of that name. */
  type(name: string): TypeApi {
    const found = this.#exported.get(name);
    if (found?.kind !== 'type') throw new Error(`src/index.ts exports no type ${name}`);
    return found;
  }
}

type Declared = ts.FunctionDeclaration | ts.InterfaceDeclaration | ts.ClassDeclaration | ts.TypeAliasDeclaration;

const isDeclared = (node: ts.Statement): node is Declared =>
  ts.isFunctionDeclaration(node) ||
  ts.isInterfaceDeclaration(node) ||
  ts.isClassDeclaration(node) ||
  ts.isTypeAliasDeclaration(node);

/** One declaration of a file. */
function describe(file: string, name: string): Exported {
  const source = sourceOf(file);
  const node = source.statements.filter(isDeclared).find((one) => one.name?.text === name);
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
    branches: branches.map((one) => ({ text: typeText(one, source), paragraphs: leadingComment(one, source) })),
  };
}

const sources = new Map<string, ts.SourceFile>();
function sourceOf(file: string): ts.SourceFile {
  const known = sources.get(file);
  if (known) return known;
  const source = ts.createSourceFile(file, readFileSync(at(file), 'utf8'), ts.ScriptTarget.Latest, true);
  sources.set(file, source);
  return source;
}

const isExported = (node: ts.FunctionDeclaration): boolean =>
  node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true;

/** On one line, and without what only the compiler reads. */
const typeText = (node: ts.TypeNode, source: ts.SourceFile): string =>
  node
    .getText(source)
    .replace(/\/\*\*.*?\*\//gs, '')
    .replace(/\breadonly (?=[\w$]+\??:)/g, '')
    .replace(/\s+/g, ' ')
    .replace(/^\| /, '')
    .replace(/; \}/g, ' }')
    .trim();

/** The type that is written there: what is public has one. */
function typeOf(node: ts.FunctionDeclaration | ts.ParameterDeclaration, source: ts.SourceFile): string {
  if (node.type === undefined) throw new Error(`${source.fileName}: ${node.name?.getText(source)} has no type`);
  return typeText(node.type, source);
}

function signature(node: ts.FunctionDeclaration, source: ts.SourceFile): string {
  const parameters = node.parameters.map((one) => {
    const optional = one.questionToken || one.initializer ? '?' : '';
    return `${one.name.getText(source)}${optional}: ${typeOf(one, source)}`;
  });
  return `${node.name?.text}(${parameters.join(', ')}): ${typeOf(node, source)}`;
}

function membersOf(node: ts.InterfaceDeclaration | ts.ClassDeclaration, source: ts.SourceFile): Member[] {
  const members: readonly (ts.TypeElement | ts.ClassElement)[] = node.members;
  return members.flatMap((one) => {
    if (!ts.isPropertySignature(one) && !ts.isPropertyDeclaration(one)) return [];
    if (ts.isPrivateIdentifier(one.name) || one.type === undefined) return [];
    return {
      name: one.name.getText(source),
      optional: one.questionToken !== undefined,
      type: typeText(one.type, source),
      ...documentation(one),
    };
  });
}

/** The paragraphs of a docstring, and its tags. */
function documentation(node: ts.Node): Documentation {
  const block = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc).at(-1);
  const tags: readonly ts.JSDocTag[] = block?.tags ?? [];
  const textOfTag = (tag: ts.JSDocTag) => ts.getTextOfJSDocComment(tag.comment) ?? '';
  const named = (name: string) => tags.filter(({ tagName }) => tagName.text === name);
  return {
    paragraphs: paragraphsOf(ts.getTextOfJSDocComment(block?.comment)),
    parameters: tags.filter(ts.isJSDocParameterTag).map((tag) => [tag.name.getText(), oneLine(textOfTag(tag))]),
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

/** The paragraphs of the docstring before one branch of a union. */
function leadingComment(node: ts.TypeNode, source: ts.SourceFile): string[] {
  const range = ts.getLeadingCommentRanges(source.text, node.getFullStart())?.at(-1);
  // It stands before the bar, which is of the union and not of the branch.
  const before = source.text.slice(0, node.getStart(source)).trimEnd().replace(/\|$/, '').trimEnd();
  const comment = range ? source.text.slice(range.pos, range.end) : '';
  const found = comment || (before.endsWith('*/') ? before.slice(before.lastIndexOf('/**')) : '');
  return paragraphsOf(found.replace(/^\/\*\*|\*\/$/g, '').replace(/^\s*\* ?/gm, ''));
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();
const paragraphsOf = (text = ''): string[] =>
  text
    .trim()
    .split(/\n\s*\n/)
    .map(oneLine)
    .filter(Boolean);
