import { type Dirent, readdirSync } from 'node:fs';
import { isTellable } from './find.js';

/**
 * Every env directory in and below a directory, sorted, outer before inner. Links are not followed, and what belongs
 * to tools (`node_modules`, `.git`, Python's environments) is passed over.
 *
 * @param top absolute.
 * @returns `unnamed`: those that cannot be told by their path, which `isTellable` says, bytes that are no UTF-8 as `\\xNN`.
 */
export function envDirectoriesBelow(top: string): { directories: string[]; unnamed: string[] } {
  const found = { directories: [] as string[], unnamed: [] as string[] };
  const pending = [Buffer.from(top)];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    const path = at.toString();
    const entries = entriesOf(at);
    if (entries.some((entry) => entry.isFile() && ENV_FILES.has(entry.name.toString()))) {
      // Not what another directory's name is read as.
      if (isUtf8(at) && isTellable(path)) found.directories.push(path);
      else found.unnamed.push(isUtf8(at) ? path : escapeBytes(at));
    }
    for (const { name } of entries.filter(
      (entry) => entry.isDirectory() && !PASSED.has(entry.name.toString()),
    ))
      pending.push(Buffer.concat([at, path === '/' ? Buffer.of() : SLASH, name]));
  }
  return { directories: found.directories.sort(), unnamed: found.unnamed.sort() };
}

const ENV_FILES = new Set(['.env', '.env.local']);
const PASSED = new Set(['node_modules', '.git', '.venv', 'venv', 'site-packages']);
const SLASH = Buffer.from('/');

function entriesOf(directory: Buffer): Dirent<Buffer>[] {
  try {
    return readdirSync(directory, { encoding: 'buffer', withFileTypes: true });
  } catch {
    return []; // closed to the user, or gone
  }
}

function isUtf8(bytes: Buffer): boolean {
  return Buffer.from(bytes.toString()).equals(bytes);
}

function escapeBytes(bytes: Buffer): string {
  const hex = (byte: number) => byte.toString(16).padStart(2, '0');
  return Array.from(bytes, (byte) => (byte < 0x80 ? String.fromCharCode(byte) : `\\x${hex(byte)}`)).join('');
}
