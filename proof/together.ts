import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { examine } from '../src/examine.js';
import { parseApproval, recordPath } from '../src/trust.js';
import { launcher, Shell, shells, skipWithout, type World } from '../test/shells.js';
import { countOf, inParallel, type Options, type Part, Tally } from './part.js';
import { Random } from './random.js';
import { type Scratch, withScratch } from './scratch.js';
import { halvesIn } from './starved.js';

/*
 * Many shells and many commands over the same directories. Each directory is of a kind that says which values no
 * shell may ever see there: `free` ones are allowed, denied and changed by everybody; `denied` ones were denied before
 * anybody came; `edited` ones were changed after they were allowed, and nobody allows them.
 */

const DIRECTORIES = 16;
const AT_ONCE = 64;
const KINDS = ['free', 'free', 'denied', 'edited'] as const;

export const together: Part = {
  name: 'together',
  async run(options, report) {
    await withScratch(async (scratch) => {
      const crowd = new Crowd(scratch, options);
      await crowd.prepare();
      await crowd.run();
      report(crowd.inShells.row());
      report(crowd.ofCommands.row(crowd.remark));
      report(await crowd.afterwards());
    });
  },
};

class Crowd {
  readonly inShells = new Tally(
    'together',
    `${AT_ONCE} shells among ${AT_ONCE} commands at a time: what each sees`,
  );
  readonly ofCommands = new Tally(
    'together',
    `${AT_ONCE} commands at a time among ${AT_ONCE} shells: what each says and leaves`,
  );
  readonly #scratch: Scratch;
  readonly #options: Options;
  readonly #world: World;
  readonly #random: Random;
  readonly #counts = new Map<string, number>();
  #shells: Shell[] = [];
  #end = 0;

  constructor(scratch: Scratch, options: Options) {
    this.#scratch = scratch;
    this.#options = options;
    this.#world = scratch.world();
    this.#random = new Random(options.seed);
  }

