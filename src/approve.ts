import { join } from 'node:path';
import { firstError, type NamedReason } from './compile.js';
import type { Context } from './context.js';
import { EnvhookError, EXIT, type ExitCode } from './errors.js';
import { type Examination, examine } from './examine.js';
import { ensureStorage, writePlan } from './plans.js';
import type { Problem } from './problem.js';
import { escapeText, showPath } from './show.js';
import { type Approval, digestEntries, digestKey, filesAllowed, writeApproval } from './trust.js';

/** How long, where and for what an approval holds. */
export interface ApprovalTerms {
  /** Asked-for names that are consented to. */
  consents: string[];
  /** Seconds since 1970. */
  expires?: number;
  /** The only shell that it is for, and its children, by identity. */
  session?: string;
  /** Later edits are accepted by themselves. */
  always?: boolean;
}

/**
 * Allows what was examined, byte for byte, and makes its plans. The same approval again keeps its record, and so
 * leaves open shells alone.
 *
 * @throws EnvhookError 7
 */
export function approve(context: Context, examination: Examination, terms: ApprovalTerms): void {
  const { places, now } = context;
  const { approval, files, readings, compilation, realDirectory } = examination;
  ensureStorage(places);
  if (!isSame(examination, terms)) {
    const names = readings.map(({ name }) => name);
    writeApproval(places, {
      path: realDirectory,
      state: 'allowed',
      ...(approval?.profile === undefined ? {} : { profile: approval.profile }),
      files: filesAllowed(approval, names, files),
      variables: digestEntries(digestKey(places), compilation.entries),
      ...terms,
      at: new Date(now * 1000).toISOString(),
    });
  }
  writePlans(context, examination);
}

/** The plans under the path that the user sees and under the real one, which another terminal may use. */
export function writePlans({ places, now }: Context, { directory, realDirectory }: Examination): void {
  for (const path of new Set([directory, realDirectory])) writePlan(places, examine(places, path, now));
}

/** @throws EnvhookError for files that cannot be allowed: 3 unsafe, 4 wrong, 5 a name, 6 too big. */
export function checkContent({ verdict, compilation, directory }: Examination, home: string): void {
  if (verdict.kind === 'refused') {
    const [message = '', hint = ''] = verdict.text.split(/; (.*)/s);
    throw new EnvhookError(message, hint, EXIT.unsafeFile);
  }
  if (verdict.kind === 'outside') {
    const message = `${showPath(directory, home)} belongs to another user`;
    throw new EnvhookError(message, 'work in a directory of your own', EXIT.unsafeFile);
  }
  const error = firstError(compilation.problems);
  if (error === undefined) return;
  const message = problemLine(directory, error, home);
  throw new EnvhookError(message, 'mend it, then: envhook allow', codeOfProblem(error));
}

/** The asked-for names that nobody consented to yet: consent lasts while the name's value is the same. */
export function withoutConsent(
  { places }: Context,
  { compilation, approval }: Examination,
  given: readonly string[],
): NamedReason[] {
  if (compilation.askedFor.length === 0) return [];
  const digests = digestEntries(digestKey(places), compilation.entries);
  const known = (name: string) =>
    approval?.consents.includes(name) && approval.variables[name] === digests[name];
  return compilation.askedFor.filter(({ name }) => !given.includes(name) && !known(name));
}

/** A problem as `path:line:col: text`. */
export function problemLine(directory: string, problem: Problem, home: string): string {
  const path = showPath(join(directory, problem.file ?? '.env'), home);
  return `${path}:${problem.line}:${problem.column}: ${escapeText(problem.message)}`;
}

/** The exit code that goes with an error in a file. */
export function codeOfProblem({ code }: Problem): ExitCode {
  if (code === 'never-set') return EXIT.name;
  return code.startsWith('too-') ? EXIT.tooBig : EXIT.syntax;
}

function isSame({ verdict, approval }: Examination, terms: ApprovalTerms): boolean {
  if (verdict.kind !== 'allowed' || approval === undefined) return false;
  return termsKey(approval) === termsKey(terms);
}

function termsKey({ consents, expires, session, always }: ApprovalTerms | Approval): string {
  return JSON.stringify([[...consents].sort(), expires ?? null, session ?? null, always ?? false]);
}
