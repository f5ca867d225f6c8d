import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { allowDirectory } from '../src/commands/allow.js';
import { denyDirectory } from '../src/commands/deny.js';
import { pruneStorage } from '../src/commands/prune.js';
import { useProfile } from '../src/commands/use.js';
import { digestKey, parseApproval, recordPath } from '../src/trust.js';
import { launcher, Shell, shells, skipWithout, type World } from '../test/shells.js';
import { countOf, type Options, type Row, Tally } from './part.js';
import { contextIn, type Scratch, withScratch } from './scratch.js';

/*
 * SIGKILL in the place of every system call with which a command touches the storage. strace counts the calls in a
 * first run, and in each later one kills at the next of them.
 */

interface Scene {
  name: string;
  args: string[];
  /** What there is before the command. */
  prepare(world: World): Promise<void>;
  /** What a shell sees of A in ~/api, while the record is the old one, and when it is another. */
  seen: { before: string[]; after: string[] };
  /** The same command again, in this process. */
  again(world: World): Promise<unknown>;
  /** Runs until it is told to end. */
  daemon?: boolean;
}

const UNSET = 'unset';

const SCENES: Scene[] = [
  {
    name: 'the first allow of all',
    args: ['allow'],
    prepare: async (world) => world.write('api/.env', 'A=1\n'),
    seen: { before: [UNSET], after: ['set 1'] },
    again: (world) => allowDirectory(contextIn(world, 'api'), undefined, {}),
  },
  {
    name: 'allow',
    args: ['allow'],
    prepare: async (world) => {
      await world.project('api', 'A=1\n');
      world.write('api/.env', 'A=2\n');
    },
    seen: { before: [UNSET], after: ['set 2'] },
    again: (world) => allowDirectory(contextIn(world, 'api'), undefined, {}),
  },
  {
    name: 'deny',
    args: ['deny'],
    prepare: async (world) => world.project('api', 'A=1\n'),
    seen: { before: ['set 1'], after: [UNSET] },
    again: async (world) => denyDirectory(contextIn(world, 'api'), undefined),
  },
  {
    name: 'use',
    args: ['use', 'staging'],
    prepare: async (world) => {
      await world.project('api', 'A=1\n');
      world.write('api/.env.staging', 'A=staging\n');
      useProfile(contextIn(world, 'api'), 'staging', {});
      await world.allow('api');
      useProfile(contextIn(world, 'api'), undefined, { none: true });
    },
    seen: { before: ['set 1'], after: ['set staging'] },
    again: async (world) => useProfile(contextIn(world, 'api'), 'staging', {}),
  },
  {
    name: 'prune',
    args: ['prune'],
    prepare: async (world) => {
      await world.project('api', 'A=1\n');
      for (const name of ['gone1', 'gone2']) await world.project(name, 'A=1\n');
      rmSync(world.path('gone1'), { recursive: true });
      rmSync(world.path('gone2'), { recursive: true });
      writeFileSync(join(world.places.data, 'approvals/.999999999-abc.tmp'), 'half');
      writeFileSync(join(world.places.run, 'sessions/999999999-1-1'), 'half');
    },
    seen: { before: ['set 1'], after: [] },
    again: async (world) => pruneStorage(contextIn(world, 'api')),
  },
  {
    name: 'the daemon, which accepts an edit and makes all plans',
    args: ['daemon', 'run'],
    prepare: async (world) => {
      await world.project('api', 'A=1\n');
      await allowDirectory(contextIn(world, 'api'), undefined, { always: true });
      world.write('api/.env', 'A=2\n');
      rmSync(join(world.places.run, 'plans'), { recursive: true });
    },
    seen: { before: ['set 2'], after: ['set 2'] },
    again: async () => {},
    daemon: true,
  },
];

export async function killEverywhere(options: Options, report: (row: Row) => void): Promise<void> {
  const scenes = options.short ? SCENES.filter(({ name }) => name === 'allow' || name === 'deny') : SCENES;
  for (const scene of scenes) {
    await withScratch(async (scratch) => report(await new Killing(scratch, scene).run(options)));
  }
}

