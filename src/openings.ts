import { dirname } from 'node:path';
import { tryRealpath } from './find.js';
import { isOpen, tryLstat } from './reach.js';
import { showPath } from './show.js';

/**
 * What others may do about a directory, a line for each, for whoever allows it: another owner, another file and another
 * directory are noticed, and yet are not the user's doing.
 *
 * Of what lies above the home directory nothing is said: the approvals lie there, too.
 *
 * @param realDirectory without symbolic links.
 */
export function openingsOf(realDirectory: string, home: string): string[] {
  const own = isOpen(realDirectory) ? [`${showPath(realDirectory, home)} ${whoseText(realDirectory)}`] : [];
  const parent = openParent(realDirectory, tryRealpath(home));
  return parent === undefined ? own : [...own, parentText(parent, realDirectory, home)];
}

function parentText(parent: string, directory: string, home: string): string {
  const shown = showPath(directory, home);
  // There only what is gone can be made again.
  const what = isSticky(parent)
    ? `make another ${shown} once it is gone`
    : `put another directory in place of ${shown}`;
  return `${showPath(parent, home)} ${whoseText(parent)}, so others can ${what}`;
}

function openParent(directory: string, home: string | undefined): string | undefined {
  for (let at = directory; at !== home && at !== '/'; ) {
    at = dirname(at);
    if (isOpen(at)) return at;
  }
  return undefined;
}

function whoseText(directory: string): string {
  const { uid = 0, mode = 0 } = tryLstat(directory) ?? {};
  if (uid !== 0 && uid !== process.geteuid?.()) return `belongs to uid ${uid}`;
  return `can be written by ${mode & 0o002 ? 'everybody' : 'its group'}`;
}

function isSticky(directory: string): boolean {
  return ((tryLstat(directory)?.mode ?? 0) & 0o1000) !== 0;
}
