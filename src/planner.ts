import { startOnDemand } from './daemon/start.js';
import { EnvhookError, EXIT } from './errors.js';
import { printFailure, printNote } from './failure.js';
import { closedLine, tidy } from './leftovers.js';
import { makePlans } from './plans.js';
import { userEnvironment } from './settings.js';

/*
 * What a shell starts and waits for when a directory has no plan: `compile DATA RUN HOME DIRECTORY...`, with the places
 * that the hook pinned when the shell started. Nothing is imported here that this does not need.
 */

function main(): void {
  const [, , command, ...words] = process.argv;
  try {
    if (command === 'compile') compile(words);
  } catch (error) {
    printFailure(error);
  }
}

function compile([data = '', run = '', home = '', ...directories]: string[]): void {
  const places = { data, run, home };
  // Never anything below the present directory, whoever calls.
  if (![data, run].every((path) => path.startsWith('/'))) {
    throw new EnvhookError(
      'compile needs absolute paths',
      'it is for the hook: envhook hook --help',
      EXIT.usage,
    );
  }
  for (const closed of tidy(places, true)) printNote(closedLine(closed));
  const shell = {
    places,
    // Few plans ask for it.
    get env() {
      return userEnvironment(process.env);
    },
    now: Math.floor(Date.now() / 1000),
  };
  makePlans(shell, directories);
  startOnDemand(places, process.env);
}

main();
// At once, without what Node tidies up when it ends by itself: a shell waits. What was said is written by now.
process.exit();
