import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { useProfile } from '../src/commands/use.js';
import {
  parseEnvironment,
  Shell,
  type ShellName,
  type StartOptions,
  shells,
  skipWithout,
  type World,
} from '../test/shells.js';
import { difference, withoutOwn } from './generated.js';
import { type Assignment, type Content, Files, ShellModel, textOf } from './model.js';
import { countOf, inParallel, type Options, type Part, type Row, Tally } from './part.js';
import { Random } from './random.js';
import { contextIn, type Scratch, withScratch } from './scratch.js';

/*
 * Random walks: what a person does in a shell, and elsewhere, in any order. After every step a child's environment
 * must be what the model says. A walk that fails is walked again with fewer and fewer steps.
 */

export const walks: Part = {
  name: 'walks',
  async run(options: Options, report: (row: Row) => void) {
    const { seed } = options;
    const count = countOf(options, 1000, 30);
    const installed = shells.filter((name) => !skipWithout(name));
    const tallies = new Map(installed.map((name) => [name, new Tally('walks', 'random walks', name)]));
    const steps = new Map(installed.map((name) => [name, 0]));
    const all = Array.from({ length: count }, (_, index) => index);
    await inParallel(all, 2, async (index) => {
      const name = installed[index % installed.length] ?? 'bash';
      const walk = generateWalk(new Random(seed + index * 7919), installed);
      const outcome = await walkOnce(name, walk);
      steps.set(name, (steps.get(name) ?? 0) + outcome.checked);
      const failure = outcome.failure && (await describe(name, walk, outcome.failure));
      tallies.get(name)?.add(failure && `seed ${seed}, walk ${index}: ${failure}`);
    });
    for (const [name, tally] of tallies) report(tally.row(`${steps.get(name)} steps compared`));
  },
};

type Step =
  | { do: 'cd'; place: string }
  | { do: 'edit'; directory: string; file: string; variant: number }
  | { do: 'remove'; directory: string; file: string }
  | { do: 'allow'; directory: string }
  | { do: 'deny'; directory: string }
  | { do: 'use'; directory: string; profile: string | undefined }
  | { do: 'export' | 'set'; name: string; value: string }
  | { do: 'append'; item: string }
  | { do: 'unset'; name: string }
  | { do: 'forget'; directory: string }
  | { do: 'child'; shell: ShellName }
  | { do: 'exit' };

const DIRECTORIES = ['p', 'p/q', 'p/q/r', 's'];
const PLACES = [...DIRECTORIES, ...DIRECTORIES, '', 'p/q/r/deep', 'plain'];
const NAMES = ['A', 'B', 'C'];
const STEPS = 20;

/** A few edits and approvals to begin with, and then as many steps of any kind. */
export function generateWalk(random: Random, installed: readonly ShellName[], steps = STEPS): Step[] {
  const begin = DIRECTORIES.flatMap((directory): Step[] =>
    random.chance(0.8)
      ? [
          editOf(random, directory, '.env'),
          ...(random.chance(0.8) ? [{ do: 'allow' as const, directory }] : []),
        ]
      : [],
  );
  const before = random.times(3, () => userStep(random));
  return [...before, ...begin, ...random.times(steps, () => generateStep(random, installed))];
}

function generateStep(random: Random, installed: readonly ShellName[]): Step {
  const directory = random.pick(DIRECTORIES);
  return random.weighted<() => Step>([
    [9, () => ({ do: 'cd', place: random.pick(PLACES) })],
    [4, () => editOf(random, directory, fileOf(random))],
    [1, () => ({ do: 'remove', directory, file: fileOf(random) })],
    [5, () => ({ do: 'allow', directory })],
    [1, () => ({ do: 'deny', directory })],
    [2, () => ({ do: 'use', directory, profile: random.pick(['dev', 'prod', undefined]) })],
    [3, () => userStep(random)],
    [0.5, () => ({ do: 'forget', directory })],
    [1, () => ({ do: 'child', shell: random.pick(installed) })],
    [1, () => ({ do: 'exit' })],
  ])();
}

function userStep(random: Random): Step {
  const name = random.pick([...NAMES, 'R']);
  const value = `user-${random.below(3)}`;
  return random.weighted<() => Step>([
    [3, () => ({ do: 'export', name, value })],
    [2, () => ({ do: 'set', name, value })],
    [2, () => ({ do: 'unset', name })],
    [2, () => ({ do: 'append', item: `mine-${random.below(3)}` })],
    [1, () => ({ do: 'unset', name: 'LIST' })],
  ])();
}

function editOf(random: Random, directory: string, file: string): Step {
  return { do: 'edit', directory, file, variant: random.below(4) };
}

