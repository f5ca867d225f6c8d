import type { CommandFile } from '../cli.js';
import type { Context, Outcome } from '../context.js';
import { decode } from '../decode.js';
import { EnvhookError, EXIT } from '../errors.js';
import { evaluate } from '../evaluate.js';
import { type Examination, examine, labelOf } from '../examine.js';
import { parse } from '../parse.js';
import { resolve } from '../resolve.js';
import { escapeText } from '../show.js';
import { callerEnvironment } from '../stack.js';
import { nearestDirectory } from './target.js';

export const get: CommandFile = (program, run) => {
  program
    .command('get')
    .summary('print the value that the files of the nearest env directory give a variable')
    .argument('<name>', 'the variable')
    .addHelpText('after', '\nExample:\n  curl -H "X-Key: $(envhook get API_KEY)" localhost')
    .action((name: string) => run((context) => getValue(context, name)));
};

/**
 * The value of one variable as the directory's files have it, allowed or not: they are the user's own, and nothing is
 * loaded. References are answered from the caller's environment as it was before envhook loaded anything.
 *
 * @throws EnvhookError 64 a name that they do not set, 4 files that are wrong
 */
export function getValue(context: Context, name: string): Outcome {
  const examination = examine(context.places, nearestDirectory(context), context.now);
  const value = valuesIn(context, examination).get(name);
  if (value === undefined) {
    const label = labelOf(examination, context.places.home);
    throw new EnvhookError(`${escapeText(name)} is not set in ${label}`, 'envhook list', EXIT.usage);
  }
  return { output: `${value}\n`, isData: true };
}

/** All values, also of names that no shell gets. @throws EnvhookError 4 */
export function valuesIn(context: Context, examination: Examination): Map<string, string> {
  const { directory, files } = examination;
  const sources = files.map(({ name, bytes }) => {
    const decoded = decode(bytes);
    const parsed = 'text' in decoded ? parse(decoded.text) : { assignments: [], problems: [decoded.problem] };
    return { file: name, ...parsed };
  });
  const { entries, problems } = resolve(sources, { directory });
  const wrong = [...sources.flatMap((source) => source.problems), ...problems].some(
    ({ severity }) => severity === 'error',
  );
  const { base } = callerEnvironment(context);
  const evaluation = evaluate(entries, (name) => base.get(name));
  if (wrong || 'failure' in evaluation) {
    const label = labelOf(examination, context.places.home);
    throw new EnvhookError(`${label} cannot be read to the end`, 'envhook check', EXIT.syntax);
  }
  return evaluation.values;
}
