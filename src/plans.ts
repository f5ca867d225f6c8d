import { join } from 'node:path';
import { follow } from './accept.js';
import { type Examination, planOf } from './examine.js';
import { encodePlan, planPath } from './plan.js';
import type { Places } from './settings.js';
import { ensurePrivateDirectory, readPrivate, writeAtomically } from './store.js';

/**
 * Makes the plans of directories, and the storage that the hooks need.
 *
 * @param directories absolute, as the user sees them.
 * @param now seconds since 1970.
 * @throws EnvhookError 7
 */
export function makePlans(places: Places, directories: readonly string[], now: number): void {
  ensureStorage(places);
  for (const directory of directories) writePlan(places, follow(places, directory, now));
}

/** Writes the plan of an examined directory, if it is another one; the storage is there. @throws EnvhookError 7 */
export function writePlan(places: Places, examination: Examination): void {
  const path = planPath(places.run, examination.directory);
  const plan = encodePlan(planOf(examination, places.home));
  // The hooks take what is left of a plan without its end mark for none.
  if (!readPrivate(path)?.equals(plan)) writeAtomically(path, plan, { fleeting: true });
}

/** Makes the directories of ours, or finds them private. @throws EnvhookError 7 */
export function ensureStorage(places: Places): void {
  for (const path of [places.data, places.run, join(places.run, 'sessions')]) ensurePrivateDirectory(path);
}
