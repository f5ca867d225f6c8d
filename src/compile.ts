import { decode } from './decode.js';
import { askedForReason, isShellName, neverSetReason } from './names.js';
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
  askedFor: NamedReason[];
}

/**
 * Compiles a directory's files, the later ones over the earlier.
 *
 * @param directory absolute, as the user sees it: what `$PWD` in a file stands for.
 * @param options.forExec keep the names that a shell cannot hold (`a.b`), which `exec` passes on.
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
  const leftOut = [...names].flatMap((name) =>
    reasonFor(name, (it) => leftOutReason(it, options.forExec ?? false)),
  );
  const askedFor = [...names].flatMap((name) =>
    neverSetReason(name) === undefined ? reasonFor(name, askedForReason) : [],
  );
  const dropped = new Set(leftOut.map(({ name }) => name));
  const { entries, problems } = resolve(parsed, { directory, leaveOut: (name) => dropped.has(name) });
  const directives = new Set(parsed.flatMap((file) => file.directives.map(({ word }) => word)));
  const all = [
    ...parsed.flatMap((file) => file.problems.map((problem) => ({ ...problem, file: file.file }))),
    ...problems,
    ...leftOutProblems(parsed, leftOut, directives.has('strict') || (options.strict ?? false)),
  ];
  const broken = all.some(({ severity }) => severity === 'error');
  return { entries: broken ? [] : entries, problems: all, assigned, directives, leftOut, askedFor };
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

function reasonFor(name: string, reasonOf: (name: string) => string | undefined): NamedReason[] {
  const reason = reasonOf(name);
  return reason === undefined ? [] : [{ name, reason }];
}

function leftOutReason(name: string, forExec: boolean): string | undefined {
  return (
    neverSetReason(name) ?? (forExec || isShellName(name) ? undefined : 'is no name that a shell can hold')
  );
}

// Where each name that is left out stands, and why it is.
function leftOutProblems(
  files: readonly (ParsedFile & { file: string })[],
  leftOut: readonly NamedReason[],
  strict: boolean,
): Problem[] {
  const reasons = new Map(leftOut.map(({ name, reason }) => [name, reason]));
  return files.flatMap(({ file, assignments }) =>
    assignments.flatMap(({ name, line, column }) => {
      const reason = reasons.get(name);
      if (reason === undefined) return [];
      const message = `${name} is left out: it ${reason}`;
      return [
        {
          severity: strict ? ('error' as const) : ('warning' as const),
          file,
          line,
          column,
          message,
          code: 'never-set',
        },
      ];
    }),
  );
}
