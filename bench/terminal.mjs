// Checks once that the loops stand for real prompts: a shell in a pseudo-terminal times its own prompts.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { environment } from './scratch.mjs';
import { quantile } from './stats.mjs';
import { findProgram, hookLine } from './tools.mjs';

const PROMPTS = 40;

// Marks before and after the hook, among what the shell runs at a prompt; hooks put themselves first or last. Without
// a clock in the shell, the reader times them.
const MARKS = {
  bash: {
    command: 'bash --norc --noprofile -i',
    before: `bench_p() { echo "b $EPOCHREALTIME" >&3; for c in "\${hooks[@]}"; do eval "$c"; done; echo "e $EPOCHREALTIME" >&3; }`,
    after: `hooks=("\${PROMPT_COMMAND[@]}"); PROMPT_COMMAND=(bench_p)`, // a hook puts itself before what is in front of it
  },
  zsh: {
    command: 'zsh -f -i',
    before:
      'zmodload zsh/datetime; precmd() { print -u3 b $EPOCHREALTIME }; bench_e() { print -u3 e $EPOCHREALTIME }',
    after: 'precmd_functions+=(bench_e)', // the function called precmd comes before all of them
  },
  fish: {
    command: 'fish --no-config -i',
    before: 'function bench_b --on-event fish_prompt; echo b >&3; end',
    after: 'function bench_e --on-event fish_prompt; echo e >&3; end',
  },
};

/** Microseconds that a tool's hook takes at real prompts in a directory with one env file, or nothing without script(1). */
export async function timeRealPrompts(scratch, tool, shell) {
  if (findProgram('script') === undefined) return undefined;
  const { command, before, after } = MARKS[shell];
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    env: { ...environment(scratch, tool), PWD: scratch.home },
    cwd: scratch.home,
    stdio: ['pipe', 'ignore', 'ignore', 'pipe'],
  });
  const times = [];
  let begun;
  createInterface({ input: child.stdio[3] }).on('line', (line) => {
    const [mark, clock] = line.split(' ');
    const at = clock === undefined ? performance.now() / 1e3 : Number(clock);
    if (mark === 'b') begun = at;
    else if (begun !== undefined) times.push((at - begun) * 1e6);
  });
  for (const line of [before, hookLine(tool, shell), after, `cd ${scratch.at('one')}`]) {
    child.stdin.write(`${line}\r`);
    await pause(400);
  }
  for (let i = 0; i < PROMPTS; i++) {
    child.stdin.write('\r');
    await pause(40);
  }
  child.stdin.write('exit\r');
  await Promise.race([new Promise((resolve) => child.on('close', resolve)), pause(3000)]);
  child.kill('SIGKILL');
  const settled = times.slice(-PROMPTS / 2);
  return settled.length === 0 ? undefined : quantile(settled, 0.5);
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
