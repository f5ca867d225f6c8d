import type { CommandFile } from '../cli.js';
import type { Context, Outcome } from '../context.js';
import { EnvhookError, EXIT } from '../errors.js';
import { examine } from '../examine.js';
import { parse } from '../parse.js';
import { escapeText, jsonText } from '../show.js';
import { valuesIn } from './get.js';
import { nearestDirectory, targetDirectory } from './target.js';

export const list: CommandFile = (program, run) => {
  program
    .command('list')
    .summary('list the variables that the files of the nearest env directory set')
    .argument('[dir]', 'another directory, or one of its files')
    .option('--json', 'with file and line, for a program')
    .option('--reveal', 'with their values, on a terminal')
    .addHelpText('after', '\nExample:\n  envhook list')
    .action((dir: string | undefined, options: ListOptions) =>
      run((context) => listVariables(context, options, dir)),
    );
};

export interface ListOptions {
  json?: boolean;
  reveal?: boolean;
}

/**
 * The names that a directory's files set, allowed or not, sorted.
 *
 * @throws EnvhookError 64 --reveal without a terminal, or no such env directory; 4 with --reveal for files that are wrong
 */
export function listVariables(context: Context, options: ListOptions, named?: string): Outcome {
  if (options.reveal && !context.terminal) {
    throw new EnvhookError('values are shown on a terminal only', 'envhook get NAME', EXIT.usage);
  }
  const directory = named === undefined ? nearestDirectory(context) : targetDirectory(context, named);
  const examination = examine(context.places, directory, context.now);
  const assignments = new Map(
    examination.files.flatMap(({ name: file, bytes }) =>
      parse(Buffer.from(bytes).toString()).assignments.map(({ name, line }) => [name, { name, file, line }]),
    ),
  );
  const found = [...assignments.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  if (options.json) return { output: `${jsonText(found)}\n` };
  if (!options.reveal) return { output: found.map(({ name }) => `${name}\n`).join('') };
  const values = valuesIn(context, examination);
  return { output: found.map(({ name }) => `${name}=${escapeText(values.get(name) ?? '')}\n`).join('') };
}
