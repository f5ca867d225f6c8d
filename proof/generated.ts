import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compile, type EnvFile, firstError } from '../src/compile.js';
import { EnvhookError } from '../src/errors.js';
import { evaluate } from '../src/evaluate.js';
import { envFileNames } from '../src/find.js';
import { isShellName, neverSetReason } from '../src/names.js';
import { parseEnvironment, Shell, type ShellName, shells, skipWithout, type World } from '../test/shells.js';
import { type GeneratedSet, generateSet } from './grammar.js';
import { countOf, inParallel, type Options, type Part, type Row, skippedRow, Tally } from './part.js';
import { Random } from './random.js';
import { type Scratch, withScratch } from './scratch.js';

/*
 * Generated files, through the hook into the environment of a child. What must come out is said by others: dotenv in
 * a plain Node program for files without a `$`, src/evaluate.ts for the rest.
 */

export const generated: Part = {
  name: 'generated',
  async run(options, report) {
    await withScratch((scratch) => runAll(scratch, options, report));
  },
};

const OUTER = { OUTER: 'from outside', EMPTY: '', LIST: 'l1:l2', MY_PATH: '/x:/y' };

/** Directories inside each other, each with its files. */
interface Chain {
  top: string;
  /** Outer to inner. */
  layers: Layer[];
}

interface Layer {
  path: string;
  files: GeneratedSet;
  /** The message with which `allow` refused the directory. */
  refused?: string;
}

async function runAll(scratch: Scratch, options: Options, report: (row: Row) => void): Promise<void> {
  const world = scratch.world();
  const chains = await makeChains(world, options);
  const meanings = dotenvMeanings(world, chains);
  report(checkRefusals(chains, meanings));
  const oracle = new Oracle(world, meanings);
  await inParallel(shells, 2, async (name) => {
    const reason = skipWithout(name);
    if (reason) return report(skippedRow('generated', 'files loaded', name, reason));
    report(await inShell(scratch, world, chains, oracle, name));
  });
}

async function makeChains(world: World, options: Options): Promise<Chain[]> {
  const random = new Random(options.seed);
  const wanted = countOf(options, 10_000, 600);
  const chains: Chain[] = [];
  for (let files = 0; files < wanted; ) {
    const top = `c${chains.length}`;
    const layers: Layer[] = [];
    for (const name of [top, 'b', 'c', 'd'].slice(0, 1 + random.below(4))) {
      const path = [...(layers.length > 0 ? [layers.at(-1)?.path] : []), name].join('/');
      layers.push({ path, files: generateSet(random, random.chance(0.5)) });
    }
    for (const layer of layers) {
      files += Object.keys(layer.files).length;
      await allowLayer(world, layer);
    }
    chains.push({ top, layers });
  }
  return chains;
}

async function allowLayer(world: World, layer: Layer): Promise<void> {
  for (const [name, { bytes }] of Object.entries(layer.files)) world.write(`${layer.path}/${name}`, bytes);
  try {
    await world.allow(layer.path);
  } catch (error) {
    if (!(error instanceof EnvhookError)) throw error;
    layer.refused = error.message;
  }
}

/** What dotenv in a program of its own makes of every file, by path. */
function dotenvMeanings(world: World, chains: readonly Chain[]): Map<string, Record<string, string>> {
  const paths = filesOf(chains).map(({ path }) => world.path(path));
  const root = fileURLToPath(new URL('..', import.meta.url));
  // `--require` resolves from the present directory, which has dotenv.
  const program = `
    const { config } = require('dotenv');
    const { readFileSync } = require('node:fs');
    const paths = JSON.parse(readFileSync(0, 'utf8'));
    const read = (path) => Object.entries(config({ path, processEnv: {}, quiet: true }).parsed);
    process.stdout.write(JSON.stringify(paths.map((path) => [path, read(path)])));`;
  const { stdout, stderr, status } = spawnSync(process.execPath, ['-e', program], {
    cwd: root,
    env: {},
    input: JSON.stringify(paths),
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  });
  if (status !== 0) throw new Error(`dotenv: ${stderr}`);
  const entries: [string, [string, string][]][] = JSON.parse(stdout);
  return new Map(entries.map(([path, values]) => [path, Object.fromEntries(values)]));
}

function filesOf(chains: readonly Chain[]) {
  return chains.flatMap(({ layers }) =>
    layers.flatMap((layer) =>
      Object.entries(layer.files).map(([name, file]) => ({ path: `${layer.path}/${name}`, layer, file })),
    ),
  );
}

/** A directory is refused if something in it must be refused, and otherwise only for a reason that can be shown. */
function checkRefusals(chains: readonly Chain[], meanings: Map<string, Record<string, string>>): Row {
  const tally = new Tally('generated', 'what allow says to each directory');
  let refused = 0;
  for (const layer of chains.flatMap(({ layers }) => layers)) {
    const files = Object.values(layer.files);
    const broken = files.some((file) => file.broken);
    if (layer.refused !== undefined) refused++;
    tally.ok(broken ? layer.refused !== undefined : isExcused(layer, meanings), () => {
      return `${layer.path}: ${layer.refused ?? 'allowed'}: ${files.map(({ bytes }) => JSON.stringify(bytes.toString())).join()}`;
    });
  }
  const count = filesOf(chains).length;
  return tally.row(`${count} files, ${refused} directories refused`);
}

