// Makes the code that goes into dist/ independent of what a program does to the language's own library: each use of it that
// TypeScript's checker finds (a method, a static function, a global, an iteration) becomes a use of what runtime.cjs took
// before the program ran. src/ stays ordinary TypeScript: `list.map(f)` there is `__b.ArrayPrototypeMap(list, f)` in dist/.
import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { at } from '../generated.mjs';
import {
  ACCESSORS,
  BY_PATTERN,
  COLLECTIONS,
  capital,
  DYNAMIC,
  HELPERS,
  INHERITED,
  ITERATE,
  NOT_TAKEN,
  OWNERS,
  SETTINGS,
  STATICS,
} from './rules.mjs';

const isLibrary = (file: string): boolean => /\/typescript\/lib\/lib\.[\w.]*d\.ts$|\/@types\/node\//.test(file);
const libraryDeclarations = (symbol: ts.Symbol | undefined): ts.Declaration[] =>
  (symbol?.declarations ?? []).filter((declaration) => isLibrary(declaration.getSourceFile().fileName));

/** The interface, or the namespace, that a member is declared in. */
function parentName({ parent }: ts.Declaration): string | undefined {
  const name = nameOf(ts.isModuleBlock(parent) ? parent.parent : parent);
  return name && ts.isIdentifier(name) ? name.text : undefined;
}

/** The name of a node of a kind that has one. */
const nameOf = (node: ts.Node): ts.Node | undefined => (node as { name?: ts.Node }).name;

/** What an access of a property is: of a method of a built-in, of a function of one, of `next` of an iterator, or of what has no type. */
type Member =
  | { readonly kind: 'static' | 'method'; readonly owner: string; readonly name: string }
  | { readonly kind: 'next' | 'dynamic'; readonly name: string };

/** The file that is transformed, and what knows its types. */
interface Source {
  readonly file: ts.SourceFile;
  readonly checker: ts.TypeChecker;
}

export class Transform {
  /** Names of runtime.cjs → the expressions that they are taken by. */
  readonly #taken = new Map<string, string>();
  readonly #dynamic = new Set<string>();
  readonly #faults: string[] = [];
  #source: Source | undefined;
  #count = 0;

  /** The text of a source file for esbuild. */
  apply(program: ts.Program, fileName: string): string {
    const file = program.getSourceFile(fileName);
    if (file === undefined) throw new Error(`${fileName} is not of the program`);
    this.#source = { file, checker: program.getTypeChecker() };
    return this.#text(file);
  }

