import { setTimeout } from 'node:timers/promises';
import { launcher, type ShellName, shells, skipWithout } from '../test/shells.js';
import { countOf, inParallel, type Options, type Row, skippedRow, Tally } from './part.js';
import { Pty } from './pty.js';
import { Random } from './random.js';
import { withScratch } from './scratch.js';

const VARIABLES = 300;

/** Ctrl-C on a terminal, at random moments of loading and unloading. */
export async function interruptEverywhere(options: Options, report: (row: Row) => void): Promise<void> {
  await inParallel(shells, 2, async (name) => {
    const reason = skipWithout(name, 'script') || (process.platform !== 'linux' && 'script differs here');
    if (reason) return report(skippedRow('faults', 'Ctrl-C at a random moment', name, reason));
    report(await interrupt(options, name));
  });
}

async function interrupt(options: Options, name: ShellName): Promise<Row> {
  const tally = new Tally(
    'faults',
    `Ctrl-C at a random moment of loading or unloading ${VARIABLES} variables`,
    name,
  );
  const random = new Random(options.seed);
  return withScratch(async (scratch) => {
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
    let interrupted = 0;
    let { inside } = await own();
    for (let left = countOf(options, 1000, 20); left > 0; left--) {
      const delay = random.next() * time;
      pty.keys(`cd ${inside ? '~' : '~/api'}\r`);
      await exactly(delay);
      pty.keys('\x03');
      const was = inside;
      const now = await own();
      if (now.inside === was) interrupted++; // before the directory was changed
      inside = now.inside;
      const wanted = inside ? loaded : 'V0=before';
      const count = now.found.split(',').length;
      tally.ok(
        now.found === wanted,
        () => `after ${delay.toFixed(2)} ms ${inside ? 'inside' : 'outside'}: ${count} variables`,
      );
    }
    return tally.row(`within ${time.toFixed(0)} ms; ${interrupted} came before the directory was changed`);
  });
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
