import {
  changedText,
  type Examination,
  type ExamineOptions,
  examine,
  judgeContent,
  labelOf,
  type Verdict,
} from './examine.js';
import { tryStat } from './reach.js';
import type { Places } from './settings.js';
import { newIn, shapeOf } from './shape.js';
import { type Approval, changeApproval, digestEntries, digestKey, filesAllowed, following } from './trust.js';

/**
 * `examine`, for whoever acts on what it finds: where later edits are accepted by themselves (`allow --always`), an
 * edit is approved first, if nothing but values is new in it: every file is safe, nothing in them is wrong, no
 * name that is asked for has another value, and the directory, the files of the set, links, names and directives are
 * those that somebody approved. Otherwise the verdict says what is missing.
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
  const verdict = judgeEdit(places, edit, before, variables);
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

/** Whether the directory and the files of its set are the user's, and nobody else may write them. */
export function isOwn({ realDirectory, readings }: Examination): boolean {
  const stats = tryStat(realDirectory);
  if (stats?.uid !== process.geteuid?.() || ((stats?.mode ?? 0) & 0o022) !== 0) return false;
  return readings.every(
    ({ reading }) =>
      reading.state !== 'read' || (reading.owner === process.geteuid?.() && !reading.groupWritable),
  );
}

// Whether an edit needs no question.
function judgeEdit(
  places: Places,
  edit: Examination,
  before: Approval,
  variables: Record<string, string>,
): Verdict {
  const label = labelOf(edit, places.home);
  const same = before.consents.filter((name) => before.variables[name] === variables[name]);
  const verdict = judgeContent(edit, { ...before, consents: same }, label, places.home);
  if (verdict.kind !== 'allowed') return verdict;
  const reasons = reasonsToAsk(edit, before);
  if (reasons.length === 0) return verdict;
  return { kind: 'changed', text: changedText(places, edit, before, label, reasons) };
}

function reasonsToAsk(edit: Examination, { shape, always }: Approval): string[] {
  if (shape === undefined) return ['it was allowed by an older envhook'];
  const surprises = new Set(edit.compilation.leftOut.map(({ name }) => name));
  const acceptsNames = always === 'names' && isOwn(edit);
  return newIn(shape, shapeOf(edit), (name) => acceptsNames && !surprises.has(name));
}

// An editor may write in steps: a name that was consented to and is away for a moment can come back as it was.
function keptFrom(before: Approval, variables: Record<string, string>): Record<string, string> {
  const gone = before.consents.filter((name) => !Object.hasOwn(variables, name));
  return Object.fromEntries(gone.map((name) => [name, before.variables[name] ?? '']));
}
