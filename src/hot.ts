import { EnvhookError } from './errors.js';
import { makePlans } from './plans.js';

/*
 * What the hook starts for directories without a plan: `compile DATA RUN HOME DIRECTORY...`. Nothing is imported
 * here that this does not need. The places come from the hook, which pinned them when the shell started.
 */

function main(): void {
  const [, , command, data = '', run = '', home = '', ...directories] = process.argv;
  if (command !== 'compile') return;
  try {
    makePlans({ data, run, home }, directories, Math.floor(Date.now() / 1000));
  } catch (error) {
    if (!(error instanceof EnvhookError)) throw error;
    process.stderr.write(`envhook: ${error.message}; ${error.hint}\n`);
    process.exitCode = error.exitCode;
  }
}

main();
