import { join } from 'node:path';
import { bytesFor, changeFiles, type FileChange, readForChange } from '../change.js';
import type { CommandFile } from '../cli.js';
import type { Context, Outcome } from '../context.js';
import { unsetInText } from '../edit.js';
import { EnvhookError, EXIT } from '../errors.js';
import { type Examination, examine } from '../examine.js';
import { escapeText, showFiles, showPath } from '../show.js';
import { getConsent } from './allow.js';
import { fileTarget } from './set.js';

export const unset: CommandFile = (program, run) => {
  program
    .command('unset')
    .summary('take variables out of the files of the present directory')
    .argument('<name...>', 'the variables')
    .option('--file <file>', 'out of this file only')
    .option('--consent <name...>', 'consent to these names, see: envhook allow --help')
    .addHelpText('after', '\nExample:\n  envhook unset DEBUG')
    .action((names: string[], options: UnsetOptions) =>
      run((context) => unsetVariables(context, names, options)),
    );
};

export interface UnsetOptions {
  file?: string;
  consent?: string[];
}

/**
 * Removes every assignment of some variables; the files stay allowed if they were.
 *
 * @throws EnvhookError 64 a name that no file sets; and as `changeFiles`
 */
export async function unsetVariables(
  context: Context,
  names: string[],
  options: UnsetOptions,
): Promise<Outcome> {
  const { directory, file } = fileTarget(context, options.file);
  const examination = examine(context.places, directory, context.now);
  const files = file === undefined ? examination.files.map(({ name }) => name) : [file];
  const found = new Set<string>();
  const notes: string[] = [];
  const changes = files.flatMap((name): FileChange[] => {
    const { removed, change } = without(context, examination, name, names);
    if (removed.length === 0) return [];
    for (const it of removed) found.add(it);
    notes.push(`removed ${removed.join(' ')} from ${showPath(join(directory, name), context.places.home)}`);
    return [change];
  });
  const missing = names.find((name) => !found.has(name));
  if (missing !== undefined) {
    const label = showFiles(directory, files.length > 0 ? files : ['.env'], context.places.home);
    throw new EnvhookError(`${escapeText(missing)} is not set in ${label}`, 'envhook list', EXIT.usage);
  }
  await changeFiles(context, examination, changes, (after) =>
    getConsent(context, after, options.consent ?? [], `envhook unset ${names.join(' ')}`),
  );
  return { notes };
}

function without(context: Context, examination: Examination, file: string, names: string[]) {
  const { text, before } = readForChange(context, examination, file);
  const removed: string[] = [];
  let rest = text;
  for (const name of new Set(names)) {
    const next = unsetInText(rest, name);
    if (next === undefined) continue;
    rest = next;
    removed.push(name);
  }
  return { removed, change: { name: file, before, after: bytesFor(rest, before) } };
}
