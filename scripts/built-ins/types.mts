// What TypeScript's checker tells of a piece of code: what of the language's own library it uses.
import ts from 'typescript';
import { DYNAMIC, NOT_TAKEN, OWNERS, SETTINGS, STATICS } from './rules.mjs';
import { isName, nameOf } from './syntax.mjs';

/**
 * What an access of a property is: of a function of a built-in (`Object.keys`), of what its prototype has (`list.map`), of
 * `next` of an iterator, or of something that has no type.
 */
export type Member =
  | { readonly kind: 'static' | 'method'; readonly owner: string; readonly name: string }
  | { readonly kind: 'next' | 'dynamic'; readonly name: string };

export class Types {
  readonly #checker: ts.TypeChecker;

  constructor(checker: ts.TypeChecker) {
    this.#checker = checker;
  }

  /** What `owner.name` is, by where it is declared; undefined where it is nothing that a program could replace. */
  member(access: ts.PropertyAccessExpression): Member | undefined {
    const { text: name } = access.name;
    const symbol = this.#checker.getSymbolAtLocation(access.name);
    const { expression } = access;
    if (ts.isIdentifier(expression) && STATICS.has(expression.text) && this.isGlobal(expression)) {
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

  /** Whether an identifier reads a global of the language, or of Node. */
  isGlobal(node: ts.Identifier): boolean {
    const { parent, text } = node;
    if (NOT_TAKEN.has(text) || isName(node)) return false;
    const symbol = ts.isShorthandPropertyAssignment(parent)
      ? this.#checker.getShorthandAssignmentValueSymbol(parent)
      : this.#checker.getSymbolAtLocation(node);
    if (symbol === undefined || symbol.flags & ts.SymbolFlags.Alias) return false;
    const declarations = libraryDeclarations(symbol);
    return (
      symbol.declarations?.length === declarations.length &&
      declarations.some(
        (declaration) =>
          ts.isVariableDeclaration(declaration) ||
          ts.isFunctionDeclaration(declaration) ||
          ts.isModuleDeclaration(declaration) ||
          ts.isClassDeclaration(declaration),
      )
    );
  }

  isString(node: ts.Expression): boolean {
    return (this.#checker.getTypeAtLocation(node).flags & ts.TypeFlags.StringLike) !== 0;
  }

  /** Whether all that a node may be is an array, or has its elements as properties as arrays have them. */
  isArray(node: ts.Node): boolean {
    const type = this.#checker.getTypeAtLocation(node);
    return branchesOf(this.#checker.getBaseConstraintOfType(type) ?? type).every(
      (one) => this.#checker.isArrayType(one) || this.#checker.isTupleType(one) || isBytes(one),
    );
  }

  /** Whether an expression that is not awaited may be a promise. */
  isPromise(node: ts.Expression): boolean {
    if (ts.isAwaitExpression(node)) return false;
    return branchesOf(this.#checker.getTypeAtLocation(node)).some((one) => symbolName(one) === 'Promise');
  }
}

const branchesOf = (type: ts.Type): ts.Type[] => (type.isUnion() ? type.types : [type]);
/** `string` and the like have no symbol, whatever the declaration of `ts.Type` says. */
const symbolName = (type: ts.Type): string => (type.symbol as ts.Symbol | undefined)?.name ?? '';
const isBytes = (type: ts.Type): boolean =>
  OWNERS.get(symbolName(type)) === 'TypedArray' || symbolName(type) === 'Buffer';

const isLibrary = (file: string): boolean => /\/typescript\/lib\/lib\.[\w.]*d\.ts$|\/@types\/node\//.test(file);
const libraryDeclarations = (symbol: ts.Symbol): ts.Declaration[] =>
  (symbol.declarations ?? []).filter((declaration) => isLibrary(declaration.getSourceFile().fileName));

/** The interface, or the namespace, that a member is declared in. */
function parentName({ parent }: ts.Declaration): string | undefined {
  const name = nameOf(ts.isModuleBlock(parent) ? parent.parent : parent);
  return name && ts.isIdentifier(name) ? name.text : undefined;
}
