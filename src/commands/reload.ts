import type { CommandFile } from '../cli.js';
import type { Context, Outcome } from '../context.js';
import { EnvhookError, EXIT } from '../errors.js';
import { refusalText } from '../examine.js';
import { envDirectoriesAbove } from '../find.js';
import { makePlans } from '../plans.js';
import { showPath } from '../show.js';
import { stackAt } from '../stack.js';

export const reload: CommandFile = (program, run) => {
  program
    .command('reload')
    .summary('read the files of the present place again')
    .addHelpText('after', '\nExample:\n  envhook reload')
    .action(() => run(reloadHere));
};

/**
 * Makes the plans of the present place anew. Shells notice a changed file by themselves; this is for whoever wants to be
 * sure, and for editors that ask for it.
 *
 * @throws EnvhookError 64 without an env file here or above, 7 storage
 */
export function reloadHere(context: Context): Outcome {
  const { places, directory } = context;
  const directories = envDirectoriesAbove(directory, places.home);
  if (directories.length === 0) {
    const message = `no .env file in or above ${showPath(directory, places.home)}`;
    throw new EnvhookError(message, 'make one, then: envhook allow', EXIT.usage);
  }
  makePlans(context, directories);
  return {
    notes: stackAt(context, directory).flatMap((it) => refusalText(it, places.home) ?? []),
  };
}
