import type { CommandFile } from '../cli.js';

/** `version` prints what `--version` prints: editors ask this way. */
export const version: CommandFile = (program, run) => {
  program
    .command('version')
    .summary('print the version')
    .addHelpText('after', '\nExample:\n  envhook version')
    .action(() => run(() => ({ output: `${program.version()}\n` })));
};
