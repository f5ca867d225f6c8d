import { join } from 'node:path';
import glob from 'fast-glob';
import { tryStat } from './reach.js';

/**
 * The profiles that a directory has files for, sorted: `staging` for `.env.staging` or `.env.staging.local`. Examples,
 * keys and what editors leave behind are none.
 */
export function profilesIn(directory: string): string[] {
  const names = glob.sync('.env.*', { cwd: directory, dot: true, onlyFiles: false, suppressErrors: true });
  const found = names.flatMap((name) => {
    const profile = /^\.env\.(.+?)(?:\.local)?$/.exec(name)?.[1];
    const file = tryStat(join(directory, name))?.isFile();
    return profile !== undefined && file && isProfileName(profile) ? [profile] : [];
  });
  return [...new Set(found)].sort();
}

/** Whether it can be the name of a profile: letters, digits, `_` and, not at its start, `-`, and none that has another meaning. */
export function isProfileName(name: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_-]{0,63}$/.test(name) && !NO_PROFILE.has(name) && !name.endsWith('~');
}

/** Files that say which variables a project needs, the first that is there counts. */
export const CONTRACT_FILES = ['.env.example', '.env.sample', '.env.template'];

const NO_PROFILE = new Set([
  ...['local', 'example', 'sample', 'template', 'dist', 'defaults', 'keys', 'vault', 'me', 'project'],
  ...['bak', 'old', 'orig', 'rej', 'save', 'swp', 'swo', 'tmp'],
]);