// dotenv keeps a quote that is not closed, envhook refuses it; what depends on `$` is not dotenv's matter.
function isExcused({ refused, files, path }: Layer, meanings: Map<string, Record<string, string>>): boolean {
  if (refused === undefined) return true;
  const values = [...meanings].filter(([file]) => file.includes(`/${path}/.env`)).map(([, it]) => it);
  if (refused.includes('quote not closed'))
    return values.some((it) => Object.values(it).some((value) => /^['"`]/.test(value)));
  if (refused.includes('name longer'))
    return values.some((it) => Object.keys(it).some((key) => key.length > 255));
  const dollar = Object.values(files).some((file) => file.dollar);
  return dollar && /a cycle|needs .* which is not set|nest more|value longer/.test(refused);
}

/** Knows the environment at a place. */
class Oracle {
  constructor(
    private readonly world: World,
    private readonly meanings: Map<string, Record<string, string>>,
  ) {}

  /** The environment below some layers, outer to inner. */
  below(base: ReadonlyMap<string, string>, layers: readonly Layer[]): Map<string, string> {
    const env = new Map(base);
    for (const layer of layers) for (const [name, value] of this.#valuesOf(layer, env)) env.set(name, value);
    return env;
  }

  #valuesOf(layer: Layer, env: ReadonlyMap<string, string>): Map<string, string> {
    if (layer.refused !== undefined) return new Map();
    // dotenv's object cannot hold a name like __proto__.
    const dollar = Object.values(layer.files).some(
      ({ dollar, bytes }) => dollar || bytes.includes('__proto__'),
    );
    return dollar ? this.#evaluated(layer, env) : this.#byDotenv(layer);
  }

  #byDotenv({ path, files }: Layer): Map<string, string> {
    const names = envFileNames(undefined).filter((name) => name in files);
    const entries = names.flatMap((name) =>
      Object.entries(this.meanings.get(this.world.path(`${path}/${name}`)) ?? {}),
    );
    return new Map(entries.filter(([name]) => isShellName(name) && neverSetReason(name) === undefined));
  }

  #evaluated({ path, files }: Layer, env: ReadonlyMap<string, string>): Map<string, string> {
    const list: EnvFile[] = envFileNames(undefined).flatMap((name) => {
      const bytes = files[name]?.bytes;
      return bytes === undefined ? [] : [{ name, bytes }];
    });
    const { entries, problems } = compile(list, this.world.path(path));
    if (firstError(problems)) throw new Error(`${path} was allowed and does not compile`);
    const evaluation = evaluate(entries, (name) => env.get(name));
    return 'failure' in evaluation ? new Map() : evaluation.values;
  }
}

const CHAINS_A_SHELL = 50; // a shell remembers every state that it had
const CHAINS_A_STEP = 10;
const MARK = 'envhook-proof-mark'; // no file has it

/** Walks through all chains with real shells: to the bottom, up to a place in between, and out again. */
async function inShell(
  scratch: Scratch,
  world: World,
  chains: readonly Chain[],
  oracle: Oracle,
  name: ShellName,
): Promise<Row> {
  const tally = new Tally('generated', 'files loaded by the hook, stacked, and unloaded', name);
  const log = world.path(`log-${name}`);
  for (let at = 0; at < chains.length; at += CHAINS_A_SHELL) {
    const shell = await Shell.start(scratch.test, world, name, { env: { ...OUTER, ENVHOOK_LOG: 'error' } });
    const base = withoutOwn(await shell.environment());
    for (let from = at; from < Math.min(at + CHAINS_A_SHELL, chains.length); from += CHAINS_A_STEP) {
      const some = chains.slice(from, Math.min(from + CHAINS_A_STEP, at + CHAINS_A_SHELL));
      writeFileSync(log, '');
      const places = some.flatMap((chain, index) => placesIn(chain, from + index));
      const lines = places.flatMap(({ directory }) => [
        `cd ${shell.quote(world.path(directory))}`,
        `printf '${MARK}\\0' >>${shell.quote(log)}; /usr/bin/env -0 >>${shell.quote(log)}`,
      ]);
      await shell.run(...lines);
      const seen = readFileSync(log).toString('latin1').split(`${MARK}\0`).slice(1);
      for (const [index, { directory, layers }] of places.entries()) {
        const got = withoutOwn(parseEnvironment(Buffer.from(seen[index] ?? '', 'latin1')));
        tally.add(difference(got, oracle.below(base, layers), directory));
      }
    }
    shell.stop();
  }
  return tally.row(`${filesOf(chains).length} files`);
}

// Always to the bottom; from some to a place in between, and from some out: the next one begins where this one ends.
function placesIn({ layers }: Chain, index: number): { directory: string; layers: Layer[] }[] {
  const between = layers.slice(0, index % layers.length);
  const last = index % CHAINS_A_STEP === CHAINS_A_STEP - 1;
  const stays = [layers, ...(index % 3 === 0 && between.length > 0 ? [between] : []), ...(last ? [[]] : [])];
  return stays.map((some) => ({ directory: some.at(-1)?.path ?? '', layers: some }));
}

// What shells set by themselves, and the hook.
const OWN = ['_', 'PWD', 'OLDPWD', 'SHLVL', 'USER', 'LOGNAME', 'ENVHOOK_SESSION'];

/** An environment without what belongs to the shell and the hook. */
export function withoutOwn(env: ReadonlyMap<string, string>): Map<string, string> {
  return new Map([...env].filter(([name]) => !OWN.includes(name)));
}

/** How an environment differs from what it must be, undefined if it does not. */
export function difference(
  got: ReadonlyMap<string, string>,
  wanted: ReadonlyMap<string, string>,
  title: string,
): string | undefined {
  const names = new Set([...got.keys(), ...wanted.keys()]);
  const wrong = [...names].filter((name) => got.get(name) !== wanted.get(name));
  if (wrong.length === 0) return undefined;
  const shown = wrong
    .slice(0, 3)
    .map((name) => `${name} is ${JSON.stringify(got.get(name))}, not ${JSON.stringify(wanted.get(name))}`);
  return `${title}: ${shown.join('; ')}`;
}