/** A system call by name, as the how manieth of that name, and what it says without what differs each time. */
interface Call {
  name: string;
  nth: number;
  text: string;
}

const CALLS =
  'mkdir,open,openat,write,pwrite64,fsync,fdatasync,close,rename,renameat,renameat2,unlink,unlinkat,rmdir,chmod,fchmod,link,symlink,bind,fstat,newfstatat,statx,lstat,read';

class Killing {
  readonly #scratch: Scratch;
  readonly #scene: Scene;
  readonly #world: World;
  readonly #tally: Tally;
  readonly #log: string;
  readonly #saved: string;
  #oldRecord = '';
  #bystander = '';

  constructor(scratch: Scratch, scene: Scene) {
    this.#scratch = scratch;
    this.#scene = scene;
    this.#world = scratch.world();
    this.#tally = new Tally('faults', `SIGKILL at every system call on the storage: ${scene.name}`);
    this.#log = this.#world.path('../strace.log');
    this.#saved = this.#world.path('../saved');
  }

  async run(options: Options): Promise<Row> {
    await this.#prepare();
    const watching = await this.#startShells();
    const calls = await this.#record();
    const share = countOf(options, calls.length, Math.min(calls.length, 6));
    const step = Math.max(1, Math.floor(calls.length / share));
    let killed = 0;
    for (const call of calls.filter((_, index) => index % step === 0)) {
      this.#restore();
      const reached = await this.#kill(call);
      if (reached) killed++;
      this.#tally.add(await this.#whatIsWrong(watching, `${call.name} ${call.nth} ${call.text}`));
    }
    return this.#tally.row(`${calls.length} calls, killed ${killed} times`);
  }

