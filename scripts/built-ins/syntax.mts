// What can be told of a piece of code without its types.
import ts from 'typescript';

/** The name of a node of a kind that has one. */
export const nameOf = (node: ts.Node): ts.Node | undefined => (node as { name?: ts.Node }).name;

export const isAsync = (node: ts.Node | undefined): boolean =>
  node !== undefined &&
  ts.canHaveModifiers(node) &&
  ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.AsyncKeyword) === true;

export const isInAsync = (node: ts.Node): boolean => isAsync(ts.findAncestor(node, ts.isFunctionLike));

/** Whether a statement is inside of `try`, or of `finally`, of its function. */
export const isInTry = (node: ts.Node): boolean =>
  ts.findAncestor(node, ({ parent, kind }) =>
    ts.isFunctionLike(parent) ? 'quit' : ts.isTryStatement(parent) && kind !== ts.SyntaxKind.CatchClause,
  ) !== undefined;

/** Whether an expression has `await` or `yield` of its function. */
export const waits = (node: ts.Node): boolean =>
  ts.isAwaitExpression(node) ||
  ts.isYieldExpression(node) ||
  (!ts.isFunctionLike(node) && (ts.forEachChild(node, waits) ?? false));

/** Whether `a?.b()` is followed by a part that `?.` jumps over too. */
export const isContinued = ({ parent, end }: ts.CallExpression): boolean =>
  (ts.isPropertyAccessExpression(parent) || ts.isElementAccessExpression(parent) || ts.isCallExpression(parent)) &&
  parent.expression.end === end &&
  !parent.questionDotToken;

/** Whether a pattern ends with `...rest`. */
export const hasRest = ({ elements }: ts.ArrayBindingPattern): boolean =>
  elements.some((element) => ts.isBindingElement(element) && element.dotDotDotToken);

/** Whether an identifier is the name of something, and reads nothing. */
export function isName(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isShorthandPropertyAssignment(parent)) return false;
  if (ts.isBindingElement(parent)) return parent.initializer !== node;
  if (ts.isImportSpecifier(parent) || ts.isExportSpecifier(parent)) return true;
  const isLabel = ts.isLabeledStatement(parent) || ts.isBreakOrContinueStatement(parent);
  return isLabel ? parent.label === node : nameOf(parent) === node;
}
