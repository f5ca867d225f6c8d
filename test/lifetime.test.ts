import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { type AllowOptions, allowDirectory } from '../src/commands/allow.js';
import { changesAt } from '../src/commands/export.js';
import { reportStatus } from '../src/commands/status.js';
import { type Context, contextOf } from '../src/context.js';
import { EnvhookError } from '../src/errors.js';
import { envDirectoriesAbove } from '../src/find.js';
import { planPath } from '../src/plan.js';
import { makePlans } from '../src/plans.js';
import { identityOf, isBelow } from '../src/processes.js';
import { openDirectoryOnTheWay } from '../src/reach.js';
import { type Places, placesOf } from '../src/settings.js';
import { parseApproval, recordPath } from '../src/trust.js';
import { asNobody, isRoot, launcher, NOBODY } from './shells.js';

/*
 * How long an approval counts, and for whom: owners, shells, values that came from elsewhere, and what is left of it all.
 */

const base = t.testdir({});
let count = 0;

/** What came of a command, as the command line says it. */
interface Result {
  status: number;
  said: string;
}

/** A home directory, and what commands do there. */
class World {
  readonly home = join(base, String(++count));
  readonly places: Places;

  constructor() {
    mkdirSync(this.home);
    this.places = placesOf({ HOME: this.home });
    // Wherever the system has a run directory: this test moves its own about.
    this.places.run = join(this.places.data, 'run');
  }

  path(relative: string): string {
    return join(this.home, relative);
  }

  put(relative: string, content: string): string {
    mkdirSync(dirname(this.path(relative)), { recursive: true });
    writeFileSync(this.path(relative), content);
    return this.path(relative);
  }

  context(relative: string, env: Record<string, string> = {}): Context {
    return {
      ...contextOf({ HOME: this.home }, undefined, false),
      env: { ENVHOOK_DAEMON: 'off', ...env },
      places: this.places,
      directory: this.path(relative),
    };
  }

  async allow(
    relative: string,
    options: AllowOptions = {},
    env: Record<string, string> = {},
  ): Promise<Result> {
    try {
      const { notes = [] } = await allowDirectory(this.context(relative, env), undefined, options);
      return { status: 0, said: notes.join('\n') };
    } catch (error) {
      if (!(error instanceof EnvhookError)) throw error;
      return { status: error.exitCode, said: `${error.message}; ${error.hint}` };
    }
  }

  /** What `export` would set, and what it says. */
  exported(relative: string, env: Record<string, string> = {}) {
    const { changes, notes, exitCode } = changesAt(this.context(relative, env));
    const kept = changes.filter(({ name }) => name !== 'ENVHOOK_SESSION');
    return { values: Object.fromEntries(kept.map(({ name, value }) => [name, value])), notes, exitCode };
  }

  record(relative: string) {
    const path = recordPath(this.places, this.path(relative));
    return existsSync(path) ? parseApproval(readFileSync(path, 'utf8')) : undefined;
  }

  /** The fields of a plan: kind, flags, message, and the rest; undefined without one. */
  plan(relative: string) {
    const path = planPath(this.places.run, this.path(relative));
    if (!existsSync(path)) return undefined;
    const fields = readFileSync(path, 'utf8').split('\0');
    return { kind: fields[2], flags: fields[7], message: fields[11], rest: fields.slice(12) };
  }
}

const needsRoot = !isRoot && 'needs root';

// --- whose it is ---------------------------------------------------------------------------------

t.test('what others can replace on the way to a path', async (t) => {
  const world = new World();
  const file = world.put('a/b/c', '');
  mkdirSync(world.path('open'));
  symlinkSync('../a/b', world.path('open/b'));
  symlinkSync('open/b/../../a/b/c', world.path('link'));
  symlinkSync('loop', world.path('loop'));
  const reach = (path: string) => openDirectoryOnTheWay(path)?.slice(world.home.length);
  t.equal(reach(file), undefined, 'nothing');
  t.equal(reach(world.path('link')), undefined, 'nor through links');
  t.equal(reach(world.path('loop')) !== undefined, true, 'a loop of links is nobody’s');
  chmodSync(world.path('a'), 0o1777);
  t.equal(reach(file), '/a', 'everybody, sticky or not');
  t.equal(reach(world.path('a')), undefined, 'the end of the path itself does not count');
  chmodSync(world.path('a'), 0o775);
  t.equal(reach(file), '/a', 'the group');
  chmodSync(world.path('a'), 0o755);
  chmodSync(world.path('open'), 0o777);
  t.equal(reach(world.path('link')), '/open', 'the directory that a link on the way stands in');
  chmodSync(world.path('open'), 0o755);
  if (isRoot) chownSync(world.path('a'), NOBODY, NOBODY);
  t.equal(reach(file), isRoot ? '/a' : undefined, "a stranger's");
});

