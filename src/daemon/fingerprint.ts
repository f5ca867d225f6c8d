import { readlinkSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { envFileNames, tryRealpath } from '../find.js';
import { tryLstat } from '../reach.js';

/** What a directory looks like from outside. Equal ones mean that nothing happened, as far as the system can tell. */
export interface Fingerprint {
  /** Which directory it is; empty if it is not there. */
  identity: string;
  /** It, its files and its record. */
  all: string;
}

/**
 * Looks at a directory without reading anything. The times are those that no program can set (ctime).
 *
 * @param record path of its approval record.
 */
export function fingerprintOf(directory: string, profile: string | undefined, record: string): Fingerprint {
  const identity = stamp(directory, false);
  const files = envFileNames(profile).map((name) => join(directory, name));
  return { identity, all: [identity, ...[...files, record].map((path) => stamp(path, true))].join(' ') };
}

/** The directories that the links among a directory's env files lead into: a change there is one here. */
export function linkTargets(directory: string, profile: string | undefined): string[] {
  const paths = envFileNames(profile).map((name) => join(directory, name));
  const links = paths.filter((path) => tryLstat(path)?.isSymbolicLink());
  return links.flatMap((path) => {
    const target = tryRealpath(path);
    return target === undefined ? [] : [dirname(target)];
  });
}

function stamp(path: string, withContent: boolean): string {
  try {
    const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
    if (stats === undefined) return brokenLink(path);
    const content = withContent ? `:${stats.size}:${stats.ctimeNs}:${stats.mode}:${stats.uid}` : '';
    // A directory made right after one was removed often gets its number (ext4), but not its time of birth.
    return `${stats.dev}:${stats.ino}:${stats.birthtimeNs}${content}`;
  } catch {
    return 'unreadable';
  }
}

// A link that leads nowhere is not the same as no file.
function brokenLink(path: string): string {
  try {
    return readlinkSync(path) === '' ? '' : 'link';
  } catch {
    return '';
  }
}
