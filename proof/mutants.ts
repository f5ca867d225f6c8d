import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/*
 * Small faults in sources. All of a file are in one text, each asleep until `__mutant(its number)` says so: one bundle
 * does for all of them, and shows which tests come by which fault.
 */

const root = fileURLToPath(new URL('..', import.meta.url));

/** One small fault. */
export interface Mutant {
  id: number;
  /** Below src/, without its ending. */
  file: string;
  line: number;
  /** The line it begins in, without the blanks around it: a fault is known again by it when lines move. */
  text: string;
  before: string;
  after: string;
}

/** All faults of a file, numbered from `first` on, and the file's text with them asleep in it. */
export function mutantsOf(file: string, first: number): { mutants: Mutant[]; text: string } {
  const source = ts.createSourceFile(
    file,
    readFileSync(`${root}src/${file}.ts`, 'utf8'),
    ts.ScriptTarget.Latest,
    true,
  );
  const mutants: Mutant[] = [];
  const text = (node: ts.Node): string => {
    let own = withChildren(node, source, text);
    for (const after of faultsOf(node, source)) {
      const id = first + mutants.length;
      mutants.push(describe(node, source, id, after));
      own = after === ';' ? `{ if (!__mutant(${id})) ${own} }` : `(__mutant(${id}) ? ${after} : (${own}))`;
    }
    return own;
  };
  return { mutants, text: text(source) };
}

function describe(node: ts.Node, source: ts.SourceFile, id: number, after: string): Mutant {
  const start = node.getStart(source);
  const { line } = source.getLineAndCharacterOfPosition(start);
  const text = source.text.split('\n')[line]?.trim() ?? '';
  const before = source.text.slice(start, node.getEnd());
  return { id, file: source.fileName, line: line + 1, text, before: short(before), after: short(after) };
}

function short(text: string): string {
  return text.replace(/\s+/g, ' ').slice(0, 120);
}

// The text of a node with faults in its parts.
function withChildren(node: ts.Node, source: ts.SourceFile, text: (node: ts.Node) => string): string {
  let at = node.getStart(source);
  const parts: string[] = [];
  ts.forEachChild(node, (child) => {
    if (isNoCode(child)) return;
    parts.push(source.text.slice(at, child.getStart(source)), text(child));
    at = child.getEnd();
  });
  parts.push(source.text.slice(at, node.getEnd()));
  return parts.join('');
}

function isNoCode(node: ts.Node): boolean {
  return (
    ts.isTypeNode(node) ||
    ts.isImportDeclaration(node) ||
    ts.isExportDeclaration(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    (ts.isPropertyName(node) && isNameOf(node))
  );
}

function isNameOf(node: ts.Node): boolean {
  const { parent } = node;
  return 'name' in parent && parent.name === node;
}

const OPERATORS: Record<string, string> = {
  '===': '!==',
  '!==': '===',
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '&&': '||',
  '||': '&&',
  '+': '-',
  '-': '+',
};

/** What may stand in the place of a node. */
function faultsOf(node: ts.Node, source: ts.SourceFile): string[] {
  const text = node.getText(source);
  const faults = [...expressionFaults(node, source), ...literalFaults(node)];
  const isCondition =
    ts.isIfStatement(node.parent ?? source) && 'expression' in node.parent && node.parent.expression === node;
  // With these two, and with a `!` before it, it is the same fault once more.
  if (isCondition && !faults.some((it) => /(===|!==)/.test(it)) && !text.startsWith('!'))
    faults.push(`!(${text})`);
  return faults;
}

function expressionFaults(node: ts.Node, source: ts.SourceFile): string[] {
  if (ts.isBinaryExpression(node)) return operatorFaults(node, source);
  if (ts.isConditionalExpression(node)) {
    const [condition, yes, no] = [node.condition, node.whenTrue, node.whenFalse].map((it) =>
      it.getText(source),
    );
    return [`((${condition}) ? (${no}) : (${yes}))`];
  }
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken)
    return [node.operand.getText(source)];
  return ts.isExpressionStatement(node) && ts.isCallExpression(node.expression) ? [';'] : [];
}

function operatorFaults(node: ts.BinaryExpression, source: ts.SourceFile): string[] {
  const other = OPERATORS[node.operatorToken.getText(source)];
  const isText = [node.left, node.right].some(
    (it) => ts.isStringLiteralLike(it) || ts.isTemplateExpression(it),
  );
  if (other === undefined || (other === '-' && isText)) return [];
  return [`((${node.left.getText(source)}) ${other} (${node.right.getText(source)}))`];
}

function literalFaults(node: ts.Node): string[] {
  if (ts.isNumericLiteral(node)) return [String(Number(node.text.replaceAll('_', '')) + 1)];
  if (node.kind === ts.SyntaxKind.TrueKeyword) return ['false'];
  if (node.kind === ts.SyntaxKind.FalseKeyword) return ['true'];
  return ts.isStringLiteral(node) && node.text.length > 0 && node.text.length < 4 ? ["'\\u{1f9ec}'"] : [];
}
