import { join } from 'node:path';
import type { CommandFile } from '../cli.js';
import type { Context, Outcome } from '../context.js';
import { changesFrom, checkSize, layer } from '../environment.js';
import { EnvhookError, EXIT } from '../errors.js';
import { type Examination, examine, type Verdict } from '../examine.js';
import { envDirectoriesAbove } from '../find.js';
import { isShellName } from '../names.js';
import { decodeSession, encodeSession, type SessionLayer, undoSession } from '../session.js';
import { type Change, emit, shells } from '../shells/index.js';
import { checkPrivateDirectory, ensurePrivateDirectory, readPrivate, writeAtomically } from '../store.js';

export const exportCommand: CommandFile = (program, run) => {
  program
    .command('export')
    .summary('print statements that set and unset what belongs to the present directory')
    .argument('<shell>', `one of: ${[...shells.keys()].join(', ')}`)
    .addHelpText('after', '\nExample:\n  eval "$(envhook export bash)"')
    .action((shell: string) => run((context) => exportVariables(context, shell)));
};

/**
 * `export`: the statements that take the environment of the caller to that of the present directory. What the
 * calling shell, or an earlier export, had loaded is undone first, as far as it is proved.
 *
 * @throws EnvhookError 64 for an unknown shell, 6 for an environment that no program could be started with.
 */
export function exportVariables(context: Context, shellName: string): Outcome {
  const shell = shells.get(shellName);
  if (shell === undefined) {
    throw new EnvhookError(
      `cannot write for ${shellName}`,
      `one of: ${[...shells.keys()].join(' ')}`,
      EXIT.usage,
    );
  }
  const { changes, notes, exitCode } = changesAt(context);
  return { output: emit(shell, changes), notes, exitCode };
}

/** What has to change in the caller's environment, a line for whatever is not loaded, and the exit code of that. */
export function changesAt(context: Context): { changes: Change[]; notes: string[]; exitCode: number } {
  const { places, directory, now } = context;
  const env = new Map(
    Object.entries(context.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
  const session = readSession(context);
  const examinations = envDirectoriesAbove(directory, places.home)
    .map((it) => examine(places, it, now))
    .reverse();
  const layered = layer(undoSession(env, session), fromRoot(examinations), places.home);
  checkSize(layered.env);
  const changes = changesFrom(env, layered.env).filter(({ name }) => isShellName(name));
  if (changes.length > 0) changes.push(...sessionChange(context, layered.layers));
  const notes = [...examinations.flatMap(({ verdict }) => textOf(verdict)), ...layered.failures];
  const failed = layered.failures.length > 0 ? EXIT.syntax : codeOf(examinations);
  return { changes, notes, exitCode: layered.layers.length > 0 ? EXIT.fine : failed };
}

/**
 * The directories from the innermost allowed one that says `# envhook: root`, or all.
 *
 * @param examinations outer to inner.
 */
export function fromRoot(examinations: readonly Examination[]): Examination[] {
  const isRoot = ({ verdict, compilation }: Examination) =>
    verdict.kind === 'allowed' && compilation.directives.has('root');
  return examinations.slice(Math.max(0, examinations.findLastIndex(isRoot)));
}

/** The exit code that goes with a verdict. */
export function exitCodeOf(verdict: Verdict): number {
  return CODES[verdict.kind];
}

const CODES: Record<Verdict['kind'], number> = {
  allowed: EXIT.fine,
  outside: EXIT.fine,
  denied: EXIT.notAllowed,
  'not-allowed': EXIT.notAllowed,
  changed: EXIT.notAllowed,
  expired: EXIT.notAllowed,
  consent: EXIT.name,
  refused: EXIT.unsafeFile,
  broken: EXIT.syntax,
};

function codeOf(examinations: readonly Examination[]): number {
  return Math.max(0, ...examinations.map(({ verdict }) => exitCodeOf(verdict)));
}

function textOf(verdict: Verdict): string[] {
  return 'text' in verdict ? [verdict.text] : [];
}

// The caller's session, if ENVHOOK_SESSION names a file of ours that is whole.
function readSession({ env, places }: Context): SessionLayer[] {
  const id = env['ENVHOOK_SESSION'];
  if (id === undefined || !/^[0-9-]+$/.test(id) || !checkPrivateDirectory(places.run)) return [];
  const bytes = readPrivate(join(places.run, 'sessions', id));
  return (bytes && decodeSession(bytes)) ?? [];
}

// Remembers how to undo, so that a later export or a shell that starts from here can.
function sessionChange({ env, places, now }: Context, layers: SessionLayer[]): Change[] {
  const name = 'ENVHOOK_SESSION';
  if (layers.length === 0) return env[name] === undefined ? [] : [{ name, value: undefined }];
  const id = `${process.pid}-${now}-${process.hrtime()[1]}`;
  ensurePrivateDirectory(places.data);
  ensurePrivateDirectory(places.run);
  writeAtomically(join(places.run, 'sessions', id), encodeSession(layers));
  return [{ name, value: id }];
}
