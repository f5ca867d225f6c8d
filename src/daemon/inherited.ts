import { closeSync, readdirSync, readFileSync } from 'node:fs';

/**
 * Closes the files that were open when this process was started, other than the standard three: one of them may be
 * somebody's lock, or the end of a pipe that somebody waits for. Node opens all of its own so that no child gets them,
 * and so did whoever started this one; what is left has no such mark. Only Linux tells.
 */
export function closeInherited(): void {
  for (const fd of numbersIn('/proc/self/fdinfo')) {
    if (fd <= 2 || !isInheritable(fd)) continue;
    try {
      closeSync(fd);
    } catch {
      // it was the one that the listing needed
    }
  }
}

const O_CLOEXEC = 0o2000000;

function isInheritable(fd: number): boolean {
  try {
    const flags = /^flags:\s+([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & O_CLOEXEC) === 0;
  } catch {
    return false;
  }
}

function numbersIn(directory: string): number[] {
  try {
    return readdirSync(directory).map(Number);
  } catch {
    return [];
  }
}
