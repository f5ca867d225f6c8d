import { lstatSync, readlinkSync, type Stats, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * What is at a path, links followed; undefined for whatever cannot be reached: nothing there, links that lead in a
 * circle, a parent that cannot be searched or is no directory, a path that is too long.
 */
export function tryStat(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** As `tryStat`, of a link itself. */
export function tryLstat(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** Whether both are looks at one file, or one directory; false where either was not there. */
export function isSameFile(one: Stats | undefined, other: Stats | undefined): boolean {
  return one !== undefined && one.ino === other?.ino && one.dev === other.dev;
}

/** The owner of what a path leads to; undefined where that cannot be told. */
export function ownerOf(path: string): number | undefined {
  return tryStat(path)?.uid;
}

/**
 * The first directory on the way to a path in which somebody other than root and the user can put another thing in
 * its place: one that is somebody else's, or that its group or everybody may write. Links on the way count with the
 * directories that they stand in.
 *
 * @param path absolute; what it leads to is not asked itself.
 * @returns undefined where nobody else can.
 */
export function openDirectoryOnTheWay(path: string): string | undefined {
  const names = namesIn(path);
  let at = '/';
  for (let links = 0; links <= MAX_LINKS; ) {
    const name = names.shift();
    if (name === undefined) return undefined;
    if (isOpen(at)) return at;
    const next = name === '..' ? dirname(at) : join(at, name);
    const target = linkTarget(next);
    if (target === undefined) at = next;
    else {
      links++;
      if (target.startsWith('/')) at = '/';
      names.unshift(...namesIn(target));
    }
  }
  return at;
}

/** As many as Linux follows. */
const MAX_LINKS = 40;

function namesIn(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.');
}

/** Whether somebody other than root and the user owns a directory or may write it; also where that cannot be told. */
export function isOpen(directory: string): boolean {
  try {
    const { uid, mode } = lstatSync(directory);
    return (uid !== 0 && uid !== process.geteuid?.()) || (mode & 0o022) !== 0;
  } catch {
    return true;
  }
}

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
