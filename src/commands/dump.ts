import type { CommandFile } from '../cli.js';
import type { Context, Outcome } from '../context.js';
import { isShellName, neverSetReason } from '../names.js';
import { emit, isForPrograms, shellNamed } from '../shells/index.js';
import { environmentFor } from './exec.js';

export const dump: CommandFile = (program, run) => {
  program
    .command('dump')
    .summary('print the whole environment that a command gets here, for programs that ask direnv for it')
    .argument('[format]', 'as of export; gzenv if not given')
    .addHelpText('after', '\nExample:\n  envhook dump json')
    .action((format: string | undefined) => run((context) => dumpEnvironment(context, format)));
};

/**
 * The environment that `exec` would give a command at the present place, the caller's own variables included.
 *
 * @throws EnvhookError 64 for an unknown format, 4 for a value that it cannot hold, and as `exec`
 */
export function dumpEnvironment(context: Context, format = 'gzenv'): Outcome {
  const shell = shellNamed(format);
  const variables = [...environmentFor(context, undefined, {})].map(([name, value]) => ({ name, value }));
  return {
    isData: true,
    output: emit(
      shell,
      variables.filter(({ name }) => isShellName(name) && (isForPrograms(shell) || !isOwnedByShell(name))),
    ),
  };
}

// What a shell keeps for itself may be a number there, and evaluated.
function isOwnedByShell(name: string): boolean {
  return neverSetReason(name) !== undefined && neverSetReason(name, 'program') === undefined;
}
