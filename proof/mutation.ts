import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import ts from 'typescript';
import { inParallel, type Options, type Part, type Row, Tally } from './part.js';
import { Random } from './random.js';

/*
 * Mutants: the sources with one small fault each, against the tests that need neither a shell's hook nor the command
 * line. One that all tests let through is shown: either a test is missing, or the fault makes no difference.
 * A sample, bounded by time, since a mutant that lives costs half a minute.
 */

const FILES = [
  'trust',
  'parse',
  'decode',
  'interpolate',
  'resolve',
  'compile',
  'evaluate',
  'plan',
  'session',
  'names',
].concat(['bash', 'zsh', 'fish', 'posix'].map((name) => `shells/${name}`));
// The quickest first. Each is a program of its own when it is bundled.
const TESTS = ['core', 'dialect', 'everyday'];
const PATIENCE_MS = 120_000;
// Two at a time are slower than it allows.
const TIMED = /t\.test\(('64 KiB of the worst input)/;
const root = fileURLToPath(new URL('..', import.meta.url));

export const mutation: Part = {
  name: 'mutation',
  async run(options: Options, report: (row: Row) => void) {
    const random = new Random(options.seed);
    const all = FILES.flatMap(mutantsOf);
    const order = all.map((mutant) => ({ mutant, at: random.next() })).sort((a, b) => a.at - b.at);
    const tally = new Tally(
      'mutation',
      'small faults in trust, parse, resolve, compile, evaluate, the emitters: noticed by a test',
    );
    const untouched = await survives({ file: '', start: 0, end: 0, text: '', line: 0 }, 0);
    if (!untouched) throw new Error('the tests fail without any fault');
    const end = Date.now() + (options.short ? 15_000 : 240_000 * options.share);
    let alive = 0;
    await inParallel(order, 2, async ({ mutant, at }) => {
      if (Date.now() > end) return;
      const lives = await survives(mutant, Math.floor(at * 1e9));
      tally.add(undefined);
      if (!lives) return;
      alive++;
      tally.note(describe(mutant));
    });
    report(tally.row(`${alive} lived; ${all.length} possible`));
  },
};

/** A text in place of a part of a file. */
interface Mutant {
  file: string;
  start: number;
  end: number;
  text: string;
  line: number;
}

function describe({ file, start, end, text, line }: Mutant): string {
  const before = readFileSync(`${root}src/${file}.ts`, 'utf8').slice(start, end);
  return `src/${file}.ts:${line}: ${JSON.stringify(before.slice(0, 120))} as ${JSON.stringify(text.slice(0, 120))}`;
}

/** Whether all tests let it through. */
async function survives(mutant: Mutant, id: number): Promise<boolean> {
  for (const test of TESTS) {
    const outfile = `${root}.tap/mutant-${process.pid}-${id}-${test}.mjs`; // a place as deep as test/
    try {
      await bundle(test, mutant, outfile);
      if (!(await passes(outfile))) return false;
    } finally {
      rmSync(outfile, { force: true });
    }
  }
  return true;
}

async function bundle(test: string, mutant: Mutant, outfile: string): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: [`test/${test}.test.ts`],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    define: { ENVHOOK_VERSION: '"mutant"' },
    logLevel: 'silent',
    plugins: [
      {
        name: 'mutant',
        setup(build) {
          build.onLoad({ filter: /\/test\/dialect\.test\.ts$/ }, ({ path }) => {
            return { loader: 'ts', contents: readFileSync(path, 'utf8').replace(TIMED, 't.skip($1') };
          });
          build.onLoad({ filter: /\/src\/.*\.ts$/ }, ({ path }) => {
            if (path !== `${root}src/${mutant.file}.ts`) return undefined;
            const text = readFileSync(path, 'utf8');
            return {
              loader: 'ts',
              contents: text.slice(0, mutant.start) + mutant.text + text.slice(mutant.end),
            };
          });
        },
      },
    ],
  });
}

async function passes(program: string): Promise<boolean> {
  const child = spawn(process.execPath, ['--max-old-space-size=1024', program], {
    cwd: root,
    detached: true, // a fault may send a signal to its group
    stdio: 'ignore',
    env: { ...process.env, TAP_BAIL: '1', TAP_TIMEOUT: '120' },
    timeout: PATIENCE_MS,
    killSignal: 'SIGKILL',
  });
  await once(child, 'close');
  return child.exitCode === 0;
}

function mutantsOf(file: string): Mutant[] {
  const text = readFileSync(`${root}src/${file}.ts`, 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: Mutant[] = [];
  const put = (node: ts.Node, replacement: string) => {
    const start = node.getStart(source);
    const line = source.getLineAndCharacterOfPosition(start).line + 1;
    found.push({ file, start, end: node.getEnd(), text: replacement, line });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node))
      return;
    mutateNode(node, source, put);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
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

function mutateNode(node: ts.Node, source: ts.SourceFile, put: (node: ts.Node, text: string) => void): void {
  if (ts.isBinaryExpression(node)) {
    const other = OPERATORS[node.operatorToken.getText(source)];
    const isText = [node.left, node.right].some(
      (it) => ts.isStringLiteralLike(it) || ts.isTemplateExpression(it),
    );
    if (other !== undefined && !(other === '-' && isText)) put(node.operatorToken, other);
  } else if (ts.isConditionalExpression(node)) {
    put(
      node,
      `(${node.condition.getText(source)}) ? (${node.whenFalse.getText(source)}) : (${node.whenTrue.getText(source)})`,
    );
  } else if (ts.isIfStatement(node)) {
    put(node.expression, `!(${node.expression.getText(source)})`);
  } else if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken) {
    put(node, node.operand.getText(source));
  } else if (ts.isNumericLiteral(node)) {
    put(node, String(Number(node.text.replaceAll('_', '')) + 1));
  } else if (node.kind === ts.SyntaxKind.TrueKeyword && !ts.isLiteralTypeNode(node.parent)) {
    put(node, 'false');
  } else if (node.kind === ts.SyntaxKind.FalseKeyword && !ts.isLiteralTypeNode(node.parent)) {
    put(node, 'true');
  } else if (ts.isExpressionStatement(node) && ts.isCallExpression(node.expression)) {
    put(node, ';');
  } else if (
    ts.isStringLiteral(node) &&
    node.text.length > 0 &&
    node.text.length < 4 &&
    ts.isExpression(node.parent)
  ) {
    put(node, "'\\u{1f9ec}'");
  }
}
