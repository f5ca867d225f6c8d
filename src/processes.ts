import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { systemCode } from './errors.js';

/**
 * What tells a process from all others, also from a later one of the same number, and from one in another container:
 * `PID-START-BOOT`, its start in clock ticks since the boot of that id. Where there is no /proc: `PID-TIME`, the time of
 * its start as `ps` has it. The hooks work out their own in the same way.
 *
 * @returns undefined for a process that is not there.
 */
export function identityOf(pid: number): string | undefined {
  const boot = tryRead('/proc/sys/kernel/random/boot_id')?.trim();
  const start = boot === undefined ? askPs(pid, 'lstart')?.replace(/\W/g, '') : statOf(pid)?.[START];
  if (start === undefined || start === '') return undefined;
  return [pid, start, ...(boot === undefined ? [] : [boot])].join('-');
}

/** Whether text has the form of an identity. */
export function isIdentity(text: unknown): text is string {
  return typeof text === 'string' && /^[1-9]\d*-[\w-]+$/.test(text);
}

/** Whether this process was started by that one, directly or through others. */
export function isBelow(ancestor: string): boolean {
  for (let pid = process.ppid; pid > 0; pid = parentOf(pid)) {
    if (ancestor.startsWith(`${pid}-`)) return identityOf(pid) === ancestor;
  }
  return false;
}

/** The name of a process's program, without a path; undefined if it cannot be known. */
export function nameOf(pid: number): string | undefined {
  const name = (tryRead(`/proc/${pid}/comm`) ?? askPs(pid, 'comm'))?.trim();
  // A login shell is called -zsh.
  return name === undefined || name === '' ? undefined : basename(name).replace(/^-/, '');
}

/** When a process started, in clock ticks since the boot; undefined where it is not there, or there is no /proc. */
export function startTicksOf(pid: number): number | undefined {
  const ticks = statOf(pid)?.[START];
  return ticks === undefined ? undefined : Number(ticks);
}

/** The process that leads the session of this one: a terminal's shell, a service; its parent where that is gone. */
export function sessionLeader(): number {
  const leader = Number(statOf(process.pid)?.[SESSION_LEADER] ?? leaderByPs(process.pid));
  return leader > 0 && isAlive(leader) ? leader : process.ppid;
}

/** Who leads the session of a process by `ps`, which marks leaders with an `s`; 0 where it does not tell. */
export function leaderByPs(of: number): number {
  const rows = (ps(['-A'], 'pid', 'ppid', 'stat') ?? '').split('\n').map((row) => row.trim().split(/ +/));
  const processes = new Map(rows.map(([pid, parent, state = '']) => [Number(pid), { parent, state }]));
  let pid = of;
  while (processes.get(pid)?.state.includes('s') === false) pid = Number(processes.get(pid)?.parent);
  return processes.has(pid) ? pid : 0;
}

/** Whether there is a process of this number, anybody's. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}

function parentOf(pid: number): number {
  return Number(statOf(pid)?.[PARENT] ?? askPs(pid, 'ppid') ?? 0);
}

// proc(5), counted from after the name, which is in parentheses and may hold anything.
const PARENT = 1;
const SESSION_LEADER = 3;
const START = 19;

function statOf(pid: number): string[] | undefined {
  const stat = tryRead(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function tryRead(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}

// macOS has no /proc.
function askPs(pid: number, what: 'ppid' | 'lstart' | 'comm'): string | undefined {
  return ps(['-p', String(pid)], what);
}

/**
 * What ps(1) says of processes, a line each, in English and UTC.
 *
 * @param options which processes, and how.
 * @param fields one by one, since macOS takes all that follows the first `=` of a list for a heading.
 */
export function ps(options: readonly string[], ...fields: string[]): string | undefined {
  try {
    // Loaded here: every export would wait for it.
    const { execFileSync } = process.getBuiltinModule('node:child_process');
    return execFileSync('ps', [...options, ...fields.flatMap((name) => ['-o', `${name}=`])], {
      encoding: 'latin1',
      stdio: 'pipe',
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC0' },
      maxBuffer: MAX_BYTES,
    });
  } catch {
    return undefined;
  }
}

/** With the environments of all processes it may be a lot. */
const MAX_BYTES = 256 * 1024 * 1024;
