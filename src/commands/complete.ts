import type { CommandFile } from '../cli.js';
import type { Context, Outcome } from '../context.js';
import { examine } from '../examine.js';
import { envDirectoriesAbove } from '../find.js';
import { parse } from '../parse.js';
import { profilesIn } from '../profiles.js';

/** Asked by the completions when a tab is pressed. Not for people: it is in no help. */
export const complete: CommandFile = (program, run) => {
  program
    .command('__complete', { hidden: true })
    .argument('<what>')
    .action((what: string) => run((context) => listWords(context, what)));
};

/** The `names`, `assignments` (`NAME=`) or `profiles` of the present place, a line each; nothing for anything else. */
export function listWords(context: Context, what: string): Outcome {
  const [directory] = envDirectoriesAbove(context.directory, context.places.home);
  if (directory === undefined) return {};
  if (what === 'profiles') return { output: lines(profilesIn(directory)) };
  const names = namesIn(context, directory);
  if (what === 'names') return { output: lines(names) };
  return what === 'assignments' ? { output: lines(names.map((name) => `${name}=`)) } : {};
}

function namesIn({ places, now }: Context, directory: string): string[] {
  const { files } = examine(places, directory, now);
  const found = files.flatMap(({ bytes }) => parse(Buffer.from(bytes).toString()).assignments);
  return [...new Set(found.map(({ name }) => name))].sort();
}

function lines(words: string[]): string {
  return words.map((word) => `${word}\n`).join('');
}
