import { spawnSync } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { parseApproval } from '../src/trust.js';
import {
  asNobody,
  isRoot,
  launcher,
  NOBODY,
  program,
  Shell,
  type ShellName,
  skipWithout,
  type World,
} from '../test/shells.js';
import { mustBe, mustMatch, type Options, type Row, type Tally } from './part.js';
import { playScenes, type Scene } from './scenes.js';
import type { Scratch } from './scratch.js';

/*
 * What runs out: the disk, the right to write, the home directory, open files, room for a program's environment, Node.
 * Whatever is missing, nothing is half there, and what is loaded can be unloaded.
 */

export async function starve(options: Options, report: (row: Row) => void): Promise<void> {
  const disk = !mounts() && 'cannot mount here';
  const scenes: Scene[] = [
    { what: 'the disk is full, to the page', skip: disk, body: fullDisk },
    { what: 'the storage is read-only', skip: disk, body: readOnly },
    {
      what: 'there is no home directory',
      skip: !(isRoot && program('setpriv')) && 'needs root and setpriv',
      body: noHome,
    },
    { what: 'the home directory is removed while it is loaded', body: vanishedHome },
    { what: 'no file can be opened', skip: skipWithout('prlimit'), body: fewFiles },
    { what: 'the environment is too big for any program', body: bigEnvironment },
    { what: 'Node is gone', body: noNode },
  ];
  await playScenes('faults', scenes, options, report);
}

const PAGE = 4096;

async function fullDisk(scratch: Scratch, name: ShellName, tally: Tally, { short }: Options): Promise<void> {
  const world = scratch.world();
  const disk = mountDisk(scratch, world);
  await world.project('api', 'A=1\nB=1\n');
  await world.project('other', 'A=other\n');
  const shell = await Shell.start(scratch.test, world, name);
  const fill = join(disk, 'fill');
  // One page more is free each time, so that each write of a command is the first that fails.
  for (let pages = 0, round = 2; pages < (short ? 4 : 14); pages++, round++) {
    const title = `${pages} pages free`;
    for (const args of [['allow'], ['deny'], ['allow']]) {
      world.write('api/.env', `A=${round}\nB=${round}\n`);
      const before = recordsIn(disk);
      rmSync(fill, { force: true });
      fillBut(fill, disk, pages);
      const { status, stderr, stdout } = world.envhook(args, world.path('api'));
      await tally.holds(`${title}, ${args}`, async () => {
        mustBe([[0, 7].includes(status ?? -1), stdout], [true, ''], `status ${status} ${stderr}`);
        if (status === 7) mustMatch(stderr, /^envhook: cannot .*: the disk is full; .*\n$/, 'message');
        mustBe(halvesIn(disk), [], 'half records and leftovers');
        if (status === 7 && readdirSync(join(disk, 'approvals')).length !== before)
          throw new Error('a record is lost');
        // Loads and unloads, although the state for a child shell cannot be written.
        for (const [place, values] of [
          ['other', { A: 'other', B: null }],
          ['', { A: null, B: null }],
        ] as const) {
          const { said } = await shell.cd(place);
          mustBe([await shell.inside('A'), await shell.inside('B')], insideOf(values), `${place} ${said}`);
        }
        await shell.cd('api');
        const [a, b] = [await shell.inside('A'), await shell.inside('B')];
        if (a !== b || !['unset', `set ${round}`].includes(a)) throw new Error(`half loaded: ${a}, ${b}`);
        await shell.cd('');
      });
      rmSync(fill, { force: true });
    }
  }
  const { status } = world.envhook(['allow'], world.path('api'));
  tally.same(status, 0, 'when there is room again');
}

function insideOf(values: Record<string, string | null>): string[] {
  return Object.values(values).map((value) => (value === null ? 'unset' : `set ${value}`));
}

async function readOnly(scratch: Scratch, name: ShellName, tally: Tally): Promise<void> {
  const world = scratch.world();
  const disk = mountDisk(scratch, world);
  await world.project('api', 'A=1\nB=1\n');
  world.write('new/.env', 'A=2\n');
  spawnSync('mount', ['-o', 'remount,ro', disk]);
  const shell = await Shell.start(scratch.test, world, name);
  for (const [args, what] of [
    [['allow'], 'read-only'],
    [['deny'], 'read-only'],
    [['prune'], ''],
  ] as const) {
    const { status, stderr } = world.envhook(args, world.path('new'));
    if (what !== '') tally.same([status, stderr.includes(what)], [7, true], `${args}: ${stderr}`);
    else tally.same(status, 0, `${args}: ${stderr}`);
  }
  for (const round of [1, 2, 3]) {
    const loaded = await shell.cd('api');
    tally.same(
      [await shell.inside('A'), loaded.stderr.split('\n').length <= 2],
      ['set 1', true],
      `round ${round}`,
    );
    const fresh = await shell.cd('new');
    tally.same(
      [await shell.inside('A'), fresh.said.length <= 2],
      ['unset', true],
      `${round}: ${fresh.stderr}`,
    );
    tally.same((await shell.run('', '')).stderr, '', 'said once');
    await shell.cd('');
    tally.same(await shell.inside('A'), 'unset', `left, round ${round}`);
  }
}

