import { type Examination, type ExamineOptions, examine, judgeContent, labelOf } from './examine.js';
import type { Places } from './settings.js';
import { type Approval, changeApproval, digestEntries, digestKey, filesAllowed, following } from './trust.js';

/**
 * `examine`, for whoever acts on what it finds: where later edits are accepted by themselves (`allow --always`), an
 * edit is approved first, if it could be approved without a question: every file is safe, nothing in them is wrong,
 * and no name that is asked for is new or has another value. Otherwise the verdict says what is missing.
 *
 * A directory without a file left is waited for: a branch switch removes it and brings it back.
 *
 * @throws EnvhookError 7
 */
export function follow(
  places: Places,
  directory: string,
  now: number,
  options: ExamineOptions = {},
): Examination {
  const seen = examine(places, directory, now, options);
  const before = seen.approval;
  if (seen.verdict.kind !== 'changed' || !before?.always || options.profile !== undefined) return seen;
  if (seen.files.length === 0 || (before.expires !== undefined && before.expires <= now)) return seen;
  // `exec` compiles more names than a record holds.
  const edit = options.forExec ? examine(places, directory, now) : seen;
  const variables = digestEntries(digestKey(places), edit.compilation.entries);
  const same = before.consents.filter((name) => before.variables[name] === variables[name]);
  const label = labelOf(edit, places.home);
  const verdict = judgeContent(edit, { ...before, consents: same }, label, places.home);
  if (verdict.kind !== 'allowed') return { ...seen, verdict };
  const names = edit.readings.map(({ name }) => name);
  const next = following(places, before, {
    files: filesAllowed(before, names, edit.files),
    variables: { ...keptFrom(before, variables), ...variables },
    at: new Date(now * 1000).toISOString(),
  });
  // What was judged is the edit of what this very record allowed: a deny meanwhile stays.
  changeApproval(places, edit.realDirectory, ({ approval }) =>
    approval?.id === before.id ? next : undefined,
  );
  return examine(places, directory, now, options);
}

// An editor may write in steps: a name that was consented to and is away for a moment can come back as it was.
function keptFrom(before: Approval, variables: Record<string, string>): Record<string, string> {
  const gone = before.consents.filter((name) => !Object.hasOwn(variables, name));
  return Object.fromEntries(gone.map((name) => [name, before.variables[name] ?? '']));
}
