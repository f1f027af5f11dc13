// Makes the code that goes into dist/ independent of what a program does to the language's own library: each use of it that
// TypeScript's checker finds (a method, a static function, a global, an iteration) becomes a use of what runtime.cjs took
// before the program ran. src/ stays ordinary TypeScript: `list.map(f)` there is `__b.ArrayPrototypeMap(list, f)` in dist/.
import ts from 'typescript';
import { ACCESSORS, BY_PATTERN, COLLECTIONS, capital, HELPERS, INHERITED, ITERATE, OWNERS } from './rules.mjs';
import { hasRest, isAsync, isContinued, isInAsync, isInTry, waits } from './syntax.mjs';
import { Taken } from './taken.mjs';
import { Types } from './types.mjs';

/** The transform of all files that go into the bundles. */
export class Transform {
  readonly taken = new Taken();
  /** What could not be made safe. */
  readonly faults: string[] = [];
  #count = 0;

  /** The text of a source file for esbuild. */
  apply(program: ts.Program, fileName: string): string {
    const file = program.getSourceFile(fileName);
    if (file === undefined) throw new Error(`${fileName} is not of the program`);
    return new FileTransform(this, file, new Types(program.getTypeChecker())).text();
  }

  /** A number that no other name in the bundles has. */
  unique(): number {
    return ++this.#count;
  }
}

/** The transform of one file. */
class FileTransform {
  readonly #of: Transform;
  readonly #taken: Taken;
  readonly #file: ts.SourceFile;
  readonly #types: Types;

  constructor(of: Transform, file: ts.SourceFile, types: Types) {
    this.#of = of;
    this.#taken = of.taken;
    this.#file = file;
    this.#types = types;
  }

  text(): string {
    return this.#text(this.#file);
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
    if (!node.expression || !isInAsync(node) || !this.#types.isPromise(node.expression)) return undefined;
    if (isInTry(node))
      this.#fault(node, 'a promise that is returned inside of try; write return await, or return it elsewhere');
    return `return await ${this.#text(node.expression)};`;
  }

  #arrow(node: ts.ArrowFunction): string | undefined {
    const { body } = node;
    if (ts.isBlock(body) || !isAsync(node) || !this.#types.isPromise(body)) return undefined;
    const whole = this.#unchanged(node);
    const inside = this.#text(body);
    if (!whole.endsWith(inside)) this.#fault(node, 'an arrow function that does not end with its body');
    return `${whole.slice(0, -inside.length)}(await ${inside})`;
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
    const module = `__m${this.#of.unique()}`;
    const byDefault = importClause.name ? `${importClause.name.text}, ` : '';
    const names = values.map(({ propertyName, name }) =>
      propertyName ? `${propertyName.text}: ${name.text}` : name.text,
    );
    return `import ${byDefault}* as ${module} from '${moduleSpecifier.text}'; const { ${names.join(', ')} } = ${module};`;
  }

  #call(node: ts.CallExpression): string | undefined {
    const { expression: callee, arguments: args } = node;
    if (!ts.isPropertyAccessExpression(callee)) return undefined;
    const known = this.#types.member(callee);
    if (known === undefined) return undefined;
    if (known.kind === 'static') {
      const { owner, name } = known;
      const helper = HELPERS.get(`${owner}Constructor.${name}`);
      const called = helper ? `__b.${helper}` : this.#taken.static(owner, name);
      return `${called}(${this.#arguments(`${owner}${capital(name)}`, args)})`;
    }
    const receiver = this.#text(callee.expression);
    const optional = (node.flags & ts.NodeFlags.OptionalChain) !== 0;
    if (optional && isContinued(node)) this.#fault(node, 'an optional chain goes on after a call; write ?. again');
    const { name } = known;
    if (known.kind === 'dynamic') {
      if (optional) this.#fault(node, 'an optional call of what has no type');
      this.#taken.dynamic(name);
      return `__b.invoke(${[receiver, `'${name}'`, ...args.map((arg) => this.#text(arg))].join(', ')})`;
    }
    const owner = known.kind === 'method' ? known.owner : undefined;
    const given = args.map((arg, i) =>
      i === 0 && owner === 'String' && BY_PATTERN.has(name) && !this.#types.isString(arg)
        ? `__b.harden(${this.#text(arg)})`
        : this.#text(arg),
    );
    const helper = HELPERS.get(`${owner}.${name}`);
    const method = owner === undefined ? '__b.next' : helper ? `__b.${helper}` : this.#taken.method(owner, name);
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
    if (!ts.isIdentifier(callee) || !this.#types.isGlobal(callee) || args.length === 0) return undefined;
    if (COLLECTIONS.has(callee.text)) return `__b.new${callee.text}(${this.#list(args)})`;
    if (OWNERS.get(callee.text) === 'TypedArray' && this.#types.isArray(args[0]))
      return `new ${this.#text(callee)}(__b.iterate(${this.#text(args[0])}))`;
    return undefined;
  }

  /** A property that is read, and not called. */
  #property(node: ts.PropertyAccessExpression): string | undefined {
    const known = this.#types.member(node);
    if (known === undefined) return undefined;
    if (known.kind === 'static') return this.#taken.static(known.owner, known.name);
    if (known.kind !== 'method') return undefined;
    const { owner, name } = known;
    if (!ACCESSORS.has(`${owner}.${name}`)) return undefined;
    const taken = this.#taken.accessor(owner, name);
    const receiver = this.#text(node.expression);
    return node.flags & ts.NodeFlags.OptionalChain ? `__b.maybe(${receiver}, ${taken})` : `${taken}(${receiver})`;
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
    if (!this.#types.isArray(expression))
      return `for (${keyword} ${this.#text(name)} of __b.iterate(${this.#text(expression)})) ${body}`;
    // As the iterator of an array does it, for a tenth of what that costs.
    const number = this.#of.unique();
    const [all, i] = [`__all${number}`, `__i${number}`];
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
    if (hasRest(node) || !this.#types.isArray(node)) this.#fault(node, 'a pattern with a rest, or of what is no array');
    const parts = node.elements.map((element, i) =>
      ts.isBindingElement(element) ? `${i}: ${this.#text(element)}` : '',
    );
    return `{ ${parts.filter(Boolean).join(', ')} }`;
  }

  /** Whether a pattern stays one of an array, and `#declaration` wraps what it takes apart. */
  #isIterated(pattern: ts.ArrayBindingPattern): boolean {
    const { parent } = pattern;
    if (!ts.isVariableDeclaration(parent) || !parent.initializer) return false;
    return !this.#types.isArray(pattern) || hasRest(pattern);
  }

  #declaration({ name, initializer }: ts.VariableDeclaration): string | undefined {
    if (!initializer || !ts.isArrayBindingPattern(name) || !this.#isIterated(name)) return undefined;
    return `${this.#unchanged(name)} = __b.iterate(${this.#text(initializer)})`;
  }

  #identifier(node: ts.Identifier): string | undefined {
    if (!this.#types.isGlobal(node)) return undefined;
    const taken = this.#taken.global(node.text);
    return ts.isShorthandPropertyAssignment(node.parent) ? `${node.text}: ${taken}` : taken;
  }

  #fault(node: ts.Node, what: string): void {
    const { line } = this.#file.getLineAndCharacterOfPosition(node.getStart(this.#file));
    this.#of.faults.push(`${this.#file.fileName}:${line + 1}: ${what}: ${node.getText(this.#file).slice(0, 80)}`);
  }
}
