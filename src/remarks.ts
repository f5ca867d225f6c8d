import { problemLine } from './approve.js';
import type { Context } from './context.js';
import { contractRemarks } from './contract.js';
import { evaluate } from './evaluate.js';
import type { Examination } from './examine.js';
import type { Problem } from './problem.js';
import { profilesIn } from './profiles.js';
import { outsideOf } from './stack.js';
import { unansweredProblems } from './unanswered.js';

/**
 * What only the place tells of a directory's files, for whoever has just allowed them: references that nothing answers,
 * profiles that nobody chose, and what an example file lists in vain. Lines without values.
 */
export function remarksOn(context: Context, examination: Examination): string[] {
  const { home } = context.places;
  return [
    ...unansweredIn(context, examination).map(
      (problem) => `${problemLine(examination.directory, problem, home)} (warning)`,
    ),
    ...profileRemark(examination),
    ...contractRemarks(examination, context.env, home),
  ];
}

/**
 * Warnings about references that neither the files nor what is outside of their directory answers.
 *
 * @param known names that something else sets, which was not compiled.
 */
export function unansweredIn(
  context: Context,
  { directory, files, compilation }: Pick<Examination, 'directory' | 'files' | 'compilation'>,
  known: ReadonlySet<string> = new Set(),
): Problem[] {
  const outside = outsideOf(context, { directory, compilation });
  const lookup = (name: string) => outside(name) ?? (known.has(name) ? '' : undefined);
  const evaluation = evaluate(compilation.entries, lookup);
  return 'failure' in evaluation ? [] : unansweredProblems(files, evaluation.unset);
}

// Said until the directory is allowed for the first time: who has chosen none by then wants none.
function profileRemark({ directory, approval }: Examination): string[] {
  const profiles = approval?.state === 'allowed' ? [] : profilesIn(directory);
  const [first] = profiles;
  if (first === undefined) return [];
  const example = profiles.includes('development') ? 'development' : first;
  return [
    `no profile is in use here; there are files for: ${profiles.join(' ')}; to use one: envhook use ${example}`,
  ];
}