  async #prepare(): Promise<void> {
    const world = this.#world;
    if (this.#scene.name !== 'the first allow of all') await world.project('other', 'O=1\n');
    await this.#scene.prepare(world);
    this.#oldRecord = this.#recordOf('api');
    this.#bystander = this.#recordOf('other');
    if (existsSync(world.path('.local'))) cpSync(world.path('.local'), this.#saved, { recursive: true });
  }

  #restore(): void {
    rmSync(this.#world.path('.local'), { recursive: true, force: true });
    if (existsSync(this.#saved)) spawnSync('cp', ['-a', this.#saved, this.#world.path('.local')]);
  }

  async #startShells(): Promise<Shell[]> {
    const installed = shells.filter((name) => !skipWithout(name));
    return Promise.all(installed.map((name) => Shell.start(this.#scratch.test, this.#world, name)));
  }

  /** The calls that have to do with the storage, in the order in which a run makes them. */
  async #record(): Promise<Call[]> {
    await this.#strace([]);
    const counts = new Map<string, number>();
    const calls: Call[] = [];
    for (const line of readFileSync(this.#log, 'latin1').split('\n')) {
      const name = /^(\w+)\(/.exec(line)?.[1];
      if (name === undefined) continue;
      const nth = (counts.get(name) ?? 0) + 1;
      counts.set(name, nth);
      if (line.includes('/.local/share/envhook')) calls.push({ name, nth, text: normalised(line) });
    }
    return calls;
  }

  // Whether the call that was meant is the one that was killed.
  async #kill({ name, nth, text }: Call): Promise<boolean> {
    await this.#strace(['-e', `inject=${name}:signal=KILL:when=${nth}`]);
    const lines = readFileSync(this.#log, 'latin1').trimEnd().split('\n');
    const end = lines.findIndex((line) => line.includes('+++ killed by SIGKILL'));
    const last = normalised(lines[end - 1] ?? '');
    return last.split('(')[0] === text.split('(')[0] && last.includes('/.local/share/envhook');
  }

  async #strace(options: string[]): Promise<void> {
    const { args, daemon } = this.#scene;
    const words = [
      '-qq',
      '-y',
      '-s',
      '0',
      '-o',
      this.#log,
      '-e',
      `trace=${CALLS}`,
      ...options,
      launcher,
      ...args,
    ];
    const cwd = this.#world.path('api');
    const env = { ...this.#world.env, PWD: cwd };
    const child = spawn('strace', words, { cwd, env, stdio: 'ignore' });
    const closed = once(child, 'close');
    if (daemon) await this.#endDaemon(closed);
    await closed;
  }

  // It ends by the kill, or when all it had to do is done.
  async #endDaemon(closed: Promise<unknown>): Promise<void> {
    let ended = false;
    void closed.then(() => {
      ended = true;
    });
    for (let left = 200; left > 0 && !ended && !existsSync(this.#world.plan('other')); left--)
      await setTimeout(50);
    if (ended) return;
    await setTimeout(100);
    this.#world.envhook(['daemon', 'stop']);
  }

  async #whatIsWrong(watching: readonly Shell[], title: string): Promise<string | undefined> {
    const { seen } = this.#scene;
    try {
      const half = this.#halves();
      if (half.length > 0) return `${title}: half: ${half.join()}`;
      if (this.#recordOf('other') !== this.#bystander) return `${title}: another record was changed`;
      const expected = this.#recordOf('api') === this.#oldRecord ? seen.before : seen.after;
      for (const shell of watching) {
        await shell.cd('api');
        const inside = await shell.inside('A');
        await shell.cd('');
        if (!expected.includes(inside)) return `${title}: ${shell.name} sees ${inside}, not ${expected}`;
        const after = await shell.inside('A');
        if (after !== UNSET) return `${title}: ${shell.name} keeps ${after}`;
      }
      return await this.#repair(watching, title);
    } catch (error) {
      return `${title}: ${error instanceof Error ? error.message : error}`;
    }
  }

  // The same command once more, and prune: as if nothing had happened.
  async #repair(watching: readonly Shell[], title: string): Promise<string | undefined> {
    await this.#scene.again(this.#world);
    pruneStorage(contextIn(this.#world, 'api'));
    const left = this.#filesBelow().filter((path) => /\.(tmp|next)$/.test(path));
    if (left.length > 0) return `${title}: left over: ${left.join()}`;
    const expected = this.#scene.seen.after.length > 0 ? this.#scene.seen.after : this.#scene.seen.before;
    for (const shell of watching) {
      await shell.cd('api');
      const inside = await shell.inside('A');
      await shell.cd('');
      if (!expected.includes(inside))
        return `${title}: repaired, ${shell.name} sees ${inside}, not ${expected}`;
    }
    return digestKey(this.#world.places).length === 32 ? undefined : `${title}: no key`;
  }

  /** Records, plans and the key that are there and not whole. */
  #halves(): string[] {
    return this.#filesBelow().filter((path) => {
      if (/\.(tmp|next|sock|log)$/.test(path)) return false;
      const bytes = readFileSync(path);
      if (path.endsWith('/key')) return bytes.length !== 32;
      if (path.endsWith('.json')) return parseApproval(bytes.toString()) === undefined;
      if (path.includes('/sessions/'))
        return !path.includes('999999999') && !bytes.toString().endsWith('\0envhook-end\0');
      return !bytes.toString('latin1').endsWith('\0envhook-end\0');
    });
  }

  #recordOf(directory: string): string {
    const path = recordPath(this.#world.places, this.#world.path(directory));
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  }

  #filesBelow(): string[] {
    const { data } = this.#world.places;
    if (!existsSync(data)) return [];
    const entries = readdirSync(data, { recursive: true, withFileTypes: true });
    return entries.filter((it) => !it.isDirectory()).map((it) => join(it.parentPath, it.name));
  }
}

function normalised(line: string): string {
  return line.replace(/\.\d+-[0-9a-f]+\.tmp/g, '.tmp').slice(0, 200);
}
