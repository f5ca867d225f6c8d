import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandFile } from '../cli.js';
import type { Context, Outcome } from '../context.js';
import { isEnvDirectory } from '../find.js';
import { isCurrentPlan, planFiles } from '../leftovers.js';
import { isAlive } from '../processes.js';
import { heardPath } from '../session.js';
import type { Places } from '../settings.js';
import { showPath } from '../show.js';
import { checkPrivateDirectory, isOldClaim, readPrivate, removeFile, writerOf } from '../store.js';
import { headOf, parseApproval } from '../trust.js';

export const prune: CommandFile = (program, run) => {
  program
    .command('prune')
    .summary('forget directories that are gone, and what they left')
    .addHelpText('after', '\nExample:\n  envhook prune')
    .action(() => run(pruneStorage));
};

/**
 * Removes approvals of directories that have no env file any more, plans that no longer fit an approval, and
 * temporary files of writers that were killed. Session states end by themselves: see leftovers.ts.
 */
export function pruneStorage({ places, now, progress }: Context): Outcome {
  if (!checkPrivateDirectory(places.data)) return { notes: ['nothing to prune'] };
  for (const name of entriesOf(places.data)) removeLeftover(join(places.data, name));
  const approvals = join(places.data, 'approvals');
  const forgotten = pruneApprovals(approvals, progress);
  for (const path of entriesOf(approvals).map((name) => join(approvals, name)))
    if (isOldClaim(path, headOf)) removeFile(path);
  const plans = checkPrivateDirectory(places.run) ? prunePlans(places, now, progress) : 0;
  for (const name of entriesOf(join(places.run, 'sessions')))
    removeLeftover(join(places.run, 'sessions', name));
  // Of a daemon that was killed while somebody listened.
  for (const name of entriesOf(heardPath(places.run))) removeFile(join(heardPath(places.run), name));
  const lines = forgotten.map((path) => `forgot ${showPath(path, places.home)}`);
  return {
    notes: [...lines, `pruned ${forgotten.length} approvals, ${plans} plans`],
  };
}

function pruneApprovals(directory: string, progress: Context['progress']): string[] {
  return entriesOf(directory).flatMap((name, index, { length }) => {
    progress?.(`looking at ${index + 1} of ${length} approvals`);
    const file = join(directory, name);
    if (removeLeftover(file)) return [];
    const approval = parseApproval(readPrivate(file)?.toString() ?? '');
    if (approval === undefined || isEnvDirectory(approval.path)) return [];
    removeFile(file);
    return [approval.path];
  });
}

function prunePlans(places: Places, now: number, progress: Context['progress']): number {
  progress?.('looking at plans');
  return [...planFiles(places)].filter(
    (path) => !removeLeftover(path) && !isCurrentPlan(places, path, now) && removeFile(path),
  ).length;
}

// What a writer left that is no more; true for what any writer left.
function removeLeftover(path: string): boolean {
  const writer = writerOf(path);
  if (writer !== undefined && !isAlive(writer)) removeFile(path);
  return writer !== undefined;
}

function entriesOf(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
