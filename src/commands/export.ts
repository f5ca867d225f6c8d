import type { CommandFile } from '../cli.js';
import type { Context, Outcome } from '../context.js';
import { changesFrom, checkSize } from '../environment.js';
import { EnvhookError, EXIT } from '../errors.js';
import type { Verdict } from '../examine.js';
import { isShellName } from '../names.js';
import { type Change, emit, shells } from '../shells/index.js';
import { callerEnvironment, environmentAt, exitCodeOf, SESSION, stackAt, writeSession } from '../stack.js';

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
  const { env, base } = callerEnvironment(context);
  const stack = stackAt(context, context.directory);
  const { env: wanted, layers, failures } = environmentAt(context, base, stack);
  if (layers.length > 0) checkSize(wanted);
  const changes = changesFrom(env, wanted).filter(({ name }) => isShellName(name) && name !== SESSION);
  if (changes.length > 0) changes.push(...sessionChange(context, writeSession(context, layers)));
  const failed =
    failures.length > 0 ? EXIT.syntax : Math.max(0, ...stack.map(({ verdict }) => exitCodeOf(verdict)));
  return {
    changes,
    notes: [...stack.flatMap(({ verdict }) => textOf(verdict)), ...failures],
    exitCode: layers.length > 0 ? EXIT.fine : failed,
  };
}

function textOf(verdict: Verdict): string[] {
  return 'text' in verdict ? [verdict.text] : [];
}

function sessionChange({ env }: Context, id: string | undefined): Change[] {
  return id === undefined && env[SESSION] === undefined ? [] : [{ name: SESSION, value: id }];
}