function fileOf(random: Random): string {
  return random.weighted([
    [5, '.env'],
    [2, '.env.local'],
    [1, '.env.dev'],
    [1, '.env.dev.local'],
    [1, '.env.prod'],
  ]);
}

/** Always the same for the same place, so that edits often bring back what was there before. */
function contentOf(directory: string, file: string, variant: number): Content {
  const place = `${directory}/${file}/${variant}`;
  const random = new Random([...place].reduce((sum, it) => Math.imul(sum, 31) + it.charCodeAt(0), 7));
  const texts = NAMES.filter(() => random.chance(0.6)).map(
    (name): Assignment => ({ kind: 'text', name, value: random.chance(0.1) ? '' : `${name} of ${place}` }),
  );
  const other = random.pick(NAMES);
  const refs: Assignment[] = random.chance(0.5)
    ? [{ kind: 'ref', name: 'R', other, value: `/${variant}` }]
    : [];
  // Twice in one set would be one addition of two items.
  const adds: Assignment[] =
    file === '.env' && random.chance(0.5)
      ? [{ kind: 'add', name: 'LIST', item: `/${directory}/${variant}` }]
      : [];
  return {
    assignments: [...texts, ...refs, ...adds],
    broken: random.chance(0.07),
    root: file === '.env' && random.chance(0.1),
  };
}

interface Outcome {
  checked: number;
  failure?: string;
}

/** What is wrong after as few steps of a walk that fails as could be found. */
export async function describe(
  name: ShellName,
  walk: Step[],
  failure: string,
  program?: string,
): Promise<string> {
  const { steps, failure: last } = await shrink(name, walk, failure, program);
  return `${last} after ${JSON.stringify(steps)}`;
}

/** Leaves out steps as long as the walk still fails. */
async function shrink(name: ShellName, walk: Step[], failure: string, program: string | undefined) {
  let best = { steps: walk, failure };
  for (let size = walk.length >> 1, tries = 60; size > 0; size >>= 1) {
    for (let at = 0; at < best.steps.length && tries > 0; ) {
      const steps = best.steps.toSpliced(at, size);
      tries--;
      const again = await walkOnce(name, steps, program);
      if (again.failure === undefined) at += size;
      else best = { steps, failure: again.failure };
    }
  }
  return best;
}

/**
 * Walks in a world of its own, up to the first step after which something is wrong.
 *
 * @param program the path of the shell, the system's if not given.
 */
export async function walkOnce(name: ShellName, walk: readonly Step[], program?: string): Promise<Outcome> {
  return withScratch(async (scratch) => {
    let checked = 0;
    try {
      const walker = await Walker.start(scratch, name, program);
      for (const [index, step] of walk.entries()) {
        if (!(await walker.take(step))) continue;
        checked++;
        const wrong = await walker.compare();
        if (wrong) return { checked, failure: `step ${index} ${JSON.stringify(step)}: ${wrong}` };
      }
      return { checked };
    } catch (error) {
      return { checked, failure: error instanceof Error ? error.message : String(error) };
    }
  });
}

// A shell with the hook, which must have found nothing wrong with it.
async function startShell(
  scratch: Scratch,
  world: World,
  name: ShellName,
  options: StartOptions,
): Promise<Shell> {
  const shell = await Shell.start(scratch.test, world, name, { ...options, bare: true });
  const odd = oddIn((await shell.run(shell.hookLine())).stderr);
  if (odd !== undefined) throw new Error(`the hook said: ${odd}`);
  return shell;
}

// A line that is none of envhook's messages: the shell's own, about a fault in the hook.
function oddIn(stderr: string): string | undefined {
  return stderr.split('\n').find((text) => text !== '' && !text.startsWith('envhook: '));
}

/** A shell, or one within another, and the model of each. */
interface Level {
  shell: Shell;
  model: ShellModel;
  place: string;
}

class Walker {
  readonly #scratch: Scratch;
  readonly #world: World;
  readonly #files = new Files();
  readonly #base: ReadonlyMap<string, string>;
  readonly #levels: Level[];
  #seen: ReadonlyMap<string, string> = new Map();
  #odd: string | undefined;

  static async start(scratch: Scratch, name: ShellName, program?: string): Promise<Walker> {
    const world = scratch.world(program);
    for (const place of [...PLACES, 'plain']) world.write(join(place, 'file'), '');
    const shell = await startShell(scratch, world, name, {});
    return new Walker(scratch, world, shell, withoutOwn(await shell.environment()));
  }

  private constructor(scratch: Scratch, world: World, shell: Shell, base: ReadonlyMap<string, string>) {
    this.#scratch = scratch;
    this.#world = world;
    this.#base = base;
    this.#levels = [{ shell, model: new ShellModel(), place: '' }];
  }

