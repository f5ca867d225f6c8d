// Counts the processes that a shell starts, as the kernel sees them.

import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { environment } from './scratch.mjs';
import { Session } from './session.mjs';
import { shells } from './shells.mjs';
import { findProgram, hookLine } from './tools.mjs';

/** Whether processes can be traced here: containers often forbid it. */
export function canTrace() {
  return findProgram('strace') !== undefined && spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0;
}

/** Processes per run of a body: the difference between a shell that runs it twice and one that runs it six times. */
export async function countProcesses(scratch, tool, name, row, body) {
  const [few, many] = [await traced(2), await traced(6)];
  return (many - few) / 4;

  async function traced(count) {
    const file = join(scratch.base, 'trace');
    const under = [
      'strace',
      '-f',
      '-qq',
      '-o',
      file,
      '-e',
      'trace=clone,clone3,fork,vfork',
      '-e',
      'signal=none',
    ];
    const session = new Session(name, environment(scratch, tool), scratch.home, under);
    await session.run(hookLine(tool, name));
    await session.run(`cd ${scratch.at(row.at)}; ${shells[name].prompt}`);
    await session.time(body, count);
    await session.close();
    const text = readFileSync(file, 'utf8');
    rmSync(file);
    return processesIn(text);
  }
}

// Calls that made a process; one that made a thread does not count. Where another process came in between, the call
// and its result are two lines.
function processesIn(text) {
  const begun = new Map();
  let count = 0;
  for (const line of text.split('\n')) {
    const [pid] = line.split(' ', 1);
    if (line.endsWith('<unfinished ...>')) begun.set(pid, line);
    if (!/ = [1-9]\d*$/.test(line)) continue;
    const whole = line.includes('resumed>') ? (begun.get(pid) ?? '') : line;
    if (!whole.includes('CLONE_THREAD')) count++;
  }
  return count;
}