async function noHome(scratch: Scratch, name: ShellName, tally: Tally): Promise<void> {
  const world = scratch.world();
  world.write('api/.env', 'A=1\n');
  for (const path of ['', 'api', 'api/.env', '..']) chownSync(world.path(path), NOBODY, NOBODY);
  for (const HOME of ['', '/nowhere', 'api', '/dev/null']) {
    const shell = await Shell.start(scratch.test, world, name, {
      under: asNobody(),
      env: { HOME },
      bare: true,
    });
    const hook = await shell.run(shell.hookLine());
    tally.same([hook.said.length, hook.stdout], [1, ''], `HOME=${HOME}: ${hook.stderr}`);
    await tally.holds('message', () => mustMatch(hook.stderr, /envhook: no usable home directory/, HOME));
    const { stderr } = await shell.cd('api');
    tally.same([stderr, await shell.inside('A')], ['', 'unset'], `HOME=${HOME}: nothing is done`);
    shell.stop();
  }
  // fish makes directories of its own in a relative home.
  const made = readdirSync(world.path('api'), { recursive: true, encoding: 'utf8' });
  tally.same(
    made.filter((path) => path.includes('envhook')),
    [],
    'nothing is made where one happens to be',
  );
}

async function vanishedHome(scratch: Scratch, name: ShellName, tally: Tally): Promise<void> {
  const world = scratch.world();
  await world.project('api', 'A=1\nB=1\n');
  for (const gone of ['.local', '']) {
    const shell = await Shell.start(scratch.test, world, name, { env: { B: 'mine' } });
    await shell.cd('api');
    tally.same(await shell.inside('A'), 'set 1', 'loaded');
    rmSync(world.path(gone), { recursive: true });
    const { stderr } = await shell.run('cd /', '');
    const [a, b] = [await shell.inside('A'), await shell.inside('B')];
    tally.same(
      [a, b, stderr.split('\n').length <= 2],
      ['unset', 'set mine', true],
      `without ${gone || 'home'}: ${stderr}`,
    );
    shell.stop();
    mkdirSync(world.home, { recursive: true });
    await world.project('api', 'A=1\nB=1\n');
  }
}

async function fewFiles(scratch: Scratch, name: ShellName, tally: Tally, { short }: Options): Promise<void> {
  const world = scratch.world();
  await world.project('api', 'A=1\nB=1\n');
  const limit = (files: number) => `ulimit -n ${files}`;
  // With less, zsh ends at any redirection of a builtin's input, and fish cannot open /dev/null for one.
  const least = { bash: 3, zsh: 11, fish: 6 }[name];
  for (let files = least; files <= (short ? least + 5 : 24); files++) {
    const shell = await Shell.start(scratch.test, world, name);
    await tally.holds(`${files} open files`, async () => {
      await shell.run(limit(files));
      for (const _ of [1, 2]) {
        const { stdout } = await shell.cd('api');
        const [a, b] = [await shell.inside('A'), await shell.inside('B')];
        mustBe([a === b, ['unset', 'set 1'].includes(a), stdout], [true, true, ''], `${a}, ${b}`);
        await shell.cd('');
        mustBe([await shell.inside('A'), await shell.inside('B')], ['unset', 'unset'], 'left');
      }
    });
    shell.stop();
    world.write('api/.env', `A=${files}\n`);
    const { status } = spawnSync(
      '/usr/bin/env',
      [
        ...['-i', ...Object.entries({ ...world.env, PWD: world.path('api') }).map((it) => it.join('='))],
        ...['prlimit', `--nofile=${files}`, launcher, 'allow'],
      ],
      { cwd: world.path('api') },
    );
    tally.same(halvesIn(world.places.data), [], `allow with ${files} open files, status ${status}`);
    world.write('api/.env', 'A=1\nB=1\n');
    await world.allow('api');
  }
}