  get #file(): ts.SourceFile {
    return this.#now.file;
  }

  get #checker(): ts.TypeChecker {
    return this.#now.checker;
  }

  get #now(): Source {
    if (this.#source === undefined) throw new Error('nothing is transformed yet');
    return this.#source;
  }

  /** What `apply` could not make safe. */
  get faults(): readonly string[] {
    return this.#faults;
  }

  /** The file that the bundles require. */
  runtime(): string {
    const names = (list: readonly string[]) => list.map((name) => `'${name}'`).join(', ');
    const taken = [...this.#taken].sort().map(([name, by]) => (name === by ? `  ${name},` : `  ${name}: ${by},`));
    return readFileSync(at('scripts/built-ins/runtime.cjs'), 'utf8')
      .replace('/* DYNAMIC */', names([...this.#dynamic].sort()))
      .replace('  /* TAKEN */', taken.join('\n'));
  }

  /** The same of a function of `Object`, for the code of esbuild. */
  objectFunction(name: string): string {
    return this.#static('Object', name);
  }

  #use(name: string, by = name): string {
    this.#taken.set(name, by);
    return `__b.${name}`;
  }

  #text(node: ts.Node): string {
    return this.#change(node) ?? this.#unchanged(node);
  }

  /** The text as it is, but for what is inside. */
  #unchanged(node: ts.Node): string {
    const source = this.#file.text;
    let at = node === this.#file ? 0 : node.getStart(this.#file);
    let out = '';
    ts.forEachChild(node, (child) => {
      const start = child.getStart(this.#file);
      if (start < at) return;
      out += source.slice(at, start) + this.#text(child);
      at = child.end;
    });
    return out + source.slice(at, node.end);
  }

  #list(nodes: readonly ts.Node[]): string {
    return nodes.map((node) => this.#text(node)).join(', ');
  }

  /** The text to put in the place of a node; undefined where it can stay. */
  #change(node: ts.Node): string | undefined {
    if (ts.isExpressionWithTypeArguments(node))
      return ts.isHeritageClause(node.parent) && node.parent.token === ts.SyntaxKind.ImplementsKeyword
        ? node.getText(this.#file)
        : undefined;
    if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node))
      return node.getText(this.#file);
    if (ts.isImportDeclaration(node)) return this.#import(node);
    if (ts.isCallExpression(node)) return this.#call(node);
    if (ts.isNewExpression(node)) return this.#construct(node);
    if (ts.isPropertyAccessExpression(node)) return this.#property(node);
    if (ts.isForOfStatement(node)) return this.#forOf(node);
    if (ts.isArrayLiteralExpression(node)) return this.#arrayLiteral(node);
    if (ts.isSpreadElement(node)) return `...__b.iterate(${this.#text(node.expression)})`;
    if (ts.isArrayBindingPattern(node)) return this.#arrayPattern(node);
    if (ts.isVariableDeclaration(node)) return this.#declaration(node);
    if (ts.isYieldExpression(node) && node.asteriskToken && node.expression)
      return `yield* __b.iterate(${this.#text(node.expression)})`;
    if (ts.isBinaryExpression(node)) return this.#assignment(node);
    if (ts.isReturnStatement(node)) return this.#return(node);
    if (ts.isArrowFunction(node)) return this.#arrow(node);
    if (ts.isIdentifier(node)) return this.#identifier(node);
    return undefined;
  }

  #assignment({ left, right, operatorToken }: ts.BinaryExpression): string | undefined {
    if (operatorToken.kind !== ts.SyntaxKind.EqualsToken) return undefined;
    if (ts.isArrayLiteralExpression(left)) return `${left.getText(this.#file)} = __b.iterate(${this.#text(right)})`;
    if (!ts.isPropertyAccessExpression(left)) return undefined;
    const { text: name } = left.name;
    if (!INHERITED.has(name)) return undefined;
    return `__b.assign(${this.#text(left.expression)}, '${name}', ${this.#text(right)})`;
  }

  /** What an async function returns resolves its promise, and a promise that is resolved by a promise calls its `then`. */
  #return(node: ts.ReturnStatement): string | undefined {
    if (!node.expression || !isInAsync(node) || !this.#isPromise(node.expression)) return undefined;
    const mayCatch = ({ parent, kind }: ts.Node) =>
      ts.isFunctionLike(parent) ? 'quit' : ts.isTryStatement(parent) && kind !== ts.SyntaxKind.CatchClause;
    if (ts.findAncestor(node, mayCatch))
      this.#fault(node, 'a promise that is returned inside of try; write return await, or return it elsewhere');
    return `return await ${this.#text(node.expression)};`;
  }

  #arrow(node: ts.ArrowFunction): string | undefined {
    const { body } = node;
    if (ts.isBlock(body) || !isAsync(node) || !this.#isPromise(body)) return undefined;
    const whole = this.#unchanged(node);
    const inside = this.#text(body);
    if (!whole.endsWith(inside)) this.#fault(node, 'an arrow function that does not end with its body');
    return `${whole.slice(0, -inside.length)}(await ${inside})`;
  }

  #isPromise(node: ts.Expression): boolean {
    if (ts.isAwaitExpression(node)) return false;
    const type = this.#checker.getTypeAtLocation(node);
    return (type.isUnion() ? type.types : [type]).some((one) => one.symbol?.name === 'Promise');
  }

  /** Functions of Node's modules are taken too: `import { isIP } from 'node:net'` would look one up with each call. */
  #import(node: ts.ImportDeclaration): string {
    const { importClause, moduleSpecifier } = node;
    const text = node.getText(this.#file);
    const named = importClause?.namedBindings;
    if (!importClause || importClause.isTypeOnly || !named || !ts.isNamedImports(named)) return text;
    if (!ts.isStringLiteral(moduleSpecifier) || !moduleSpecifier.text.startsWith('node:')) return text;
    const values = named.elements.filter((element) => !element.isTypeOnly);
    if (values.length === 0) return text;
    const module = `__m${++this.#count}`;
    const byDefault = importClause.name ? `${importClause.name.text}, ` : '';
    const names = values.map(({ propertyName, name }) =>
      propertyName ? `${propertyName.text}: ${name.text}` : name.text,
    );
    return `import ${byDefault}* as ${module} from '${moduleSpecifier.text}'; const { ${names.join(', ')} } = ${module};`;
  }

  #call(node: ts.CallExpression): string | undefined {
    const { expression: callee, arguments: args } = node;
    if (!ts.isPropertyAccessExpression(callee)) return undefined;
    const known = this.#member(callee);
    if (known === undefined) return undefined;
    if (known.kind === 'static') {
      const { owner, name } = known;
      const helper = HELPERS.get(`${owner}Constructor.${name}`);
      const called = helper ? `__b.${helper}` : this.#static(owner, name);
      return `${called}(${this.#arguments(`${owner}${capital(name)}`, args)})`;
    }
    const receiver = this.#text(callee.expression);
    const optional = (node.flags & ts.NodeFlags.OptionalChain) !== 0;
    if (optional && isContinued(node)) this.#fault(node, 'an optional chain goes on after a call; write ?. again');
    const { name } = known;
    if (known.kind === 'dynamic') {
      if (optional) this.#fault(node, 'an optional call of what has no type');
      this.#dynamic.add(name);
      return `__b.invoke(${[receiver, `'${name}'`, ...args.map((arg) => this.#text(arg))].join(', ')})`;
    }
    const owner = known.kind === 'method' ? known.owner : undefined;
    const given = args.map((arg, i) =>
      i === 0 && owner === 'String' && BY_PATTERN.has(name) && !this.#isString(arg)
        ? `__b.harden(${this.#text(arg)})`
        : this.#text(arg),
    );
    const helper = HELPERS.get(`${owner}.${name}`);
    const method = owner === undefined ? '__b.next' : helper ? `__b.${helper}` : this.#method(owner, name);
    if (!optional) return `${method}(${[receiver, ...given].join(', ')})`;
    if (args.some(waits)) this.#fault(node, 'an optional call with await or yield in its arguments');
    return `__b.maybe(${receiver}, (__it) => ${method}(${['__it', ...given].join(', ')}))`;
  }

  #arguments(name: string, args: readonly ts.Expression[]): string {
    const [first, ...rest] = args;
    if (first !== undefined && ITERATE.has(name))
      return [`__b.iterate(${this.#text(first)})`, ...rest.map((arg) => this.#text(arg))].join(', ');
    // What a descriptor lacks would be looked up in Object.prototype.
    if (name.endsWith('DefineProperty') && args[2] && ts.isObjectLiteralExpression(args[2]))
      return `${this.#list(args.slice(0, 2))}, { __proto__: null, ${this.#text(args[2]).slice(1)}`;
    return this.#list(args);
  }

  #construct(node: ts.NewExpression): string | undefined {
    const { expression: callee, arguments: args = [] } = node;
    if (!ts.isIdentifier(callee) || this.#global(callee) === undefined || args.length === 0) return undefined;
    if (COLLECTIONS.has(callee.text)) return `__b.new${callee.text}(${this.#list(args)})`;
    if (OWNERS.get(callee.text) === 'TypedArray' && this.#isArray(args[0]))
      return `new ${this.#text(callee)}(__b.iterate(${this.#text(args[0])}))`;
    return undefined;
  }

  /** A property that is read, and not called. */
  #property(node: ts.PropertyAccessExpression): string | undefined {
    const known = this.#member(node);
    if (known === undefined) return undefined;
    if (known.kind === 'static') return this.#static(known.owner, known.name);
    if (known.kind !== 'method') return undefined;
    const { owner, name } = known;
    if (!ACCESSORS.has(`${owner}.${name}`)) return undefined;
    const taken = this.#use(`${owner}PrototypeGet${capital(name)}`, `accessor(${owner}, '${name}')`);
    const receiver = this.#text(node.expression);
    return node.flags & ts.NodeFlags.OptionalChain ? `__b.maybe(${receiver}, ${taken})` : `${taken}(${receiver})`;
  }

  #method(owner: string, name: string): string {
    return this.#use(`${owner}Prototype${capital(name)}`, `uncurry(${owner}.prototype.${name})`);
  }

  #static(owner: string, name: string): string {
    const bound = ['Array', 'Buffer', 'Promise'].includes(owner) || OWNERS.get(owner) === 'TypedArray';
    return this.#use(`${owner}${capital(name)}`, bound ? `${owner}.${name}.bind(${owner})` : `${owner}.${name}`);
  }

  /** What `owner.name` is, by where it is declared. */
  #member(access: ts.PropertyAccessExpression): Member | undefined {
    const { text: name } = access.name;
    const symbol = this.#checker.getSymbolAtLocation(access.name);
    const { expression } = access;
    if (ts.isIdentifier(expression) && STATICS.has(expression.text) && this.#global(expression)) {
      if (SETTINGS.has(name)) return undefined;
      const type = this.#checker.getTypeAtLocation(access);
      return type.getCallSignatures().length > 0 ? { kind: 'static', owner: expression.text, name } : undefined;
    }
    if (symbol === undefined) {
      const isAny = (this.#checker.getTypeAtLocation(expression).flags & ts.TypeFlags.Any) !== 0;
      return isAny && DYNAMIC.has(name) && ts.isCallExpression(access.parent) && access.parent.expression === access
        ? { kind: 'dynamic', name }
        : undefined;
    }
    const parents = new Set(libraryDeclarations(symbol).map(parentName));
    if (name === 'next' && [...parents].some((parent) => /Iterator$|^Generator$/.test(parent ?? '')))
      return { kind: 'next', name };
    const owners = new Set([...parents].flatMap((parent) => OWNERS.get(parent ?? '') ?? []));
    if (owners.size > 1) return { kind: 'dynamic', name };
    const [owner] = owners;
    return owner === undefined ? undefined : { kind: 'method', owner, name };
  }

  #forOf(node: ts.ForOfStatement): string | undefined {
    const { initializer, expression, statement } = node;
    if (node.awaitModifier) this.#fault(node, 'for await');
    const body = this.#text(statement);
    if (!ts.isVariableDeclarationList(initializer)) {
      this.#fault(node, 'for of without a declaration');
      return undefined;
    }
    const keyword = initializer.flags & ts.NodeFlags.Const ? 'const' : 'let';
    const { name } = initializer.declarations[0];
    if (!this.#isArray(expression))
      return `for (${keyword} ${this.#text(name)} of __b.iterate(${this.#text(expression)})) ${body}`;
    // As the iterator of an array does it, for a tenth of what that costs.
    const [all, i] = [`__all${++this.#count}`, `__i${this.#count}`];
    const head = `let ${all} = ${this.#text(expression)}, ${i} = 0; ${i} < ${all}.length; ${i}++`;
    return `for (${head}) { ${keyword} ${this.#text(name)} = ${all}[${i}]; ${body} }`;
  }

  #arrayLiteral(node: ts.ArrayLiteralExpression): string | undefined {
    const [only] = node.elements;
    return node.elements.length === 1 && ts.isSpreadElement(only)
      ? `__b.list(${this.#text(only.expression)})`
      : undefined;
  }

  /** `[a, b]` takes apart by an iterator, `{ 0: a, 1: b }` by properties. */
  #arrayPattern(node: ts.ArrayBindingPattern): string | undefined {
    if (this.#isIterated(node)) return undefined;
    const hasRest = node.elements.some((element) => ts.isBindingElement(element) && element.dotDotDotToken);
    if (hasRest || !this.#isArray(node)) this.#fault(node, 'a pattern with a rest, or of what is no array');
    const parts = node.elements.map((element, i) =>
      ts.isBindingElement(element) ? `${i}: ${this.#text(element)}` : '',
    );
    return `{ ${parts.filter(Boolean).join(', ')} }`;
  }

  /** Whether a pattern stays one of an array, and `#declaration` wraps what it takes apart. */
  #isIterated(pattern: ts.ArrayBindingPattern): boolean {
    const { parent } = pattern;
    if (!ts.isVariableDeclaration(parent) || !parent.initializer) return false;
    return !this.#isArray(pattern) || pattern.elements.some((e) => ts.isBindingElement(e) && e.dotDotDotToken);
  }

  #declaration({ name, initializer }: ts.VariableDeclaration): string | undefined {
    if (!initializer || !ts.isArrayBindingPattern(name) || !this.#isIterated(name)) return undefined;
    return `${this.#unchanged(name)} = __b.iterate(${this.#text(initializer)})`;
  }

  #identifier(node: ts.Identifier): string | undefined {
    if (this.#global(node) === undefined) return undefined;
    const taken = this.#use(node.text);
    return ts.isShorthandPropertyAssignment(node.parent) ? `${node.text}: ${taken}` : taken;
  }

  /** The symbol of an identifier that reads a global of the language, or of Node. */
  #global(node: ts.Identifier): ts.Symbol | undefined {
    const { parent, text } = node;
    if (NOT_TAKEN.has(text) || isName(node)) return undefined;
    const symbol = ts.isShorthandPropertyAssignment(parent)
      ? this.#checker.getShorthandAssignmentValueSymbol(parent)
      : this.#checker.getSymbolAtLocation(node);
    if (symbol === undefined || symbol.flags & ts.SymbolFlags.Alias) return undefined;
    const declarations = libraryDeclarations(symbol);
    const isGlobal =
      symbol.declarations?.length === declarations.length &&
      declarations.some(
        (declaration) =>
          ts.isVariableDeclaration(declaration) ||
          ts.isFunctionDeclaration(declaration) ||
          ts.isModuleDeclaration(declaration) ||
          ts.isClassDeclaration(declaration),
      );
    return isGlobal ? symbol : undefined;
  }

  #isString(node: ts.Expression): boolean {
    const type = this.#checker.getTypeAtLocation(node);
    return (type.flags & ts.TypeFlags.StringLike) !== 0;
  }

  /** Whether all that a node may be is an array, or has its elements as properties as arrays have them. */
  #isArray(node: ts.Node): boolean {
    const type = this.#checker.getTypeAtLocation(node);
    const resolved = this.#checker.getBaseConstraintOfType(type) ?? type;
    const all = resolved.isUnion() ? resolved.types : [resolved];
    return all.every((one) => this.#checker.isArrayType(one) || this.#checker.isTupleType(one) || isBytes(one.symbol));
  }

  #fault(node: ts.Node, what: string): void {
    const { line } = this.#file.getLineAndCharacterOfPosition(node.getStart(this.#file));
    this.#faults.push(`${this.#file.fileName}:${line + 1}: ${what}: ${node.getText(this.#file).slice(0, 80)}`);
  }
}

