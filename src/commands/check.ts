import { basename, dirname, join, resolve } from 'node:path';
import { codeOfProblem } from '../approve.js';
import type { CommandFile } from '../cli.js';
import { compile } from '../compile.js';
import type { Context, Outcome } from '../context.js';
import { EnvhookError, EXIT } from '../errors.js';
import { examine } from '../examine.js';
import { envFileNames, tryRealpath } from '../find.js';
import type { Problem } from '../problem.js';
import { readEnvFile } from '../read.js';
import { unansweredIn } from '../remarks.js';
import { escapeText, jsonText, showPath } from '../show.js';
import { readApproval } from '../trust.js';
import { targetDirectory } from './target.js';

export const check: CommandFile = (program, run) => {
  program
    .command('check')
    .summary('report every problem of .env files, allowed or not, and load nothing')
    .argument(
      '[file...]',
      'the files, each by itself; those of the present directory, together, if none is given',
    )
    .option('--json', 'for a program')
    .option('--strict', 'what is left out, skipped or set twice is an error, too')
    .addHelpText(
      'after',
      '\nExamples:\n  envhook check\n  envhook check --strict .env.example   # in a pre-commit hook',
    )
    .action((files: string[], options: CheckOptions) =>
      run((context) => checkFiles(context, files, options)),
    );
};

interface CheckOptions {
  json?: boolean;
  strict?: boolean;
}

type Found = Omit<Problem, 'file'> & { path: string; exitCode: number };

/** Every problem of the files, a line each, and the exit code of the worst. */
export function checkFiles(context: Context, files: string[], options: CheckOptions): Outcome {
  const sets = files.length > 0 ? files.map((file) => oneFile(context, file)) : [presentSet(context)];
  const found = sets.flatMap((set) => problemsOf(context, set, options));
  const exitCode = Math.max(EXIT.fine, ...found.map((problem) => problem.exitCode));
  if (options.json) return { output: `${jsonText(found.map(toJson))}\n`, exitCode };
  return { output: found.map((problem) => `${toText(problem, context.places.home)}\n`).join(''), exitCode };
}

interface FileSet {
  directory: string;
  names: string[];
  /** What the other files of the directory set. */
  known: ReadonlySet<string>;
}

function oneFile(context: Context, file: string): FileSet {
  const path = resolve(context.directory, file);
  const directory = dirname(path);
  const { assigned } = examine(context.places, directory, context.now).compilation;
  return { directory, names: [basename(path)], known: new Set(assigned.map(({ name }) => name)) };
}

function presentSet(context: Context): FileSet {
  const directory = targetDirectory(context, undefined);
  const { approval } = readApproval(context.places, tryRealpath(directory) ?? directory);
  const names = envFileNames(approval?.profile).filter(
    (name) => readEnvFile(join(directory, name)).state !== 'absent',
  );
  return { directory, names, known: new Set() };
}

function problemsOf(context: Context, { directory, names, known }: FileSet, options: CheckOptions): Found[] {
  const readings = names.map((name) => ({ name, reading: readEnvFile(join(directory, name)) }));
  const unread = readings.flatMap(({ name, reading }) => unreadable(join(directory, name), reading));
  const files = readings.flatMap(({ name, reading }) =>
    reading.state === 'read' ? [{ name, bytes: reading.bytes }] : [],
  );
  const compilation = compile(files, directory, { strict: options.strict ?? false });
  const unanswered = unansweredIn(context, { directory, files, compilation }, known);
  const found = [...compilation.problems, ...unanswered].map((problem) => ({
    ...problem,
    path: join(directory, problem.file ?? ''),
    exitCode: problem.severity === 'error' ? codeOfProblem(problem) : EXIT.fine,
  }));
  return [...unread, ...found.sort(byPlace)];
}

function unreadable(path: string, reading: ReturnType<typeof readEnvFile>): Found[] {
  if (reading.state === 'read') return [];
  if (reading.state === 'absent')
    throw new EnvhookError(`there is no file ${escapeText(path)}`, 'check the path', EXIT.usage);
  const message = reading.state === 'directory' ? 'is a directory' : reading.reason;
  return [
    { path, line: 1, column: 1, severity: 'error', message, code: 'unsafe-file', exitCode: EXIT.unsafeFile },
  ];
}

function byPlace(a: Found, b: Found): number {
  if (a.path !== b.path) return a.path < b.path ? -1 : 1;
  return a.line - b.line || a.column - b.column;
}

function toText({ path, line, column, severity, message }: Found, home: string): string {
  return `${showPath(path, home)}:${line}:${column}: ${severity}: ${escapeText(message)}`;
}

function toJson({ path, line, column, severity, message, code }: Found): object {
  return { path, line, column, severity, code, message };
}
