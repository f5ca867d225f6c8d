import { follow } from './accept.js';
import { type Examination, planOf } from './examine.js';
import { envFileNames, isEnvDirectory, isTrusted, tryRealpath } from './find.js';
import { isUnsure, pinnedEntries } from './pins.js';
import { canHavePlan, encodeHead, encodePlan, type Plan, planPath } from './plan.js';
import { ownerOf } from './reach.js';
import type { Places } from './settings.js';
import { showPath } from './show.js';
import { outsideOf, type Place } from './stack.js';
import { ensureStorage, readPrivate, removeFile, writeAtomically } from './store.js';
import { readApproval } from './trust.js';

/**
 * Makes the plans of directories, and the storage that the hooks need.
 *
 * @param directories absolute, as the user sees them.
 * @throws EnvhookError 7
 */
export function makePlans(place: Place, directories: readonly string[]): void {
  const { places, now } = place;
  ensureStorage(places);
  for (const directory of directories) {
    if (isOthersAndEmpty(directory)) storePlan(places, planOnTheWay(places, directory));
    else writePlan(place, follow(places, directory, now));
  }
}

/**
 * Writes the plan of an examined directory, if it is another one; the storage is there. Where a value is pinned and this
 * environment does not tell its text, a plan that has it stays.
 *
 * @param place whose environment it is made in; without one, such a plan is not written but left to a shell.
 * @returns whether there is a plan now.
 * @throws EnvhookError 7
 */
export function writePlan(place: Place | Pick<Place, 'places'>, examination: Examination): boolean {
  const { places } = place;
  const plan = planOf(examination, places.home);
  const lookup = 'env' in place ? outsideOf(place, examination) : undefined;
  if (plan.kind === 'load') plan.entries = pinnedEntries(places, examination, lookup);
  if (!isUnsure(plan.entries)) return storePlan(places, plan);
  if (isPresent(places, plan)) return true;
  const unsure: Plan = { ...plan, flags: [...plan.flags, 'unsure'] };
  if (lookup !== undefined) return storePlan(places, unsure);
  if (isPresent(places, unsure)) return true;
  removeFile(planPath(places.run, plan.directory));
  return false;
}

// Whether there is a plan for the same bytes, the same approval and with the same flags.
function isPresent(places: Places, plan: Plan): boolean {
  const present = readPrivate(planPath(places.run, plan.directory));
  const head = encodeHead(plan);
  return present?.subarray(0, head.length).equals(head) ?? false;
}

function storePlan(places: Places, plan: Plan): boolean {
  if (!canHavePlan(plan.directory)) return false;
  const path = planPath(places.run, plan.directory);
  const bytes = encodePlan(plan);
  // The hooks take what is left of a plan without its end mark for none.
  if (!readPrivate(path)?.equals(bytes)) writeAtomically(path, bytes, { fleeting: true });
  return true;
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
