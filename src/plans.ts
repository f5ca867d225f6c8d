import { join } from 'node:path';
import { follow } from './accept.js';
import { type Examination, planOf } from './examine.js';
import { envFileNames, isEnvDirectory, isTrusted, tryRealpath } from './find.js';
import { encodePlan, type Plan, planPath } from './plan.js';
import { ownerOf } from './reach.js';
import type { Places } from './settings.js';
import { showPath } from './show.js';
import { ensurePrivateDirectory, readPrivate, writeAtomically } from './store.js';
import { readApproval } from './trust.js';

/**
 * Makes the plans of directories, and the storage that the hooks need.
 *
 * @param directories absolute, as the user sees them.
 * @param now seconds since 1970.
 * @throws EnvhookError 7
 */
export function makePlans(places: Places, directories: readonly string[], now: number): void {
  ensureStorage(places);
  for (const directory of directories) {
    if (isOthersAndEmpty(directory)) storePlan(places, planOnTheWay(places, directory));
    else writePlan(places, follow(places, directory, now));
  }
}

/** Writes the plan of an examined directory, if it is another one; the storage is there. @throws EnvhookError 7 */
export function writePlan(places: Places, examination: Examination): void {
  storePlan(places, planOf(examination, places.home));
}

function storePlan(places: Places, plan: Plan): void {
  const path = planPath(places.run, plan.directory);
  const bytes = encodePlan(plan);
  // The hooks take what is left of a plan without its end mark for none.
  if (!readPrivate(path)?.equals(bytes)) writeAtomically(path, bytes, { fleeting: true });
}

function isOthersAndEmpty(directory: string): boolean {
  return ownerOf(directory) !== process.geteuid?.() && !isEnvDirectory(directory);
}

// A shell cannot tell root from a stranger: whether the climb to an outer directory goes on or ends here.
function planOnTheWay(places: Places, directory: string): Plan {
  const realDirectory = tryRealpath(directory) ?? directory;
  const isForeign = !isTrusted(ownerOf(directory));
  return {
    kind: 'block',
    directory,
    realDirectory,
    ...readApproval(places, realDirectory),
    flags: isForeign ? ['foreign'] : [],
    label: '',
    shownDirectory: showPath(directory, places.home),
    message: '',
    inputs: isForeign ? [] : envFileNames(undefined).map((name) => ({ name, bytes: undefined })),
    entries: [],
  };
}

/** Makes the directories of ours, or finds them private. @throws EnvhookError 7 */
export function ensureStorage(places: Places): void {
  for (const path of [places.data, places.run, join(places.run, 'sessions')]) ensurePrivateDirectory(path);
}
