import type { CommandFile } from '../cli.js';
import type { Context, Outcome } from '../context.js';
import { BLOCKED, blockedLine, direnvChanges } from '../direnv.js';
import { changesFrom, checkSize } from '../environment.js';
import { EnvhookError, EXIT } from '../errors.js';
import { type Examination, refusalText } from '../examine.js';
import { isShellName, neverSetReason } from '../names.js';
import { sessionLeader } from '../processes.js';
import { type Change, emit, isForPrograms, type Shell, shellNamed, shells } from '../shells/index.js';
import { callerEnvironment, environmentAt, exitCodeOf, SESSION, stackAt, writeSession } from '../stack.js';

export const exportCommand: CommandFile = (program, run) => {
  program
    .command('export')
    .summary('print statements that set and unset what belongs to the present directory')
    .argument('<format>', `one of: ${[...shells.keys()].join(', ')}`)
    .option(
      '--all',
      'the whole set of the directory, whatever is loaded; what files such as dotenv always get',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  eval "$(envhook export bash)"\n  envhook export github >>"$GITHUB_ENV"',
    )
    .action((format: string, options: ExportOptions) =>
      run((context) => exportVariables(context, format, options)),
    );
};

export interface ExportOptions {
  all?: boolean;
}

/**
 * `export`: the statements that take the environment of the caller to that of the present directory. What the
 * calling shell, or an earlier export, had loaded is undone first, as far as it is proved.
 *
 * @throws EnvhookError 64 for an unknown format, 4 for a value that it cannot hold, 6 for an environment that no
 *   program could be started with.
 */
export function exportVariables(context: Context, format: string, options: ExportOptions): Outcome {
  const shell = shellNamed(format);
  const forExec = isForPrograms(shell);
  if (shell.whole || options.all) {
    const { changes, wanted, notes, exitCode } = allAt(context, forExec);
    return {
      output: emit(shell, changes, wanted),
      isData: true,
      notes,
      exitCode,
      marks: shell.marks?.(changes, context.env) ?? '',
    };
  }
  const found = changesAt(context, forExec);
  if (shell.forEditors) return forEditors(context, shell, found);
  const { changes, wanted, notes, exitCode } = found;
  return { output: emit(shell, changes, wanted), isData: true, notes, exitCode };
}

function forEditors(context: Context, shell: Shell, { changes, stack, notes, exitCode }: Export): Outcome {
  const line = blockedLine(stack);
  const isBlocked = line !== undefined;
  return {
    output: emit(shell, [...changes, ...direnvChanges(context, stack, isBlocked)]),
    isData: true,
    notes,
    exitCode: isBlocked ? BLOCKED : exitCode,
    // A person reads our own.
    marks: (context.ask === undefined && line) || '',
  };
}

interface Export {
  changes: Change[];
  /** The environment that they lead to. */
  wanted: ReadonlyMap<string, string>;
  /** Outer to inner. */
  stack: Examination[];
  /** A line for whatever is not loaded, and the exit code of that. */
  notes: string[];
  exitCode: number;
}

/**
 * What has to change in the caller's environment.
 *
 * @param forExec with what a shell owns, for what is no shell.
 */
export function changesAt(context: Context, forExec = false): Export {
  const { env, wanted, layers, result } = environmentHere(context, forExec);
  // Where a shell was started with what it owns, that stays as it is.
  const where = forExec ? 'program' : 'shell';
  const changes = changesFrom(env, wanted).filter(
    ({ name }) => isShellName(name) && name !== SESSION && neverSetReason(name, where) === undefined,
  );
  if (changes.length > 0)
    changes.push(...sessionChange(context, writeSession(context, layers, sessionLeader())));
  return { changes, wanted, ...result };
}

/** All variables that the directories of the present place set, by name. */
export function allAt(context: Context, forExec = false): Export {
  const { wanted, layers, result } = environmentHere(context, forExec);
  const names = new Set(layers.flatMap(({ undo }) => undo.map(({ name }) => name)).filter(isShellName));
  const changes = [...names].sort().map((name) => ({ name, value: wanted.get(name) }));
  return { changes, wanted, ...result };
}

function environmentHere(context: Context, forExec: boolean) {
  const { env, base } = callerEnvironment(context);
  const stack = stackHere(context, forExec);
  const { env: wanted, layers, failures, withheld } = environmentAt(context, base, stack);
  if (layers.length > 0) checkSize(wanted);
  const failed =
    failures.length > 0 ? EXIT.syntax : Math.max(0, ...stack.map(({ verdict }) => exitCodeOf(verdict)));
  // What was denied is left out on purpose where something else is loaded.
  const heeded = layers.length > 0 ? stack.filter(({ verdict }) => verdict.kind !== 'denied') : stack;
  const notes = [
    ...heeded.flatMap((it) => refusalText(it, context.places.home) ?? []),
    ...failures,
    ...withheld,
  ];
  return { env, wanted, layers, result: { stack, notes, exitCode: layers.length > 0 ? EXIT.fine : failed } };
}

// In a directory that is gone there is nothing to load, and what was loaded goes.
function stackHere(context: Context, forExec: boolean): Examination[] {
  let directory: string;
  try {
    directory = context.directory;
  } catch (error) {
    if (error instanceof EnvhookError) return [];
    throw error;
  }
  return stackAt(context, directory, () => ({ forExec }));
}

function sessionChange({ env }: Context, id: string | undefined): Change[] {
  return id === undefined && env[SESSION] === undefined ? [] : [{ name: SESSION, value: id }];
}
