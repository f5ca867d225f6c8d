import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandFile } from '../cli.js';
import type { Context, Outcome } from '../context.js';
import { isEnvDirectory } from '../find.js';
import { isAlive } from '../processes.js';
import type { Places } from '../settings.js';
import { showPath } from '../show.js';
import { checkPrivateDirectory, isOldClaim, readPrivate, removeFile } from '../store.js';
import { headOf, parseApproval, readApproval } from '../trust.js';

export const prune: CommandFile = (program, run) => {
  program
    .command('prune')
    .summary('forget directories that are gone, and what they left')
    .addHelpText('after', '\nExample:\n  envhook prune')
    .action(() => run(pruneStorage));
};

/**
 * Removes approvals of directories that have no env file any more, plans that no longer fit an approval, session
 * states that no process refers to, and temporary files of writers that were killed.
 */
export function pruneStorage({ places, progress }: Context): Outcome {
  if (!checkPrivateDirectory(places.data)) return { notes: ['nothing to prune'] };
  for (const name of entriesOf(places.data)) removeLeftover(join(places.data, name), name);
  const forgotten = pruneApprovals(join(places.data, 'approvals'), progress);
  const plans = checkPrivateDirectory(places.run)
    ? prunePlans(places, join(places.run, 'plans'), progress)
    : 0;
  progress?.('looking at session states');
  const sessions = pruneSessions(join(places.run, 'sessions'));
  const lines = forgotten.map((path) => `forgot ${showPath(path, places.home)}`);
  return {
    notes: [...lines, `pruned ${forgotten.length} approvals, ${plans} plans, ${sessions} session states`],
  };
}

function pruneApprovals(directory: string, progress: Context['progress']): string[] {
  return entriesOf(directory).flatMap((name, index, { length }) => {
    progress?.(`looking at ${index + 1} of ${length} approvals`);
    const file = join(directory, name);
    if (removeLeftover(file, name)) return [];
    if (isOldClaim(file, headOf)) removeFile(file);
    const approval = parseApproval(readPrivate(file)?.toString() ?? '');
    if (approval === undefined || isEnvDirectory(approval.path)) return [];
    removeFile(file);
    return [approval.path];
  });
}

// A plan's fourth, fifth and seventh fields are directory, real directory and record head: see plan.ts.
function prunePlans(places: Places, directory: string, progress: Context['progress']): number {
  let count = 0;
  progress?.('looking at plans');
  for (const entry of readdirSafely(directory)) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) count += prunePlans(places, path, progress);
    else if (!removeLeftover(path, entry.name) && !isCurrentPlan(places, path)) {
      removeFile(path);
      count++;
    }
  }
  return count;
}

function isCurrentPlan(places: Places, path: string): boolean {
  const [, , , directory = '', real = '', , head] = readPrivate(path)?.toString().split('\0', 7) ?? [];
  return directory !== '' && isEnvDirectory(directory) && readApproval(places, real).head === head;
}

function pruneSessions(directory: string): number {
  const inUse = sessionsInUse();
  return entriesOf(directory).filter((name) => {
    if (removeLeftover(join(directory, name), name)) return false;
    const owner = Number(name.split('-')[0]);
    const keep = inUse === undefined || inUse.has(name) || isAlive(owner);
    if (!keep) removeFile(join(directory, name));
    return !keep;
  }).length;
}

// The sessions that some process would undo if it were a shell; undefined where /proc does not tell.
function sessionsInUse(): Set<string> | undefined {
  if (!existsSync('/proc/self/environ')) return undefined;
  const found = entriesOf('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => /(?:^|\0)ENVHOOK_SESSION=([\d-]+)/.exec(readOr(`/proc/${pid}/environ`))?.[1] ?? []);
  return new Set(found);
}

// `.PID-TIME.tmp` of a writer that is no more
function removeLeftover(path: string, name: string): boolean {
  const writer = /^\.(\d+)-[0-9a-f]+\.tmp$/.exec(name)?.[1];
  if (writer === undefined) return false;
  if (!isAlive(Number(writer))) removeFile(path);
  return true;
}

function entriesOf(directory: string): string[] {
  return readdirSafely(directory).map(({ name }) => name);
}

function readdirSafely(directory: string) {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return [];
  }
}

function readOr(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
