import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { canHavePlan } from './plan.js';
import { ownerOf, tryStat } from './reach.js';

/**
 * The names of the files that make up a directory's set, in order: a later one wins.
 */
export function envFileNames(profile: string | undefined): string[] {
  const names = ['.env', '.env.local'];
  return profile === undefined ? names : [...names, `.env.${profile}`, `.env.${profile}.local`];
}

/** Whether the directory has a regular file, or a link to one, called `.env` or `.env.local`. */
export function isEnvDirectory(directory: string): boolean {
  return envFileNames(undefined).some((name) => tryStat(join(directory, name))?.isFile());
}

/**
 * The directories that the environment at a place comes from, inner to outer: every env directory on the way up
 * the path that the user sees, to the home directory below it, otherwise to `/` or to the first directory that
 * belongs to neither the user nor root.
 *
 * @param directory absolute, as the shell sees it (symbolic links kept).
 */
export function envDirectoriesAbove(directory: string, home: string): string[] {
  const found: string[] = [];
  for (let at = directory; ; at = dirname(at)) {
    if (!isTrusted(ownerOf(at))) return found;
    if (isEnvDirectory(at)) found.push(at);
    if (at === home || at === dirname(at)) return found;
  }
}

/**
 * Whether a directory's path tells which one it is, to every shell and to Node, which reads bytes that are no UTF-8 as
 * U+FFFD, and so takes one directory for another; and whether its plan is in nobody's way.
 */
export function isTellable(path: string): boolean {
  return !/[\n\r\uFFFD]/.test(path) && canHavePlan(path);
}

/** Whether this owner is the user or root: in anybody else's directory nothing is looked for. */
export function isTrusted(owner: number | undefined): boolean {
  return owner === 0 || owner === process.geteuid?.();
}

/**
 * The present directory as the shell sees it: $PWD where that is true, otherwise what the system says.
 *
 * @throws what process.cwd() throws in a directory that is gone
 */
export function presentDirectory(pwd: string | undefined): string {
  const real = process.cwd();
  return pwd?.startsWith('/') && tryRealpath(pwd) === real && !/\/\.{0,2}(\/|$)/.test(`${pwd}/`.slice(0, -1))
    ? pwd
    : real;
}

/** The directory without symbolic links, or undefined if it is not there. */
export function tryRealpath(path: string): string | undefined {
  try {
    return realpathSync.native(path);
  } catch {
    return undefined;
  }
}
