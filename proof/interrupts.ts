import { setTimeout } from 'node:timers/promises';
import { launcher, type ShellName, shells, skipWithout } from '../test/shells.js';
import { countOf, inParallel, type Options, type Row, skippedRow, Tally } from './part.js';
import { Pty } from './pty.js';
import { Random } from './random.js';
import { type Scratch, withScratch } from './scratch.js';

const VARIABLES = 300;
// Seen in 5.2: three of ten interrupts end a bash that does nothing but set and take back a trap.
const WITHOUT_HANDLER = 'for some microseconds of each `trap - INT` bash has no handler';

/** Ctrl-C on a terminal, at random moments of loading and unloading. */
export async function interruptEverywhere(options: Options, report: (row: Row) => void): Promise<void> {
  await inParallel(shells, 2, async (name) => {
    const reason = skipWithout(name, 'script') || (process.platform !== 'linux' && 'script differs here');
    if (reason) return report(skippedRow('faults', 'Ctrl-C at a random moment', name, reason));
    report(await interrupt(options, name));
  });
}

async function interrupt(options: Options, name: ShellName): Promise<Row> {
  const what = `Ctrl-C at a random moment of loading or unloading ${VARIABLES} variables`;
  const tally = new Tally('faults', what, name);
  const random = new Random(options.seed);
  let ended = 0;
  for (let left = countOf(options, 1000, 20); left > 0; ) {
    // A shell that ends or hangs is a failure, and the rest is tried in another one.
    left -= await withScratch((scratch) => interruptUntilItEnds(scratch, name, random, left, tally));
    if (left > 0) ended++;
  }
  const remark = `the shell ended or hung ${ended} times`;
  return tally.row(name === 'bash' ? `${remark}: ${WITHOUT_HANDLER}` : remark);
}

/** Returns how many interrupts the shell was given. */
async function interruptUntilItEnds(
  scratch: Scratch,
  name: ShellName,
  random: Random,
  times: number,
  tally: Tally,
): Promise<number> {
  const world = scratch.world();
  const values = Array.from({ length: VARIABLES }, (_, index) => `V${index}=value-${index}`);
  await world.project('api', values.join('\n'));
  const pty = await Pty.start(scratch, world, name, { V0: 'before' });
  await pty.type(name === 'fish' ? `${launcher} hook fish | source` : `eval "$(${launcher} hook ${name})"`);
  const own = async () => {
    const env = await pty.environment();
    const found = [...env].filter(([key]) => /^V\d+$/.test(key)).map(([key, value]) => `${key}=${value}`);
    return { inside: env.get('PWD') === world.path('api'), found: found.sort().join() };
  };
  const time = await measure(pty);
  const loaded = values.toSorted().join();
  let { inside } = await own();
  for (let done = 1; done <= times; done++) {
    const delay = random.next() * time;
    const title = `${inside ? 'leaving' : 'entering'}, after ${delay.toFixed(2)} ms of ${time.toFixed(0)}`;
    try {
      pty.keys(`cd ${inside ? '~' : '~/api'}\r`);
      await exactly(delay);
      pty.keys('\x03');
      const now = await own();
      inside = now.inside;
      const count = now.found.split(',').length;
      tally.ok(now.found === (inside ? loaded : 'V0=before'), () => `${title}: ${count} variables`);
    } catch (error) {
      tally.add(`${title}: ${error instanceof Error ? error.message : error}`);
      return done;
    }
  }
  return times;
}

/** How long it takes from the key to the end of the hook, in milliseconds. */
async function measure(pty: Pty): Promise<number> {
  const times: number[] = [];
  for (let tries = 6; tries > 0; tries--) {
    const start = performance.now();
    await pty.type(tries % 2 ? 'cd ~' : 'cd ~/api');
    times.push(performance.now() - start);
  }
  await pty.type('cd ~');
  return times.sort((a, b) => a - b)[3] ?? 10;
}

// Timers count whole milliseconds.
async function exactly(milliseconds: number): Promise<void> {
  const end = performance.now() + milliseconds;
  if (milliseconds > 2) await setTimeout(Math.floor(milliseconds) - 1);
  while (performance.now() < end);
}
