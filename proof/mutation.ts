import { type ChildProcess, fork } from 'node:child_process';
import { on, once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { type Mutant, mutantsOf } from './mutants.js';
import { inParallel, type Options, type Part, type Row, Tally } from './part.js';
import { Random } from './random.js';

/*
 * Mutants: the sources with one small fault each, against the tests that run them in their own process. Only tests
 * that come by the fault are run, the quickest first. One that all of them let through is shown, unless survivors.json
 * has it, with the reason why it makes no difference.
 */

const GROUPS = {
  trust: ['trust', 'session'],
  parse: ['parse', 'decode', 'interpolate'],
  compile: ['resolve', 'compile', 'evaluate', 'plan', 'names'],
  emitters: [
    'posix',
    'bash',
    'zsh',
    'fish',
    'json',
    'dotenv',
    'github',
    'docker',
    'systemd',
    'powershell',
    'nushell',
  ].map((name) => `shells/${name}`),
} satisfies Record<string, string[]>;
const TESTS = ['core', 'dialect', 'everyday'];
// What measures times, and what takes longer than everything else together.
const LEFT_OUT = /^64 KiB of the worst input|^progress: /;
const SLOWEST_MS = 5000;
// How long a test may take, in milliseconds and in how often it takes without a fault: a fault may make it endless.
const PATIENCE_MS = 3000;
const PATIENCE = 10;
const A_PROCESS = 60; // the modules of every load stay in memory
const root = fileURLToPath(new URL('..', import.meta.url));

export const mutation: Part = {
  name: 'mutation',
  async run(options: Options, report: (row: Row) => void) {
    const groups = Object.entries(GROUPS).map(([name, files]) => ({ name, files }));
    const sources = new Map<string, string>();
    const all: (Mutant & { group: string })[] = [];
    for (const { name, files } of groups) {
      for (const file of files) {
        const { mutants, text } = mutantsOf(file, all.length);
        sources.set(`${root}src/${file}.ts`, text);
        all.push(...mutants.map((mutant) => ({ ...mutant, group: name })));
      }
    }
    const bundles = await Promise.all(TESTS.map((test) => bundle(test, sources)));
    try {
      await tryAll(all, bundles, options, report);
    } finally {
      for (const path of bundles) rmSync(path, { force: true });
    }
  },
};

async function tryAll(
  all: readonly (Mutant & { group: string })[],
  bundles: readonly string[],
  options: Options,
  report: (row: Row) => void,
): Promise<void> {
  const tests = await examine(bundles);
  const known = knownSurvivors();
  const chosen = sample(all, options);
  const tallies = new Map(Object.keys(GROUPS).map((group) => [group, new GroupTally(group)]));
  const workers = [new Worker(bundles), new Worker(bundles)];
  await inParallel(chosen, workers.length, async (mutant) => {
    const worker = workers.pop();
    if (worker === undefined) throw new Error('more at once than workers');
    const noticed = await worker.notices(mutant.id, testsFor(mutant.id, tests));
    workers.push(worker);
    tallies.get(mutant.group)?.add(mutant, noticed, known);
  });
  for (const worker of workers) await worker.end();
  for (const [group, tally] of tallies) report(tally.row(all.filter((it) => it.group === group).length));
}

function sample<T>(all: readonly T[], { short, share, seed }: Options): T[] {
  const random = new Random(seed);
  const mixed = all.map((it) => ({ it, at: random.next() })).sort((a, b) => a.at - b.at);
  return mixed.slice(0, short ? 25 : Math.ceil(all.length * share)).map(({ it }) => it);
}

/** The mutants of one group of files. */
class GroupTally {
  readonly #tally: Tally;
  #alive = 0;
  #known = 0;

  constructor(group: string) {
    this.#tally = new Tally('mutation', `a small fault in ${group}: noticed by a test, or known to be none`);
  }

  add(mutant: Mutant, noticed: boolean, known: ReadonlySet<string>): void {
    const isKnown = known.has(keyOf(mutant));
    if (!noticed) this.#alive++;
    if (!noticed && isKnown) this.#known++;
    const { file, line, text, before, after } = mutant;
    const shown = JSON.stringify({ file, line, text, before, after });
    if (!noticed && !isKnown) console.log(`    lives: ${shown}`);
    this.#tally.ok(noticed || isKnown, () => shown);
  }

  row(possible: number): Row {
    const lived = `${this.#alive} lived, ${this.#known} of them with a reason in proof/survivors.json`;
    return this.#tally.row(`${possible} possible; ${lived}`);
  }
}

/** A mutant that lives: where it is, by the text of its line, and why nothing can notice it. */
interface Survivor extends Pick<Mutant, 'file' | 'text' | 'before' | 'after'> {
  why: string;
}

function knownSurvivors(): Set<string> {
  const path = `${root}proof/survivors.json`;
  const survivors: Survivor[] = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : [];
  return new Set(survivors.map(keyOf));
}

function keyOf({ file, text, before, after }: Pick<Mutant, 'file' | 'text' | 'before' | 'after'>): string {
  return [file, text, before, after].join('\0');
}

// --- running -----------------------------------------------------------------------------------------

interface TestCase {
  bundle: string;
  index: number;
  name: string;
  ok: boolean;
  ms: number;
  reached: number[];
}

function testsFor(id: number, tests: readonly TestCase[]): TestCase[] {
  return tests.filter(({ reached }) => reached.includes(id));
}

/** All tests with all faults asleep, the quickest first. */
async function examine(bundles: readonly string[]): Promise<TestCase[]> {
  const worker = new Worker(bundles);
  const tests = await worker.examine();
  await worker.end();
  const failed = tests.filter(({ ok }) => !ok).map(({ name }) => name);
  if (failed.length > 0) throw new Error(`fails without any fault: ${failed.join('; ')}`);
  return tests.filter(({ name, ms }) => ms < SLOWEST_MS && !LEFT_OUT.test(name)).sort((a, b) => a.ms - b.ms);
}

/** A process that runs tests. */
class Worker {
  readonly #bundles: readonly string[];
  #child: ChildProcess | undefined;
  #tried = 0;

  constructor(bundles: readonly string[]) {
    this.#bundles = bundles;
  }

  async examine(): Promise<TestCase[]> {
    const answer = await this.#ask({}, 300_000);
    if (!Array.isArray(answer)) throw new Error('the tests end their process without any fault');
    return answer;
  }

  /** Whether one of the tests fails, ends the process, or does not end. */
  async notices(id: number, tests: readonly TestCase[]): Promise<boolean> {
    if (tests.length === 0) return false;
    if (++this.#tried % A_PROCESS === 0) await this.end();
    const answer = await this.#ask(
      { id, tests: tests.map(({ bundle, index, ms }) => ({ bundle, index, ms })) },
      PATIENCE_MS,
    );
    return answer !== 'lives';
  }

  async end(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  #start(): ChildProcess {
    const child = fork(`${root}proof/mutant-runner.mjs`, this.#bundles, {
      cwd: root,
      detached: true, // a fault may send a signal to its group
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      execArgv: ['--max-old-space-size=1024'],
      env: { ...process.env, TAP_TIMEOUT: '0' },
    });
    child.on('error', () => {}); // one that ended in this moment: no answer
    return child;
  }

  // The answer, undefined if the process ended or took too long.
  async #ask(question: object, patience: number): Promise<unknown> {
    if (this.#child?.connected === false) await this.end(); // something from an earlier test ended it
    this.#child ??= this.#start();
    const child = this.#child;
    const messages = on(child, 'message'); // from here on, so that none is missed
    child.send(question, () => {});
    try {
      for (let left = patience; ; ) {
        const message = await nextMessage(child, messages, left);
        if (message === undefined) await this.end();
        if (message === undefined || 'answer' in message) return message?.['answer'];
        if (typeof message['begins'] === 'number') left = PATIENCE_MS + PATIENCE * message['begins'];
      }
    } finally {
      await messages.return?.();
    }
  }
}

