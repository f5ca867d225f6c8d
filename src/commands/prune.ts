import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandFile } from '../cli.js';
import type { Context, Outcome } from '../context.js';
import { isEnvDirectory } from '../find.js';
import { isAlive } from '../processes.js';
import { showPath } from '../show.js';
import { checkPrivateDirectory, readPrivate, removeFile } from '../store.js';
import { parseApproval, readApproval } from '../trust.js';

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
export function pruneStorage({ places }: Context): Outcome {
  if (!checkPrivateDirectory(places.data)) return { notes: ['nothing to prune'] };
  const forgotten = pruneApprovals(join(places.data, 'approvals'));
  const plans = checkPrivateDirectory(places.run) ? prunePlans(places, join(places.run, 'plans')) : 0;
  const sessions = pruneSessions(join(places.run, 'sessions'));
  const lines = forgotten.map((path) => `forgot ${showPath(path, places.home)}`);
  return {
    notes: [...lines, `pruned ${forgotten.length} approvals, ${plans} plans, ${sessions} session states`],
  };
}

function pruneApprovals(directory: string): string[] {
  return entriesOf(directory).flatMap((name) => {
    const file = join(directory, name);
    if (removeLeftover(file, name)) return [];
    const approval = parseApproval(readPrivate(file)?.toString() ?? '');
    if (approval === undefined || isEnvDirectory(approval.path)) return [];
    removeFile(file);
    return [approval.path];
  });
}

// A plan's fourth, fifth and seventh fields are directory, real directory and record head: see plan.ts.
function prunePlans(places: Context['places'], directory: string): number {
  let count = 0;
  for (const entry of readdirSafely(directory)) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) count += prunePlans(places, path);
    else if (!removeLeftover(path, entry.name) && !isCurrentPlan(places, path)) {
      removeFile(path);
      count++;
    }
  }
  return count;
}

function isCurrentPlan(places: Context['places'], path: string): boolean {
  const [, , , directory = '', real = '', , head] = readPrivate(path)?.toString().split('\0', 7) ?? [];
  return directory !== '' && isEnvDirectory(directory) && readApproval(places, real).head === head;
}

function pruneSessions(directory: string): number {
  const inUse = sessionsInUse();
  return entriesOf(directory).filter((name) => {
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

// `.PID-RANDOM.tmp` of a writer that is no more
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
