import { decode } from './decode.js';
import type { Effect } from './name-table.js';
import { askedFor, isShellName, neverSetReason } from './names.js';
import { type ParsedFile, parse } from './parse.js';
import type { Problem } from './problem.js';
import { type Entry, resolve } from './resolve.js';

/** A file of a directory's set: its name there, and the bytes that were read. */
export interface EnvFile {
  name: string;
  bytes: Uint8Array;
}

/** A name with the reason why it is treated as it is. */
export interface NamedReason {
  name: string;
  reason: string;
}

/** A name that is set only after consent, and what kind of thing it does. */
export interface AskedFor extends NamedReason {
  effect: Effect;
}

/** Where a name is assigned. */
export interface Assigned {
  name: string;
  file: string;
  line: number;
}

/** What a directory's files come to. Pure: the same bytes in the same directory always give the same. */
export interface Compilation {
  /** In the order of evaluation. Empty when there is an error among the problems. */
  entries: Entry[];
  /** Errors and warnings; `file` is the name in the directory. */
  problems: Problem[];
  /** Every assignment in the files, also those that a later one overrides. */
  assigned: Assigned[];
  /** Names of directives that stand in any of the files. */
  directives: Set<string>;
  /** Names that the files assign and that no shell gets. */
  leftOut: NamedReason[];
  /** Names that are set only after consent. */
  askedFor: AskedFor[];
}

/**
 * Compiles a directory's files, the later ones over the earlier.
 *
 * @param directory absolute, as the user sees it: what `$PWD` in a file stands for.
 * @param options.forExec keep the names that a shell owns or cannot hold (`UID`, `a.b`): no shell gets them.
 */
export function compile(
  files: readonly EnvFile[],
  directory: string,
  options: { forExec?: boolean; strict?: boolean } = {},
): Compilation {
  const parsed = files.map((file) => parseFile(file, options.strict ?? false));
  const assigned = parsed.flatMap(({ file, assignments }) =>
    assignments.map(({ name, line }) => ({ name, file, line })),
  );
  const names = new Set(assigned.map(({ name }) => name));
  const where = options.forExec ? 'program' : 'shell';
  const leftOut = [...names].flatMap((name) => withReason(name, leftOutReason(name, where)));
  const asked = [...names].flatMap((name) => {
    const why = askedFor(name);
    return why === undefined ? [] : [{ name, ...why }];
  });
  const dropped = new Set(leftOut.map(({ name }) => name));
  const { entries, problems } = resolve(parsed, { directory, leaveOut: (name) => dropped.has(name) });
  const directives = new Set(parsed.flatMap((file) => file.directives.map(({ word }) => word)));
  const all = [
    ...parsed.flatMap((file) => file.problems.map((problem) => ({ ...problem, file: file.file }))),
    ...problems,
    ...leftOutProblems(parsed, leftOut, directives.has('strict') || (options.strict ?? false)),
  ];
  const broken = all.some(({ severity }) => severity === 'error');
  return { entries: broken ? [] : entries, problems: all, assigned, directives, leftOut, askedFor: asked };
}

/** The first problem that keeps the files from being loaded, if there is one. */
export function firstError(problems: readonly Problem[]): Problem | undefined {
  return problems.find(({ severity }) => severity === 'error');
}

function parseFile(file: EnvFile, strict: boolean): ParsedFile & { file: string } {
  const decoded = decode(file.bytes);
  const parsed =
    'problem' in decoded
      ? { assignments: [], directives: [], problems: [decoded.problem] }
      : parse(decoded.text, { strict });
  return { ...parsed, file: file.name };
}

function withReason(name: string, reason: string | undefined): NamedReason[] {
  return reason === undefined ? [] : [{ name, reason }];
}

function leftOutReason(name: string, where: 'shell' | 'program'): string | undefined {
  const owned = neverSetReason(name, where);
  return owned ?? (where === 'program' || isShellName(name) ? undefined : 'is no name that a shell can hold');
}

// Why each name that is left out is, where it stands first: once is enough.
function leftOutProblems(
  files: readonly (ParsedFile & { file: string })[],
  leftOut: readonly NamedReason[],
  strict: boolean,
): Problem[] {
  const all = files.flatMap(({ file, assignments }) => assignments.map((it) => ({ ...it, file })));
  const first = new Map(all.toReversed().map((assignment) => [assignment.name, assignment]));
  return leftOut.flatMap(({ name, reason }) => {
    const place = first.get(name);
    if (place === undefined) return [];
    const { file, line, column } = place;
    const message = `${name} is left out: it ${reason}`;
    return [{ severity: strict ? 'error' : 'warning', file, line, column, message, code: 'never-set' }];
  });
}
