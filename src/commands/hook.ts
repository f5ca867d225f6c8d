import type { CommandFile } from '../cli.js';

/*
 * bin/envhook answers both without Node, and sends only what it cannot answer here: a request for help.
 */

export const hook: CommandFile = (program) => {
  program
    .command('hook')
    .summary('print what a shell evaluates in its rc file')
    .argument('<shell>', 'bash, zsh or fish')
    .addHelpText(
      'after',
      '\nExamples:\n  eval "$(envhook hook bash)"       # ~/.bashrc\n  eval "$(envhook hook zsh)"        # ~/.zshrc\n  status is-interactive; and envhook hook fish | source   # ~/.config/fish/config.fish',
    );
};

export const unhook: CommandFile = (program) => {
  program
    .command('unhook')
    .summary('print what takes the hook out of a running shell')
    .argument('<shell>', 'bash, zsh or fish')
    .addHelpText('after', '\nExample:\n  eval "$(envhook unhook bash)"');
};
