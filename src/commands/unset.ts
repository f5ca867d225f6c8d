import { join } from 'node:path';
import {
  bytesFor,
  changeFiles,
  confirmDestination,
  destinationOf,
  type FileChange,
  readForChange,
} from '../change.js';
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
    .option('--follow', 'write, too, where a link leads out of the directory, or a hard link stays behind')
    .option('--consent <name...>', 'consent to these names, see: envhook allow --help')
    .addHelpText('after', '\nExample:\n  envhook unset DEBUG')
    .action((names: string[], options: UnsetOptions) =>
      run((context) => unsetVariables(context, names, options)),
    );
};

export interface UnsetOptions {
  file?: string;
  follow?: boolean;
  consent?: string[];
}

/**
 * Removes every assignment of some variables; the files stay allowed if they were.
 *
 * @throws EnvhookError 64 a name that no file sets, 2 a file that is elsewhere; and as `changeFiles`
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
  const changes: FileChange[] = [];
  for (const name of files) {
    const { removed, change, destination } = without(context, examination, name, names);
    if (removed.length === 0) continue;
    await confirmDestination(context, destination, options.follow ?? false);
    for (const it of removed) found.add(it);
    const place = showPath(join(directory, name), context.places.home);
    notes.push(`removed ${removed.join(' ')} from ${place}${destination.remark}`);
    changes.push(change);
  }
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
  const destination = destinationOf(context, examination, file);
  const change = { name: file, before, after: bytesFor(rest, before), target: destination.target };
  return { removed, destination, change };
}
