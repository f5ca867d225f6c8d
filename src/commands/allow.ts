import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandFile } from '../cli.js';
import { firstError, type NamedReason } from '../compile.js';
import type { Context, Outcome } from '../context.js';
import { contractLine, contractOf } from '../contract.js';
import { EnvhookError, EXIT, type ExitCode } from '../errors.js';
import { type Examination, examine, labelOf } from '../examine.js';
import { tryRealpath } from '../find.js';
import { ensureStorage, writePlan } from '../plans.js';
import type { Problem } from '../problem.js';
import { escapeText, showPath } from '../show.js';
import { digestEntries, digestKey, filesAllowed, writeApproval } from '../trust.js';
import { targetDirectory } from './target.js';

export const allow: CommandFile = (program, run) => {
  program
    .command('allow')
    .summary('allow the .env files of a directory, as they are now')
    .argument('[dir]', 'the directory, or one of its files; the present one if not given')
    .option(
      '--consent <name...>',
      'set these names, too, although other programs take them as code or as an address',
    )
    .addHelpText('after', '\nExample:\n  cd ~/work/api && envhook allow')
    .action((dir: string | undefined, options: AllowOptions) =>
      run((context) => allowDirectory(context, dir, options)),
    );
};

interface AllowOptions {
  consent?: string[];
}

/**
 * Allows the files of a directory byte for byte, and makes its plan, so that open shells load it at their next
 * prompt.
 *
 * @throws EnvhookError 64 no such env directory, 3 a file that is unsafe, 4 one that is wrong, 5 a name without consent,
 *   6 too big, 7 storage
 */
export async function allowDirectory(
  context: Context,
  named: string | undefined,
  options: AllowOptions,
): Promise<Outcome> {
  const { places, now } = context;
  const directory = targetDirectory(context, named);
  const examination = examine(places, directory, now);
  checkContent(examination, places.home);
  const consents = await consentsFor(context, examination, options.consent ?? []);
  ensureStorage(places);
  keepApproval(context, examination, consents);
  writePlans(context, examination);
  return {
    notes: [
      allowedLine(examination, places.home),
      ...remarks(examination, places.home),
      ...contractRemark(context, examination),
    ],
  };
}

// The same approval again keeps its record, and so leaves open shells alone.
function keepApproval({ places, now }: Context, examination: Examination, consents: string[]): void {
  const { approval, files, readings, compilation, realDirectory, verdict } = examination;
  if (verdict.kind === 'allowed' && approval !== undefined && sameNames(approval.consents, consents)) return;
  writeApproval(places, {
    path: realDirectory,
    state: 'allowed',
    ...(approval?.profile === undefined ? {} : { profile: approval.profile }),
    files: filesAllowed(
      approval,
      readings.map(({ name }) => name),
      files,
    ),
    variables: digestEntries(digestKey(places), compilation.entries),
    consents,
    at: new Date(now * 1000).toISOString(),
  });
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name) => b.includes(name));
}

/** The plans under the path that the user sees and under the real one, which another terminal may use. */
export function writePlans({ places, now }: Context, { directory, realDirectory }: Examination): void {
  for (const path of new Set([directory, realDirectory])) writePlan(places, examine(places, path, now));
}

/** A problem as `path:line:col: text`. */
export function problemLine(directory: string, problem: Problem, home: string): string {
  const path = showPath(join(directory, problem.file ?? '.env'), home);
  return `${path}:${problem.line}:${problem.column}: ${escapeText(problem.message)}`;
}

/** @throws EnvhookError for files that cannot be allowed: 3 unsafe, 4 wrong, 5 a name, 6 too big. */
export function checkContent({ verdict, compilation, directory }: Examination, home: string): void {
  if (verdict.kind === 'refused') {
    const [message = '', hint = ''] = verdict.text.split(/; (.*)/s);
    throw new EnvhookError(message, hint, EXIT.unsafeFile);
  }
  if (verdict.kind === 'outside') {
    throw new EnvhookError(
      `${showPath(directory, home)} belongs to another user`,
      'work in a directory of your own',
      EXIT.unsafeFile,
    );
  }
  const error = firstError(compilation.problems);
  if (error === undefined) return;
  throw new EnvhookError(
    problemLine(directory, error, home),
    'mend it, then: envhook allow',
    codeOfProblem(error),
  );
}

/** The exit code that goes with an error in a file. */
export function codeOfProblem({ code }: Problem): ExitCode {
  if (code === 'never-set') return EXIT.name;
  return code.startsWith('too-') ? EXIT.tooBig : EXIT.syntax;
}

// Names that were consented to stay so while their value is the same.
async function consentsFor(
  context: Context,
  { compilation, approval, directory }: Examination,
  given: string[],
): Promise<string[]> {
  const digests = digestEntries(digestKey(context.places), compilation.entries);
  const known = (name: string) =>
    approval?.consents.includes(name) && approval.variables[name] === digests[name];
  const missing = compilation.askedFor.filter(({ name }) => !given.includes(name) && !known(name));
  if (missing.length > 0 && !(await asked(context, directory, missing)))
    throw withoutConsent(context, directory, missing);
  return compilation.askedFor.map(({ name }) => name);
}

async function asked(context: Context, directory: string, missing: NamedReason[]): Promise<boolean> {
  if (context.ask === undefined) return false;
  const list = missing.map(({ name, reason }) => `  ${name} ${reason}\n`).join('');
  return context.ask(`${showPath(directory, context.places.home)} sets\n${list}Set them, too?`);
}

function withoutConsent(context: Context, directory: string, missing: NamedReason[]): EnvhookError {
  const reasons = missing.map(({ name, reason }) => `${name} ${reason}`).join(', ');
  const options = missing.map(({ name }) => `--consent ${name}`).join(' ');
  return new EnvhookError(
    `${showPath(directory, context.places.home)} sets what needs your consent: ${reasons}`,
    `envhook allow ${options}`,
    EXIT.name,
  );
}

function allowedLine(examination: Examination, home: string): string {
  const names = examination.compilation.entries
    .filter(({ mode }) => mode !== 'hidden')
    .map(({ name }) => name);
  return `allowed ${labelOf(examination, home)} (${names.length > 0 ? names.sort().join(' ') : 'no variables'})`;
}

// What the reader of the files should know, although it keeps nothing from being loaded.
function remarks({ directory, compilation, readings }: Examination, home: string): string[] {
  const warnings = compilation.problems.map(
    (problem) => `${problemLine(directory, problem, home)} (warning)`,
  );
  const files = readings.flatMap(({ name, reading }) => {
    const path = join(directory, name);
    const shown = showPath(path, home);
    if (reading.state !== 'read') return [];
    const writable = reading.groupWritable ? [`${shown} can be written by its group (warning)`] : [];
    const leads = isLink(path) ? [`${shown} is a link to ${showPath(tryRealpath(path) ?? '', home)}`] : [];
    return [...leads, ...writable];
  });
  return [...files, ...warnings];
}

function contractRemark({ env }: Context, examination: Examination): string[] {
  const contract = contractOf(examination, env);
  const line = contract && contractLine(contract);
  return line === undefined ? [] : [line];
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
}
