import { exportVariables } from './commands/export.js';
import { startOnDemand } from './daemon/start.js';
import { EnvhookError, EXIT } from './errors.js';
import { makePlans } from './plans.js';
import { contextOfProcess, printError, printOutcome } from './print.js';

/*
 * What is started often: by the hook for directories without a plan, `compile DATA RUN HOME DIRECTORY...`, with the
 * places that it pinned when the shell started; and by scripts and editors, `export FORMAT`. Nothing is imported here
 * that these two do not need.
 */

function main(): void {
  const [, , command, ...words] = process.argv;
  try {
    if (command === 'compile') compile(words);
    else if (command === 'export') exportHere(words[0] ?? '');
  } catch (error) {
    printError(error);
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
  makePlans(places, directories, Math.floor(Date.now() / 1000));
  startOnDemand(places, process.env);
}

function exportHere(format: string): void {
  const context = contextOfProcess();
  printOutcome(exportVariables(context, format, {}), context.verbosity);
}

main();