async function bigEnvironment(scratch: Scratch, name: ShellName, tally: Tally): Promise<void> {
  const world = scratch.world();
  await world.project('api', 'A=1\nHOMELY=$HOME\n');
  await world.project('api/sub', 'B=2\n');
  const text = (size: number) =>
    ({ bash: `$(printf '%0${size}d' 0)`, zsh: `\${(l:${size}::0:)}`, fish: `(string repeat -n ${size} 0)` })[
      name
    ];
  const set = (variable: string, size: number) =>
    name === 'fish' ? `set -gx ${variable} ${text(size)}` : `export ${variable}=${text(size)}`;
  const cases: [title: string, lines: string[]][] = [
    ['one string of 200,000 bytes', [set('BIG', 200_000)]],
    ['40 strings of 100,000 bytes', Array.from({ length: 40 }, (_, n) => set(`BIG${n}`, 100_000))],
  ];
  for (const [title, lines] of cases) {
    for (const first of ['inside', 'outside']) {
      const shell = await Shell.start(scratch.test, world, name);
      if (first === 'inside') await shell.cd('api/sub');
      await shell.run(...lines);
      const status = name === 'bash' ? '$?' : '$status';
      const { stdout } = await shell.run(`/usr/bin/true 2>/dev/null; echo status ${status}`);
      tally.same(/status [1-9]/.test(stdout), true, `${title}: nothing starts`);
      for (const round of [1, 2]) {
        const { said } = await shell.cd('api/sub');
        const inside = [await shell.inside('A'), await shell.inside('B'), await shell.inside('HOMELY')];
        const loaded = ['set 1', 'set 2', `set ${world.home}`];
        const refused = ['unset', 'unset', 'unset'];
        // More than 1 MiB may be refused, with a line that says so.
        const wanted = said.some((line) => line.includes('larger than 1 MiB')) ? refused : loaded;
        tally.same(inside, wanted, `${title}, ${first}, ${round}: ${said}`);
        await shell.cd('');
        tally.same([await shell.inside('A'), await shell.inside('B')], ['unset', 'unset'], `${title}: left`);
      }
      shell.stop();
    }
  }
}

async function noNode(scratch: Scratch, name: ShellName, tally: Tally): Promise<void> {
  const world = scratch.world();
  await world.project('api', 'A=1\n');
  await world.project('forgotten', 'A=2\n');
  rmSync(world.plan('forgotten'));
  world.write('new/.env', 'A=3\n');
  const shell = await Shell.start(scratch.test, world, name);
  await shell.cd('api');
  world.removeNode();
  tally.same(
    [(await shell.run('', '')).stderr, await shell.inside('A')],
    ['', 'set 1'],
    'what is loaded stays',
  );
  let lines = 0;
  for (const place of ['forgotten', 'new', '', 'forgotten', 'new', '']) {
    const { said } = await shell.cd(place);
    lines += said.filter((line) => line.includes('no longer where it was')).length;
    tally.same(await shell.inside('A'), 'unset', place);
    tally.same((await shell.run('', '')).stderr, '', 'nothing at the prompts after');
  }
  tally.ok(lines >= 1 && lines <= 4, () => `said ${lines} times`);
  await shell.cd('api');
  tally.same(await shell.inside('A'), 'set 1', 'a plan needs no Node');
  await shell.cd('');
  tally.same(await shell.inside('A'), 'unset', 'nor does leaving');
}

// --- means -------------------------------------------------------------------------------------------

/** A small disk of its own in the place of the data directory. */
function mountDisk(scratch: Scratch, world: World): string {
  const { data } = world.places;
  mkdirSync(data, { recursive: true, mode: 0o700 });
  spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=512k,mode=700', 'none', data]);
  scratch.teardown(() => void spawnSync('umount', ['-l', data]));
  return data;
}

let canMount: boolean | undefined;

function mounts(): boolean {
  if (canMount !== undefined) return canMount;
  const directory = spawnSync('mktemp', ['-d'], { encoding: 'utf8' }).stdout.trim();
  canMount = isRoot && spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'none', directory]).status === 0;
  if (canMount) spawnSync('umount', [directory]);
  rmSync(directory, { recursive: true });
  return canMount;
}

/** Leaves so many pages of a disk free. */
function fillBut(file: string, disk: string, pages: number): void {
  const { bavail, bsize } = statfsSync(disk);
  const bytes = bavail * bsize - pages * PAGE;
  if (bytes > 0) writeFileSync(file, Buffer.alloc(bytes));
}

function recordsIn(data: string): number {
  return existsSync(join(data, 'approvals')) ? readdirSync(join(data, 'approvals')).length : 0;
}

/** Records, plans and session states below the data directory that are not whole, and temporary files. */
export function halvesIn(data: string): string[] {
  if (!existsSync(data)) return [];
  const entries = readdirSync(data, { recursive: true, withFileTypes: true });
  const files = entries.filter((it) => it.isFile()).map((it) => join(it.parentPath, it.name));
  return files.filter((path) => {
    if (path.endsWith('.tmp')) return true;
    const text = readFileSync(path, 'latin1');
    if (path.endsWith('.json')) return parseApproval(Buffer.from(text, 'latin1').toString()) === undefined;
    if (path.endsWith('/key')) return text.length !== 32;
    return path.includes('/plans/') && !text.endsWith('\0envhook-end\0');
  });
}