  get #top(): Level {
    const top = this.#levels.at(-1);
    if (top === undefined) throw new Error('no shell');
    return top;
  }

  /** Takes a step and waits for the prompt after it. False if the step makes no sense here. */
  async take(step: Step): Promise<boolean> {
    const line = await this.#act(step);
    if (line === undefined) return false;
    const { shell, model, place } = this.#top;
    const file = this.#world.path('environment');
    const { stderr } = await shell.run(line, `/usr/bin/env -0 >${shell.quote(file)}`);
    this.#odd = oddIn(stderr);
    model.prompt(this.#files.inForce(place));
    this.#seen = withoutOwn(parseEnvironment(readFileSync(file)));
    return true;
  }

  /** What is wrong with the environment, undefined for nothing. */
  async compare(): Promise<string | undefined> {
    const { shell, model, place } = this.#top;
    if (this.#odd !== undefined) return `said: ${this.#odd}`;
    const wanted = new Map([...this.#base, ...model.environment()]);
    const hidden = NAMES.filter((name) => model.get(name)?.exported === false);
    for (const name of hidden) {
      const inside = await shell.inside(name);
      if (inside !== `set ${model.get(name)?.value}`) return `${name} in the shell itself: ${inside}`;
    }
    return difference(this.#seen, wanted, `in ${place || '~'}`);
  }

  // Does what is done elsewhere; returns the line to type in the shell.
  async #act(step: Step): Promise<string | undefined> {
    switch (step.do) {
      case 'cd':
        this.#top.place = step.place;
        return `cd ${this.#top.shell.quote(this.#world.path(step.place))}`;
      case 'edit':
        return this.#edit(step);
      case 'remove':
        if (!this.#files.has(step.directory, step.file)) return undefined;
        this.#files.remove(step.directory, step.file);
        rmSync(this.#world.path(join(step.directory, step.file)));
        return '';
      case 'forget': // plans may vanish at any moment
        rmSync(this.#world.plan(step.directory), { force: true });
        return '';
      case 'allow':
      case 'deny':
      case 'use':
        return this.#decide(step);
      case 'child':
        return this.#levels.length < 3 ? this.#enterChild(step.shell) : undefined;
      case 'exit':
        if (this.#levels.length === 1) return undefined;
        this.#levels.pop()?.shell.stop();
        return '';
      default:
        return this.#byUser(step);
    }
  }

  #edit({ directory, file, variant }: Extract<Step, { do: 'edit' }>): string {
    const content = contentOf(directory, file, variant);
    this.#files.write(directory, file, content);
    this.#world.write(join(directory, file), textOf(content));
    return '';
  }

  async #decide(step: Extract<Step, { do: 'allow' | 'deny' | 'use' }>): Promise<string | undefined> {
    const { directory } = step;
    if (step.do === 'allow') {
      if (!this.#files.canAllow(directory)) return undefined;
      await this.#world.allow(directory);
      this.#files.allow(directory);
    } else if (step.do === 'deny') {
      if (!this.#files.isEnvDirectory(directory)) return undefined;
      this.#world.deny(directory);
      this.#files.deny(directory);
    } else {
      const there = step.profile === undefined || this.#hasProfile(directory, step.profile);
      if (!this.#files.isEnvDirectory(directory) || !this.#files.isAllowedAtAll(directory) || !there)
        return undefined;
      useProfile(
        contextIn(this.#world, directory),
        step.profile,
        step.profile === undefined ? { none: true } : {},
      );
      this.#files.use(directory, step.profile);
    }
    return '';
  }

  #hasProfile(directory: string, profile: string): boolean {
    return [`.env.${profile}`, `.env.${profile}.local`].some((file) => this.#files.has(directory, file));
  }

  async #enterChild(name: ShellName): Promise<string> {
    const { shell, model, place } = this.#top;
    const env = Object.fromEntries(await shell.environment());
    const options = { env, cwd: this.#world.path(place) };
    const child = await startShell(this.#scratch, this.#world, name, options);
    this.#levels.push({ shell: child, model: model.child(), place });
    return '';
  }

  #byUser(step: Extract<Step, { do: 'export' | 'set' | 'append' | 'unset' }>): string {
    const { shell, model } = this.#top;
    if (step.do === 'unset') {
      const had = model.get(step.name) !== undefined;
      model.unset(step.name);
      return had ? shell.unsetLine(step.name) : '';
    }
    if (step.do === 'append') {
      const value = `${model.get('LIST')?.value ?? 'first'}:${step.item}`;
      model.set('LIST', value, true);
      return shell.exportLine('LIST', value);
    }
    model.set(step.name, step.value, step.do === 'export');
    return step.do === 'export'
      ? shell.exportLine(step.name, step.value)
      : shell.setLine(step.name, step.value);
  }
}
