import { closeSync, constants, fchmodSync, fstatSync, lstatSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Places } from './settings.js';
import { showPath } from './show.js';
import { removeFile } from './store.js';

/**
 * Closes to others what we keep, where something has opened it (`chmod -R a+rwX` on all of a home directory, say). What
 * others could have written is removed: a shell cannot tell it from ours, and every plan is made again when it is missed.
 *
 * It looks at five directories, and at the rest only if one of them is open.
 *
 * @returns what is to be said of each place that was open.
 */
export function closeStorage(places: Places): Closed[] {
  const { data, run } = places;
  const inner = [join(data, 'approvals'), join(run, 'plans'), join(run, 'sessions')];
  if (![data, run, ...inner].some(isOpen)) return [];
  return [...new Set([data, run])].flatMap((top) => {
    const found = closeAll(top, false);
    const shown = showPath(top, places.home);
    if (found === 'written') return { text: `others could write to ${shown}`, hint: hintFor(top === data) };
    return found === 'read' ? { text: `others could read ${shown}; it is closed again` } : [];
  });
}

/** A place of ours that was open to others. With a hint: they could write there, and what they could have written is gone. */
export interface Closed {
  text: string;
  hint?: string;
}

function hintFor(hasApprovals: boolean): string {
  const approvals = hasApprovals ? ', approvals, too: envhook allow' : '';
  return `it is closed again, and what they could have written is gone${approvals}`;
}

/** What others could do there: the worst of it. */
type Openness = 'written' | 'read' | undefined;

// From above, so that nobody exchanges anything below meanwhile.
function closeAll(directory: string, isWritten: boolean): Openness {
  const mode = openModeOf(directory, constants.O_DIRECTORY, 0o700);
  if (mode === undefined) return undefined;
  const isOthers = isWritten || (mode & 0o022) !== 0;
  const below = entriesOf(directory).map((entry) => {
    const path = join(directory, entry.name);
    return entry.isDirectory() ? closeAll(path, isOthers) : closeFile(path, isOthers);
  });
  if (isOthers || below.includes('written')) return 'written';
  return (mode & 0o077) !== 0 || below.includes('read') ? 'read' : undefined;
}

function closeFile(path: string, isWritten: boolean): Openness {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined || stats.isSocket()) return undefined;
  if (isWritten || (!stats.isSymbolicLink() && (stats.mode & 0o022) !== 0)) {
    removeFile(path);
    return 'written';
  }
  if (!stats.isFile() || (stats.mode & 0o077) === 0) return undefined;
  openModeOf(path, 0, 0o600);
  return 'read';
}

// The mode that something of ours had before it got this one.
function openModeOf(path: string, flags: number, wanted: number): number | undefined {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | flags);
  } catch {
    return undefined;
  }
  try {
    const { mode, uid } = fstatSync(fd);
    if (uid !== process.geteuid?.()) return undefined;
    if ((mode & 0o077) !== 0) fchmodSync(fd, wanted);
    return mode;
  } finally {
    closeSync(fd);
  }
}

function isOpen(directory: string): boolean {
  try {
    const stats = lstatSync(directory, { throwIfNoEntry: false });
    return stats?.isDirectory() === true && (stats.mode & 0o077) !== 0;
  } catch {
    return false;
  }
}

function entriesOf(directory: string) {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return [];
  }
}
