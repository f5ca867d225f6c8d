import { exportVariables } from './commands/export.js';
import { contextOfProcess, printError, printOutcome, watchOutput } from './print.js';

/*
 * What scripts and editors start often: `export FORMAT`, apart from all other commands, which it does without.
 */

function main(): void {
  watchOutput();
  const [, , , format = ''] = process.argv;
  try {
    const context = contextOfProcess();
    printOutcome(exportVariables(context, format, {}), context.verbosity);
  } catch (error) {
    printError(error);
  }
}

main();
