import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Closed, closeStorage } from './close.js';
import { isEnvDirectory } from './find.js';
import { sessionState, takeCensus } from './makers.js';
import { planPath } from './plan.js';
import { isSameFile, tryStat } from './reach.js';
import type { Places } from './settings.js';
import { readPrivate, removeFile } from './store.js';
import { readApproval } from './trust.js';

/*
 * Plans and session states hold values. Both are removed when nothing can need them any more.
 */

/**
 * What every run of ours does first: closes what was opened to others, and ends session states.
 *
 * @param atOnce whether a shell waits: see `takeCensus`.
 * @returns what was open.
 */
export function tidy(places: Places, atOnce = false): Closed[] {
  const closed = closeStorage(places);
  endSessions(places, takeCensus(atOnce));
  return closed;
}

/** What is to be said of a place that was open. */
export function closedLine({ text, hint }: Closed): string {
  return hint === undefined ? text : `${text}; ${hint}`;
}

/** The files among the plans: plans, and what writers left. */
export function* planFiles({ run }: Pick<Places, 'run'>, below = join(run, 'plans')): Generator<string> {
  for (const entry of entriesOf(below)) {
    const path = join(below, entry.name);
    if (entry.isDirectory()) yield* planFiles({ run }, path);
    else yield path;
  }
}

/**
 * Whether a plan fits the approval that is there, at a directory that has env files.
 *
 * @param now seconds since 1970.
 */
export function isCurrentPlan(places: Places, path: string, now: number): boolean {
  const { directory, realDirectory, head, expires } = headOfPlan(path);
  if (expires !== '' && Number(expires) <= now) return false;
  // No shell looks elsewhere; a disk that ignores case has one plan for all spellings.
  const planned = planPath(places.run, directory);
  if (path !== planned && !isSameFile(tryStat(path), tryStat(planned))) return false;
  return isEnvDirectory(directory) && readApproval(places, realDirectory).head === head;
}

/** Removes the plans of a directory that are not for its present record, under whatever path they are. */
export function removeStalePlansOf(places: Places, realDirectory: string): void {
  const { head } = readApproval(places, realDirectory);
  for (const path of planFiles(places)) {
    const plan = headOfPlan(path);
    if (plan.realDirectory === realDirectory && plan.head !== head) removeFile(path);
  }
}

/**
 * Removes the session states that nobody can need any more: see makers.ts.
 *
 * @returns how many.
 */
export function endSessions({ run }: Pick<Places, 'run'>, census = takeCensus()): number {
  const directory = join(run, 'sessions');
  const states = entriesOf(directory).flatMap(({ name }) => sessionState(name) ?? []);
  if (states.every((state) => census.seemsThere(state))) return 0;
  const ended = states.filter((state) => census.isOver(state));
  for (const { name } of ended) removeFile(join(directory, name));
  return ended.length;
}

// See plan.ts for the order.
function headOfPlan(path: string) {
  const fields = readPrivate(path)?.toString().split('\0', 9) ?? [];
  const [, , , directory = '', realDirectory = '', , head, , expires = ''] = fields;
  return { directory, realDirectory, head, expires };
}

function entriesOf(directory: string) {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return [];
  }
}
