import { join } from 'node:path';
import { type AskedFor, firstError } from './compile.js';
import type { Context } from './context.js';
import { EnvhookError, EXIT, type ExitCode } from './errors.js';
import { type Examination, examine } from './examine.js';
import { pinsOf, unpinnedNames } from './pins.js';
import { writePlan } from './plans.js';
import type { Problem } from './problem.js';
import { isSameReading, readEnvFile } from './read.js';
import { sha256 } from './sha256.js';
import { type Shape, shapeOf } from './shape.js';
import { escapeText, showPath, typedPath } from './show.js';
import { outsideOf } from './stack.js';
import { ensureStorage } from './store.js';
import {
  type Always,
  type Approval,
  changeApproval,
  digestEntries,
  digestKey,
  filesAllowed,
  type StoredApproval,
} from './trust.js';

/** How long, where and for what an approval holds. */
export interface ApprovalTerms {
  /** Asked-for names that are consented to. */
  consents: string[];
  /** Seconds since 1970. */
  expires?: number;
  /** The only shell that it is for, and its children, by identity. */
  session?: string;
  /** Later edits are accepted by themselves. */
  always?: Always;
  /** As `pinsFor` told when the names were consented to. */
  pins?: Record<string, string>;
}

/**
 * What `diff` ends with and `allow --digest` takes: 128 bits of SHA-256, in hexadecimal, over the profile and over name,
 * length and bytes of every file of the set. Half of that would do against somebody who wants to imitate files of ours,
 * but not against the author of two versions.
 */
export function digestOfSet({ approval, files }: Examination): string {
  const parts = files.flatMap(({ name, bytes }) => [Buffer.from(`${name}\0${bytes.length}\0`), bytes]);
  const head = Buffer.from(`envhook set\0${approval?.profile ?? ''}\0`);
  return sha256(Buffer.concat([head, ...parts])).slice(0, DIGEST_DIGITS);
}

/** How long such a digest is. */
const DIGEST_DIGITS = 32;

/**
 * Allows what was examined and shown, byte for byte, and makes its plans. The same approval again keeps its record, and
 * so leaves open shells alone.
 *
 * @throws EnvhookError 2 when the files are others by now, or somebody else denied the directory or chose a profile; 7
 */
export function approve(context: Context, examination: Examination, terms: ApprovalTerms): void {
  const { places, now } = context;
  const { files, readings, compilation, realDirectory } = examination;
  ensureStorage(places);
  checkUnchanged(context, examination);
  if (!isSame(examination, terms)) {
    const names = readings.map(({ name }) => name);
    const variables = digestEntries(digestKey(places), compilation.entries);
    changeApproval(places, realDirectory, (before) => {
      checkNotDecided(context, examination, before);
      const { approval } = before;
      return {
        path: realDirectory,
        state: 'allowed',
        ...(approval?.profile === undefined ? {} : { profile: approval.profile }),
        files: filesAllowed(approval, names, files),
        variables,
        shape: shapeAllowed(approval, examination),
        ...terms,
        at: new Date(now * 1000).toISOString(),
      };
    });
  }
  writePlans(context, examination);
}

/**
 * Makes sure that the files are what was shown: a question may wait for its answer for hours, and an editor, a branch
 * switch or somebody's trick need a moment.
 *
 * @throws EnvhookError 2, or 3 where nobody can have been asked
 */
export function checkUnchanged(context: Context, { directory, readings }: Examination): void {
  for (const { name, reading } of readings) {
    const path = join(directory, name);
    if (isSameReading(readEnvFile(path), reading)) continue;
    throw new EnvhookError(
      `${showPath(path, context.places.home)} was changed meanwhile and is not allowed`,
      `look: ${commandFor(context, 'envhook diff', directory)}`,
      // Where nobody is asked, it is being written, as one that grows while it is read.
      context.ask === undefined ? EXIT.unsafeFile : EXIT.notAllowed,
    );
  }
}

// What somebody else decided while this was being looked at is his word, and the last one.
function checkNotDecided(context: Context, examination: Examination, before: StoredApproval): void {
  const { approval, head, directory } = examination;
  if (before.head === head) return;
  const shown = showPath(directory, context.places.home);
  const wasDenied = before.approval?.state === 'denied' && approval?.state !== 'denied';
  if (!wasDenied && before.approval?.profile === approval?.profile) return;
  throw new EnvhookError(
    `${shown} ${wasDenied ? 'was denied' : 'got another profile'} meanwhile and is not allowed`,
    `look: ${commandFor(context, 'envhook diff', directory)}`,
    EXIT.notAllowed,
  );
}

/** A command that a person may type from here about a directory. */
export function commandFor(context: Context, command: string, directory: string): string {
  return directory === context.directory
    ? command
    : `${command} ${typedPath(directory, context.places.home)}`;
}

/** The plans under the path that the user sees and under the real one, which another terminal may use. */
export function writePlans(context: Context, { directory, realDirectory }: Examination): void {
  const { places, now } = context;
  for (const path of new Set([directory, realDirectory])) writePlan(context, examine(places, path, now));
}

/** What a record says of pinned values after these files were allowed: those of other profiles stay. */
export function pinsFor(context: Context, examination: Examination): Pick<Approval, 'pins'> {
  const { approval, profile } = examination;
  const isOthers = (pin: string) => pin.split('@')[1] !== profile;
  const others = Object.entries(approval?.pins ?? {}).filter(([pin]) => isOthers(pin));
  const pins = {
    ...Object.fromEntries(others),
    ...pinsOf(context.places, examination, outsideOf(context, examination)),
  };
  return Object.keys(pins).length > 0 ? { pins } : {};
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
  context: Context,
  examination: Examination,
  given: readonly string[],
): AskedFor[] {
  const { places } = context;
  const { compilation, approval } = examination;
  if (compilation.askedFor.length === 0) return [];
  const digests = digestEntries(digestKey(places), compilation.entries);
  const unpinned = unpinnedNames(places, examination, outsideOf(context, examination));
  const known = (name: string) =>
    approval?.consents.includes(name) && approval.variables[name] === digests[name] && !unpinned.has(name);
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

function isSame(examination: Examination, terms: ApprovalTerms): boolean {
  const { verdict, approval } = examination;
  if (verdict.kind !== 'allowed' || approval === undefined) return false;
  return (
    termsKey(approval) === termsKey(terms) &&
    JSON.stringify(approval.shape) === JSON.stringify(shapeAllowed(approval, examination))
  );
}

// The other profiles' files stay what they were.
function shapeAllowed(approval: Approval | undefined, examination: Examination): Shape {
  const shape = shapeOf(examination);
  const names = examination.readings.map(({ name }) => name);
  const others = Object.entries(approval?.shape?.files ?? {}).filter(([name]) => !names.includes(name));
  return { ...shape, files: { ...Object.fromEntries(others), ...shape.files } };
}

function termsKey({ consents, expires, session, always, pins = {} }: ApprovalTerms): string {
  const names = Object.entries(pins).sort();
  return JSON.stringify([[...consents].sort(), expires ?? null, session ?? null, always ?? false, names]);
}