/** Of the symbol of a type: `string` and the like have none, whatever the declaration of `ts.Type` says. */
const isBytes = (symbol: ts.Symbol | undefined): boolean =>
  symbol !== undefined && (OWNERS.get(symbol.name) === 'TypedArray' || symbol.name === 'Buffer');

const isAsync = (node: ts.Node | undefined): boolean =>
  node !== undefined &&
  ts.canHaveModifiers(node) &&
  ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.AsyncKeyword) === true;
const isInAsync = (node: ts.Node): boolean => isAsync(ts.findAncestor(node, ts.isFunctionLike));

/** Whether an expression has `await` or `yield` of its function. */
const waits = (node: ts.Node): boolean =>
  ts.isAwaitExpression(node) ||
  ts.isYieldExpression(node) ||
  (!ts.isFunctionLike(node) && (ts.forEachChild(node, waits) ?? false));

/** Whether `a?.b()` is followed by a part that `?.` jumps over too. */
const isContinued = ({ parent, end }: ts.CallExpression): boolean =>
  (ts.isPropertyAccessExpression(parent) || ts.isElementAccessExpression(parent) || ts.isCallExpression(parent)) &&
  parent.expression.end === end &&
  !parent.questionDotToken;

/** Whether an identifier is the name of something, and reads nothing. */
function isName(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isShorthandPropertyAssignment(parent)) return false;
  if (ts.isBindingElement(parent)) return parent.initializer !== node;
  if (ts.isImportSpecifier(parent) || ts.isExportSpecifier(parent)) return true;
  const isLabel = ts.isLabeledStatement(parent) || ts.isBreakOrContinueStatement(parent);
  return isLabel ? parent.label === node : nameOf(parent) === node;
}
