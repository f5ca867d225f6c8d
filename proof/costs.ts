import { readFileSync } from 'node:fs';
import {
  isAtLeast,
  isClaimed,
  type OtherShell,
  otherShells,
  processesBetweenMarks,
  program,
  Shell,
  skipWithoutTrace,
  systemShells,
  tracedInto,
  type World,
} from '../test/shells.js';
import { countOf, type Options, type Part, type Row, skippedRow, Tally } from './part.js';
import { type Scratch, withScratch } from './scratch.js';

/*
 * What each version of each shell costs: the processes that a prompt, a load and an unload start, and how long they take.
 */

/** What one version costs. */
export interface Costs {
  /** Processes that each starts. */
  processes: { prompt: number; load: number; unload: number };
  /** Microseconds that the hook adds to a prompt. */
  prompt: number;
  /** Microseconds of cd in and out, each with its prompt. */
  cycle: number;
  /** Microseconds of the same without the hook, where export lines are sourced and their names unset by hand. */
  byHand: number;
}

export const costs: Part = {
  name: 'costs',
  async run(options, report) {
    const reason = skipWithoutTrace();
    for (const shell of [...systemShells(), ...otherShells()].filter(isClaimed))
      report(reason ? skippedRow('costs', WHAT, labelOf(shell), reason) : await measure(shell, options));
  },
};

const WHAT = 'no process at a prompt or an unload, at most one at a load';
const PROMPTS = 300;
const CYCLES = 60;

function labelOf({ name, version }: OtherShell): string {
  return `${name} ${version}`;
}

async function measure(it: OtherShell, options: Options): Promise<Row> {
  const tally = new Tally('costs', WHAT, labelOf(it));
  const processes = await withScratch((scratch) => countProcesses(scratch, it));
  const most = it.name === 'bash' && !isAtLeast(it.version, '4.4') ? 1 : 0;
  const { prompt, load, unload } = processes;
  tally.same([prompt, unload], [0, 0], 'processes at a prompt and an unload');
  tally.ok(load <= most, () => `${load} processes at a load`);
  const times = await withScratch((scratch) => time(scratch, it, countOf(options, 7, 3)));
  return { ...tally.row(describe(times)), costs: { processes, ...times } };
}

function describe({ prompt, cycle, byHand }: Omit<Costs, 'processes'>): string {
  return `${prompt} µs more a prompt, ${cycle} µs in and out, ${byHand} µs by hand`;
}

// Values of every kind: text, a reference, an addition to a list.
async function makeProject(world: World): Promise<void> {
  const texts = Array.from({ length: 8 }, (_, index) => `COSTS_${index}='value ${index}'\n`);
  await world.project('api', `${texts.join('')}REF=$HOME/x\nPATH=$PWD/bin:$PATH\n`, 'PATH');
}

async function countProcesses(scratch: Scratch, { name, path }: OtherShell): Promise<Costs['processes']> {
  const world = scratch.world(path);
  await makeProject(world);
  const log = world.path('strace.log');
  const shell = await Shell.start(scratch.test, world, name, { under: tracedInto(log) });
  const mark = () => shell.run(`${program('true')} mark`);
  for (const place of ['api', '', 'api', '']) await shell.cd(place); // the plan and the session are there
  await mark();
  await shell.cd('api');
  await mark();
  await shell.run(...Array<string>(10).fill(''));
  await mark();
  await shell.cd('');
  await mark();
  const [load = 0, prompt = 0, unload = 0] = processesBetweenMarks(readFileSync(log, 'utf8')).map(
    (it) => it - 1,
  );
  return { prompt, load, unload };
}

// The shell with the hook and the one without it take turns; the best of all rounds counts.
async function time(
  scratch: Scratch,
  { name, path }: OtherShell,
  rounds: number,
): Promise<Omit<Costs, 'processes'>> {
  const world = scratch.world(path);
  await makeProject(world);
  const start = (bare: boolean) =>
    Shell.start(scratch.test, world, name, { bare, env: { ENVHOOK_LOG: 'off' } });
  const [hooked, bare] = [await start(false), await start(true)];
  const [lines, names] = byHand(bare);
  world.write('exports', lines);
  const [into, out] = [`cd ${bare.quote(world.path('api'))}`, `cd ${bare.quote(world.home)}`];
  const source = name === 'fish' ? 'source' : '.';
  const prompts = Array<string>(PROMPTS).fill('');
  const ways = Array.from({ length: CYCLES }, () => [into, out]).flat();
  const waysByHand = Array.from({ length: CYCLES }, () => [
    `${into}; ${source} ${bare.quote(world.path('exports'))}`,
    `${out}; ${bare.unsetLine(names)}`,
  ]).flat();
  const best = { prompt: Infinity, none: Infinity, cycle: Infinity, byHand: Infinity };
  for (let round = 0; round < rounds; round++) {
    best.none = Math.min(best.none, await timeOf(bare, prompts, PROMPTS));
    best.byHand = Math.min(best.byHand, await timeOf(bare, waysByHand, CYCLES));
    await hooked.cd('api');
    best.prompt = Math.min(best.prompt, await timeOf(hooked, prompts, PROMPTS));
    await hooked.cd('');
    best.cycle = Math.min(best.cycle, await timeOf(hooked, ways, CYCLES));
  }
  return {
    prompt: Math.round(best.prompt - best.none),
    cycle: Math.round(best.cycle),
    byHand: Math.round(best.byHand),
  };
}

// Lines that set what the project sets, and the names.
function byHand(shell: Shell): [lines: string, names: string] {
  const names = Array.from({ length: 10 }, (_, index) => `COSTS_${index}`);
  return [names.map((name) => `${shell.exportLine(name, `value of ${name}`)}\n`).join(''), names.join(' ')];
}

// Microseconds of each of the lines typed, with the prompt after it.
async function timeOf(shell: Shell, lines: readonly string[], count: number): Promise<number> {
  const begin = process.hrtime.bigint();
  await shell.run(...lines);
  return Number(process.hrtime.bigint() - begin) / 1000 / count;
}