  get remark(): string {
    return Array.from(this.#counts, ([command, count]) => `${count} ${command}`).join(', ');
  }

  async prepare(): Promise<void> {
    for (let index = 0; index < DIRECTORIES; index++) {
      await this.#world.project(`d${index}`, contentOf(index, 'first'));
      this.#world.write(`d${index}/.env.staging`, `S=staging of ${index}\n`);
      if (kindOf(index) === 'denied') this.#world.deny(`d${index}`);
      if (kindOf(index) === 'edited') this.#world.write(`d${index}/.env`, contentOf(index, 'evil'));
    }
    const installed = shells.filter((name) => !skipWithout(name));
    const numbers = Array.from({ length: countOf(this.#options, AT_ONCE, 12) }, (_, index) => index);
    await inParallel(numbers, 4, async (index) => {
      const name = installed[index % installed.length] ?? 'bash';
      const env = { ENVHOOK_LOG: 'error' };
      this.#shells.push(await Shell.start(this.#scratch.test, this.#world, name, { env }));
    });
  }

  async run(): Promise<void> {
    this.#end = Date.now() + 1000 * countOf(this.#options, 60, 12);
    const commanders = Array.from({ length: countOf(this.#options, AT_ONCE, 12) }, () => this.#command());
    await Promise.all([...this.#shells.map((shell) => this.#walk(shell)), ...commanders, this.#watch()]);
  }

  /** When everybody is gone: each shell sees what the records say. */
  async afterwards() {
    const tally = new Tally(
      'together',
      'afterwards: every shell agrees with the records, nothing is left over',
    );
    await Promise.all(
      this.#shells.map(async (shell) => {
        for (const index of [0, 1, 2, 3].map((it) => (it + shell.pid) % DIRECTORIES)) {
          await shell.cd(`d${index}`);
          await shell.run('');
          const now = Math.floor(Date.now() / 1000);
          const { verdict, files } = examine(this.#world.places, this.#world.path(`d${index}`), now);
          const text = files.find(({ name }) => name === '.env')?.bytes.toString() ?? '';
          const wanted = verdict.kind === 'allowed' ? `set ${/^A='?(.*?)'?$/m.exec(text)?.[1]}` : 'unset';
          tally.same(await shell.inside('A'), wanted, `${shell.name} in d${index}, ${verdict.kind}`);
          await shell.cd('');
          tally.same(await shell.inside('A'), 'unset', `${shell.name} left d${index}`);
        }
      }),
    );
    tally.same(halvesIn(this.#world.places.data), [], 'half files and temporary ones');
    for (let index = 0; index < DIRECTORIES; index++) {
      const left = readdirSync(this.#world.path(`d${index}`)).filter((name) => name.endsWith('.tmp'));
      tally.same([left, this.#recordOf(index) !== undefined], [[], true], `d${index}`);
    }
    return tally.row();
  }

  async #walk(shell: Shell): Promise<void> {
    while (Date.now() < this.#end) {
      const index = this.#random.below(DIRECTORIES);
      await shell.cd(`d${index}`);
      const [a, s] = [await shell.inside('A'), await shell.inside('S')];
      const kind = kindOf(index);
      const own = a === 'unset' || (kind === 'free' && a.endsWith(` of ${index}`) && !a.includes('evil'));
      const staging = s === 'unset' || (kind === 'free' && s === `set staging of ${index}`);
      this.inShells.ok(own && staging, () => `${shell.name} in ${kind} d${index}: A ${a}, S ${s}`);
    }
    await shell.cd('');
    this.inShells.same(
      [await shell.inside('A'), await shell.inside('S')],
      ['unset', 'unset'],
      `${shell.name} outside`,
    );
  }

  async #command(): Promise<void> {
    while (Date.now() < this.#end) {
      const index = this.#random.below(DIRECTORIES);
      const args = this.#argsFor(index);
      const { status, stderr } = await this.#start(args, `d${index}`);
      const name = args[0] ?? '';
      this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
      // use is refused while the directory is denied; a set or an allow loses to another command only with words.
      const fine =
        status === 0 ||
        (name === 'use' && status === 2) ||
        (['set', 'allow'].includes(name) && [2, 3, 7].includes(status ?? -1));
      this.ofCommands.ok(
        fine && !/bug|at .*\.cjs/.test(stderr),
        () => `${args.join(' ')} in d${index}: ${status} ${stderr}`,
      );
    }
  }

  #argsFor(index: number): string[] {
    if (kindOf(index) === 'denied') return this.#random.pick([['deny'], ['prune'], ['status']]);
    if (kindOf(index) === 'edited')
      return this.#random.pick([['prune'], ['status'], ['export', 'json']].slice(0, 2));
    const value = `${this.#random.below(1000)} of ${index}`;
    return this.#random.pick([
      ['allow'],
      ['allow'],
      ['deny'],
      ['use', 'staging'],
      ['use', '--none'],
      ['set', `A=${value}`],
      ['prune'],
    ]);
  }

  async #start(args: string[], relative: string) {
    const cwd = this.#world.path(relative);
    const child = spawn(launcher, args, {
      cwd,
      env: { ...this.#world.env, PWD: cwd },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    await once(child, 'close');
    return { status: child.exitCode, stderr };
  }

  // Every record is there and whole at any moment, and says of its directory what it may.
  async #watch(): Promise<void> {
    while (Date.now() < this.#end) {
      for (let index = 0; index < DIRECTORIES; index++) {
        const state = this.#recordOf(index);
        const kind = kindOf(index);
        const fine =
          state !== undefined && (kind === 'free' || state === (kind === 'denied' ? 'denied' : 'allowed'));
        this.ofCommands.ok(fine, () => `the record of ${kind} d${index} is ${state}`);
      }
      await setTimeout(50);
    }
  }

  #recordOf(index: number): string | undefined {
    const path = recordPath(this.#world.places, this.#world.path(`d${index}`));
    if (!existsSync(path)) return undefined;
    return parseApproval(readFileSync(path, 'utf8'))?.state;
  }
}

function kindOf(index: number): (typeof KINDS)[number] {
  return KINDS[index % KINDS.length] ?? 'free';
}

function contentOf(index: number, word: string): string {
  return `A=${word} of ${index}\nB=1\n`;
}
