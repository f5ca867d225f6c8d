import { checkContent, digestOfSet } from '../approve.js';
import type { CommandFile } from '../cli.js';
import type { Context, Outcome } from '../context.js';
import { type Difference, differenceLine, differencesOf } from '../diff.js';
import { EnvhookError, EXIT } from '../errors.js';
import { type Examination, examine, labelOf } from '../examine.js';
import { jsonText } from '../show.js';
import { outsideOf } from '../stack.js';
import { targetDirectory } from './target.js';

export const diff: CommandFile = (program, run) => {
  program
    .command('diff')
    .summary('show what is new, changed and gone since the last approval')
    .argument('[dir]', 'the directory, or one of its files; the present one if not given')
    .option('--reveal', 'show values, on a terminal')
    .option('--json', 'for a program; without values')
    .addHelpText(
      'after',
      '\nThe last line is for: envhook allow --digest DIGEST, which allows just these files.\n\nExample:\n  envhook diff',
    )
    .action((dir: string | undefined, options: DiffOptions) =>
      run((context) => showDifferences(context, dir, options)),
    );
};

interface DiffOptions {
  reveal?: boolean;
  json?: boolean;
}

/**
 * The variables of a directory against its last approval.
 *
 * @throws EnvhookError 64 no such env directory, or --reveal without a terminal; 3 and 4 as `allow`
 */
export function showDifferences(context: Context, named: string | undefined, options: DiffOptions): Outcome {
  if (options.reveal && !context.terminal) {
    throw new EnvhookError('values are shown on a terminal only', 'envhook get NAME', EXIT.usage);
  }
  const { places, now } = context;
  const examination = examine(places, targetDirectory(context, named), now);
  checkContent(examination, places.home);
  const differences = differencesFor(context, examination);
  if (options.json) return { output: `${jsonText(differences.map(toJson))}\n` };
  const lines = differences.map((it) => `${differenceLine(it, options.reveal ?? false)}\n`);
  const label = labelOf(examination, places.home);
  const said = lines.length > 0 ? `${label}\n${lines.join('')}` : `${label}: ${unchanged(examination)}\n`;
  return { output: `${said}digest ${digestOfSet(examination)}\n` };
}

/** The differences of a directory, references answered as they would be at a load. */
export function differencesFor(context: Context, examination: Examination): Difference[] {
  return differencesOf(context.places, examination, outsideOf(context, examination));
}

function unchanged({ verdict, approval }: Examination): string {
  if (approval?.state !== 'allowed') return 'no variables';
  return verdict.kind === 'allowed' ? 'as it was allowed' : 'the same variables, other bytes';
}

function toJson({ sign, name, value, reason }: Difference): object {
  return {
    name,
    change: { '+': 'new', '~': 'changed', '-': 'gone' }[sign],
    length: value === undefined ? null : [...value].length,
    reason: reason ?? null,
  };
}
