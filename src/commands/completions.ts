import type { CommandFile } from '../cli.js';
import { bashCompletions } from '../completions/bash.js';
import { fishCompletions } from '../completions/fish.js';
import { type CompletedCommand, completedCommands } from '../completions/model.js';
import { zshCompletions } from '../completions/zsh.js';
import { EnvhookError, EXIT } from '../errors.js';
import { escapeText } from '../show.js';

export const completions: CommandFile = (program, run) => {
  program
    .command('completions')
    .summary('print what completes envhook in a shell')
    .argument('<shell>', 'bash, zsh or fish')
    .addHelpText(
      'after',
      '\nExamples:\n  eval "$(envhook completions bash)"      # ~/.bashrc\n  envhook completions fish >~/.config/fish/completions/envhook.fish',
    )
    .action((shell: string) =>
      run(() => ({ output: completionsFor(shell, completedCommands(program)), isData: true })),
    );
};

/** The text for one shell. @throws EnvhookError 64 */
export function completionsFor(shell: string, commands: readonly CompletedCommand[]): string {
  const write = WRITERS.get(shell);
  if (write !== undefined) return write(commands);
  throw new EnvhookError(
    `there are no completions for ${escapeText(shell)}`,
    'bash, zsh or fish',
    EXIT.usage,
  );
}

const WRITERS = new Map([
  ['bash', bashCompletions],
  ['zsh', zshCompletions],
  ['fish', fishCompletions],
]);