// Undefined if the process ended or took too long.
async function nextMessage(
  child: ChildProcess,
  messages: AsyncIterator<unknown[]>,
  patience: number,
): Promise<Record<string, unknown> | undefined> {
  const over = new AbortController();
  const { signal } = over;
  const message = await Promise.race([
    messages.next().then(({ value }) => value?.[0]),
    once(child, 'exit', { signal }).then(() => undefined),
    setTimeout(patience, undefined, { signal }),
  ]).finally(() => over.abort());
  return isObject(message) ? message : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

async function bundle(test: string, sources: ReadonlyMap<string, string>): Promise<string> {
  const outfile = `${root}.tap/mutants-${process.pid}-${test}.mjs`; // a place as deep as test/
  await build({
    absWorkingDir: root,
    entryPoints: [`test/${test}.test.ts`],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    define: { ENVHOOK_VERSION: '"mutant"' },
    logLevel: 'error',
    plugins: [
      {
        name: 'mutants',
        setup(build) {
          build.onResolve({ filter: /^tap$/ }, () => ({ path: 'tap', namespace: 'mutants' }));
          build.onLoad({ filter: /^tap$/, namespace: 'mutants' }, () => ({
            contents: 'export const t = globalThis.__envhookTests; export default t;',
          }));
          build.onLoad({ filter: /\/src\/.*\.ts$/ }, ({ path }) => {
            const contents = sources.get(path);
            return contents === undefined ? undefined : { loader: 'ts', contents };
          });
        },
      },
    ],
  });
  return outfile;
}
