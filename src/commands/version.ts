import type { CommandFile } from '../cli.js';
import type { Outcome } from '../context.js';
import { EnvhookError, EXIT } from '../errors.js';
import { escapeText } from '../show.js';

/** `version` prints what `--version` prints: editors ask this way. */
export const version: CommandFile = (program, run) => {
  program
    .command('version')
    .summary('print the version')
    .argument('[at-least]', 'fail if this is older than that')
    .addHelpText('after', '\nExample:\n  envhook version')
    .action((atLeast: string | undefined) => run(() => tellVersion(program.version() ?? '', atLeast)));
};

/**
 * The version, or whether it is at least another one: `1`, `1.2`, `v1.2.3`, a pre-release counting as its release.
 *
 * @throws EnvhookError 1 older, as direnv has it; 64 what is no version
 */
export function tellVersion(own: string, atLeast: string | undefined): Outcome {
  if (atLeast === undefined) return { output: `${own}\n` };
  const wanted = numbersOf(atLeast);
  if (wanted === undefined) {
    throw new EnvhookError(`${escapeText(atLeast)} is no version`, 'such as 1.2.3', EXIT.usage);
  }
  const numbers = numbersOf(own) ?? [];
  const differing = wanted.findIndex((number, index) => number !== numbers[index]);
  if ((numbers[differing] ?? 0) >= (wanted[differing] ?? 0)) return {};
  throw new EnvhookError(`this is ${own}, older than ${atLeast}`, 'npm install -g envhook', OLDER);
}

const OLDER = 1;

// Semantic versions (semver.org), the last numbers of which may be missing.
function numbersOf(text: string): number[] | undefined {
  const [found, ...numbers] =
    /^v?(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9})(?:[-+][\w.+-]+)?)?$/.exec(text) ?? [];
  return found === undefined ? undefined : numbers.map((number) => Number(number ?? 0));
}