t.test("root's files count where only root and the user can put others", { skip: needsRoot }, async (t) => {
  const world = new World();
  chownSync(world.home, NOBODY, NOBODY);
  const srv = join(base, 'srv');
  mkdirSync(join(srv, 'app'), { recursive: true });
  writeFileSync(join(srv, 'app/.env'), 'A=1\n');
  const cwd = join(srv, 'app');
  const run = (...args: string[]) =>
    spawnSync('setpriv', [...asNobody().slice(1), launcher, ...args], {
      cwd,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], HOME: world.home, PWD: cwd, ENVHOOK_DAEMON: 'off' },
    });
  const plan = () => readFileSync(planPath(join(world.places.data, 'run'), cwd), 'utf8').split('\0');
  t.match(run('allow'), { status: 0, stderr: /^envhook: allowed .*srv\/app\/\.env/ });
  t.match([plan()[2], plan()[7]], ['load', ' roots ']);
  chmodSync(srv, 0o1777);
  const open = run('export', 'bash');
  t.match(open, { status: 3, stdout: '' });
  t.match(
    open.stderr,
    /srv\/app\/\.env is root's, and others could replace it: they can write to .*\/srv; keep it/,
  );
  chownSync(join(srv, 'app'), NOBODY + 1, NOBODY + 1);
  t.match(run('export', 'bash'), { status: 0, stdout: '', stderr: '' }, "a stranger's says nothing");
  const again = run('allow');
  t.match(again, { status: 3, stderr: /belongs to another user/ });
  chownSync(join(srv, 'app'), NOBODY, NOBODY);
  t.match(run('export', 'bash').status, 3, "the user's directory, root's file, in everybody's reach");
  chownSync(join(srv, 'app/.env'), NOBODY, NOBODY);
  t.match(run('export', 'bash').stdout, /A=.*1/, "all the user's, as it was allowed");
});

t.test('a plan for a directory on the way says whether the climb goes on', { skip: needsRoot }, async (t) => {
  const world = new World();
  world.put('far/theirs/mine/.env', 'A=1\n');
  chownSync(world.path('far/theirs'), NOBODY, NOBODY);
  makePlans(world.places, [world.path('far/theirs')], 0);
  t.match(world.plan('far/theirs'), { kind: 'block', flags: ' foreign ', message: '', rest: ['0', '0'] });
  // Without what tap tells every Node.
  const planner = [
    'env',
    '-i',
    'ENVHOOK_DAEMON=off',
    process.execPath,
    join(dirname(launcher), '../dist/planner.cjs'),
  ];
  const words = [...asNobody().slice(1), ...planner, 'compile', ...storage(world), world.path('far')];
  const asked = spawnSync('setpriv', words, { encoding: 'utf8' });
  t.match(asked, { status: 0, stderr: '' });
  const [kind, flags, inputs] = [2, 7, 12].map(
    (index) => readFileSync(planPath(storage(world)[1] ?? '', world.path('far')), 'utf8').split('\0')[index],
  );
  t.same([kind, flags, inputs], ['block', '', '2'], "root's directory lets the climb go on");
  makePlans(world.places, [world.path('far/theirs/mine')], 0);
  t.match(
    world.plan('far/theirs/mine'),
    { kind: 'block', message: /is not allowed/ },
    'one with a file is as ever',
  );
});

t.test('a directory that cannot be looked at ends the climb', async (t) => {
  const world = new World();
  world.put('a/.env', 'A=1\n');
  symlinkSync('loop', world.path('loop'));
  t.same(envDirectoriesAbove(world.path('loop/a'), world.home), []);
  t.same(envDirectoriesAbove(world.path('gone/a'), world.home), []);
  t.same(envDirectoriesAbove(world.path(`${'x'.repeat(300)}/a`), world.home), []);
});

// --- which shell it is for -----------------------------------------------------------------------

t.test('a shell is known by its start, not by its number', async (t) => {
  const own = identityOf(process.pid) ?? '';
  const parent = identityOf(process.ppid) ?? '';
  t.match(own, /^\d+-\d+-[0-9a-f-]{36}$|^\d+-[A-Za-z0-9]+$/);
  t.equal(identityOf(process.pid), own, 'the same at every look');
  t.equal(identityOf(999_999_999), undefined, 'nobody');
  t.equal(isBelow(parent), true);
  t.equal(isBelow(parent.replace(/-\d/, '-9')), false, 'another process of the same number');
  t.equal(isBelow(own), false, 'itself is not below itself');
});

t.test('allow --session is for this shell and not for its number', async (t) => {
  const world = new World();
  world.put('.env', 'A=1\n');
  t.match(await world.allow('', { session: true }), { status: 0, said: /in this shell/ });
  const session = identityOf(process.ppid) ?? '';
  t.equal(world.record('')?.session, session);
  t.match(world.plan(''), { kind: 'load', flags: ` session=${session} ` });
  t.match(world.exported(''), { values: { A: '1' }, exitCode: 0 });
  const { output = '' } = reportStatus(world.context(''), { json: true });
  t.equal(JSON.parse(output).layers[0].session, process.ppid, 'status says its number');

  const path = recordPath(world.places, world.home);
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, text.replace(session, session.replace(/-\d/, '-9')), { mode: 0o600 });
  const reused = world.exported('');
  t.match(reused, { values: {}, exitCode: 2 });
  t.match(reused.notes, [/\.env is allowed in another shell only; /]);
  writeFileSync(path, text.replace(`"${session}"`, String(process.ppid)), { mode: 0o600 });
  t.match(
    world.exported(''),
    { values: {}, exitCode: 2, notes: [/is not allowed/] },
    'a number alone is nobody',
  );
});

function storage({ places }: World): string[] {
  const data = join(base, `nobody-${count}`);
  if (!existsSync(data)) {
    mkdirSync(data, { mode: 0o700 });
    chownSync(data, NOBODY, NOBODY);
  }
  return [data, join(data, 'run'), places.home];
}
