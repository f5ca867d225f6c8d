import { readFileSync } from 'node:fs';
import { systemCode } from './errors.js';

/** Whether this process was started by another one, directly or through others. */
export function isBelow(ancestor: number): boolean {
  for (let pid = process.ppid; pid > 1; pid = parentOf(pid)) if (pid === ancestor) return true;
  return false;
}

/** Whether there is a process of this number, anybody's. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}

// proc(5): the parent is the second field after the name, which is in parentheses and may hold anything.
function parentOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 1).split(' ')[2]);
  } catch {
    return parentByPs(pid);
  }
}

// macOS has no /proc.
function parentByPs(pid: number): number {
  try {
    // Loaded here: every export would wait for it.
    const { execFileSync } = process.getBuiltinModule('node:child_process');
    return Number(
      execFileSync('ps', ['-o', 'ppid=', '-p', String(pid)], { encoding: 'utf8', stdio: 'pipe' }),
    );
  } catch {
    return 0;
  }
}
