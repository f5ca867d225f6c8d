// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references are what env files hold
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { uptime } from 'node:os';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { type AllowOptions, allowDirectory } from '../src/commands/allow.js';
import { denyDirectory } from '../src/commands/deny.js';
import { environmentFor } from '../src/commands/exec.js';
import { changesAt } from '../src/commands/export.js';
import { pruneStorage } from '../src/commands/prune.js';
import { setVariables } from '../src/commands/set.js';
import { reportStatus } from '../src/commands/status.js';
import { useProfile } from '../src/commands/use.js';
import { type Context, contextOf, type Outcome } from '../src/context.js';
import { Keeper } from '../src/daemon/keeper.js';
import { EnvhookError } from '../src/errors.js';
import { examine } from '../src/examine.js';
import { envDirectoriesAbove } from '../src/find.js';
import { closedLine, endSessions, isCurrentPlan, tidy } from '../src/leftovers.js';
import { type Census, psCensus, takeCensus } from '../src/makers.js';
import { planPath } from '../src/plan.js';
import { makePlans, writePlan } from '../src/plans.js';
import { identityOf, isBelow, leaderByPs } from '../src/processes.js';
import { openDirectoryOnTheWay } from '../src/reach.js';
import { type Places, placesOf } from '../src/settings.js';
import { parseApproval, recordPath } from '../src/trust.js';
import {
  asNobody,
  isRoot,
  launcher,
  NOBODY,
  processesWithEnvironments,
  program,
  Shell,
  World as ShellWorld,
  shells,
  skipWithout,
} from './shells.js';

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

  allow(relative: string, options: AllowOptions = {}, env: Record<string, string> = {}): Promise<Result> {
    return attempt(() => allowDirectory(this.context(relative, env), undefined, options));
  }

  /** What `export` would set, and what it says. */
  exported(relative: string, env: Record<string, string> = {}) {
    const { changes, notes, exitCode } = changesAt(this.context(relative, env));
    const kept = changes.filter(({ name }) => name !== 'ENVHOOK_SESSION');
    return { values: Object.fromEntries(kept.map(({ name, value }) => [name, value])), notes, exitCode };
  }

  /** Whether `exec` would run something. */
  tryExec(relative: string, env: Record<string, string>): Promise<Result> {
    return attempt(() => {
      environmentFor(this.context(relative, env), undefined, {});
      return {};
    });
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

async function attempt(command: () => Outcome | Promise<Outcome>): Promise<Result> {
  try {
    return { status: 0, said: ((await command()).notes ?? []).join('\n') };
  } catch (error) {
    if (!(error instanceof EnvhookError)) throw error;
    return { status: error.exitCode, said: `${error.message}; ${error.hint}` };
  }
}

const needsRoot = !isRoot && 'needs root';
// Where this checkout is in /tmp, say.
const inReach = openDirectoryOnTheWay(base) !== undefined && 'others can write to a directory above this one';

// --- whose it is ---------------------------------------------------------------------------------

t.test('what others can replace on the way to a path', { skip: inReach }, async (t) => {
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

t.test(
  "root's files count where only root and the user can put others",
  { skip: needsRoot || inReach },
  async (t) => {
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
    t.match(run('export', 'bash'), { status: 0, stdout: /A=.*1/ }, 'a command sees whose it is');
    const why = /srv\/app\/\.env is root's, and others could replace it: they can write to .*\/srv; keep it/;
    t.match(run('allow').stderr, why);
    t.match([plan()[2], plan()[11]], ['block', why], 'a shell does not');
    chownSync(join(srv, 'app'), NOBODY + 1, NOBODY + 1);
    t.match(run('export', 'bash'), { status: 0, stdout: '', stderr: '' }, "a stranger's says nothing");
    const again = run('allow');
    t.match(again, { status: 3, stderr: /belongs to another user/ });
    chownSync(join(srv, 'app'), NOBODY, NOBODY);
    t.match(run('allow').stderr, why, "the user's directory, root's file, in everybody's reach");
    t.match(plan()[2], 'block');
    chownSync(join(srv, 'app/.env'), NOBODY, NOBODY);
    t.match(run('export', 'bash').stdout, /A=.*1/, "all the user's, as it was allowed");
  },
);

t.test('a plan for a directory on the way says whether the climb goes on', { skip: needsRoot }, async (t) => {
  const world = new World();
  world.put('far/theirs/mine/.env', 'A=1\n');
  chownSync(world.path('far/theirs'), NOBODY, NOBODY);
  makePlans(world.context('far'), [world.path('far/theirs')]);
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
  makePlans(world.context('far'), [world.path('far/theirs/mine')]);
  t.match(
    world.plan('far/theirs/mine'),
    { kind: 'block', message: /is not allowed/ },
    'one with a file is as ever',
  );
});

t.test('an unsafe file is looked at again, since a shell cannot see that it is mended', async (t) => {
  const world = new World();
  chmodSync(world.put('.env', 'A=1\n'), 0o666);
  makePlans(world.context(''), [world.home]);
  t.match(world.plan(''), { kind: 'block', message: /can be written by everybody/ });
  const end = Number(readFileSync(planPath(world.places.run, world.home), 'utf8').split('\0')[8]);
  t.ok(end > Date.now() / 1000 && end < Date.now() / 1000 + 60);
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

t.test('a directory called as plans are is in the way of no plan', async (t) => {
  const world = new World();
  world.put('api/.env', 'A=1\n');
  world.put('api/.envhook-plan/.env', 'A=2\n');
  const inner = 'api/.envhook-plan';
  makePlans(world.context(inner), [world.path(inner)]);
  t.match(await world.allow(inner), {
    status: 3,
    said: /not every shell can tell; rename the directory: .*\.envhook-plan/,
  });
  t.equal(world.record(inner), undefined);
  t.equal(world.plan(inner), undefined);
  t.same(await world.allow('api'), { status: 0, said: 'allowed ~/api/.env (A)\n  + A  1 character' });
  t.match(world.plan('api'), { kind: 'load' });
});

t.test('plans of nested directories take room in proportion', async (t) => {
  const world = new World();
  const nested = Array.from({ length: 60 }, (_, depth) => `d${'/d'.repeat(depth)}`);
  for (const it of nested) world.put(`${it}/.env`, 'A=1\n');
  makePlans(
    world.context('d'),
    nested.map((it) => world.path(it)),
  );
  const entries = readdirSync(join(world.places.run, 'plans'), { recursive: true });
  t.equal(entries.filter((it) => String(it).endsWith('/.envhook-plan')).length, 60);
  t.ok(entries.length < 60 * 3 + 10, `${entries.length} files and directories`);
});

t.test('a shell is known by its start, not by its number', async (t) => {
  const own = identityOf(process.pid) ?? '';
  const parent = identityOf(process.ppid) ?? '';
  t.match(own, /^\d+-\d+-[0-9a-f-]{36}$|^\d+-[A-Za-z0-9]+$/);
  t.equal(identityOf(process.pid), own, 'the same at every look');
  t.equal(identityOf(999_999_999), undefined, 'nobody');
  t.equal(isBelow(parent), true);
  t.equal(isBelow(parent.replace('-', '-1')), false, 'another process of the same number');
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
  writeFileSync(path, text.replace(session, session.replace('-', '-1')), { mode: 0o600 });
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

// --- what a consent covers -----------------------------------------------------------------------

const LEFT_OUT =
  /NODE_OPTIONS is left out, since its value is not the one you consented to; look: envhook diff/;
const consent = ['NODE_OPTIONS', 'PATH', 'PAGER'];

t.test('a consent covers the value that a reference brings', async (t) => {
  const rows: [title: string, text: string, good: Record<string, string>, evil: Record<string, string>][] = [
    ['a reference', 'NODE_OPTIONS=$X', { X: 'good' }, { X: 'evil' }],
    ['one that was not set', 'NODE_OPTIONS=${X}', {}, { X: 'evil' }],
    ['a default', 'NODE_OPTIONS=${X:-good}', {}, { X: 'evil' }],
    ['another way to the same', 'A=$X\nB=-${A}\nNODE_OPTIONS=${B:-}', { X: 'good' }, { X: 'evil' }],
    ['through a name that is hidden', 'A=$X\nNODE_OPTIONS=$A\nA=', { X: 'good' }, { X: 'evil' }],
    ['through a list', 'A=x:$A\nNODE_OPTIONS=$A', { A: 'good' }, { A: 'evil' }],
    ['itself', 'NODE_OPTIONS="$NODE_OPTIONS --inspect"', {}, { NODE_OPTIONS: '--evil' }],
    ['what comes after a list', 'NODE_OPTIONS=$NODE_OPTIONS:$X', { X: 'good' }, { X: 'evil' }],
    ['what comes before a list', 'NODE_OPTIONS=${X:+a}$X:$NODE_OPTIONS', { X: 'good' }, { X: 'evil' }],
    ['with a condition that has turned', 'NODE_OPTIONS=a${X+b}', {}, { X: '' }],
  ];
  for (const [title, text, good, evil] of rows) {
    const world = new World();
    world.put('.env', `${text}\nOTHER=1\n`);
    t.match(await world.allow('', { consent }, good), { status: 0 }, title);
    const { values, notes } = world.exported('', good);
    t.match([values['NODE_OPTIONS'], values['OTHER'], notes], [String, '1', []], `${title}: as it was`);
    t.match(world.plan(''), { kind: 'load', flags: '' }, `${title}: the plan knows the text`);
    const refused = world.exported('', evil);
    t.match(refused.notes, [LEFT_OUT], title);
    t.notOk(Object.hasOwn(refused.values, 'NODE_OPTIONS'), `${title}: left out`);
    t.equal(refused.values['OTHER'], '1', `${title}: the rest is loaded`);
    t.match(await world.tryExec('', evil), { status: 5, said: LEFT_OUT }, `${title}: exec refuses`);
    t.match(reportStatus(world.context('', evil), {}).output, /NODE_OPTIONS is left out: its value/, title);
    t.notMatch(reportStatus(world.context('', good), {}).output, /NODE_OPTIONS is left out/, title);
    t.match(await world.allow('', {}, evil), { status: 5, said: /NODE_OPTIONS/ }, `${title}: and allow asks`);
    t.match(await world.allow('', {}, good), { status: 0 }, `${title}: not for the same`);
    t.match(await world.allow('', { consent }, evil), { status: 0, said: /[~] NODE_OPTIONS {2}\w/ }, title);
    t.ok(world.exported('', evil).values['NODE_OPTIONS'], `${title}: until that is consented to`);
  }
});

t.test('what does not depend on the environment is not pinned', async (t) => {
  const world = new World();
  world.put('.env', "PATH=$PWD/bin:$PATH\nNODE_OPTIONS='$X'\nD=$X\nPAGER=$D\nD=less\nPAGER=$D\n");
  await world.allow('', { consent });
  t.equal(world.record('')?.pins, undefined);
  t.match(world.exported('', { PATH: '/other', X: 'x' }).values, {
    PATH: `${world.home}/bin:/other`,
    NODE_OPTIONS: '$X',
    PAGER: 'less',
  });
  t.notMatch(world.plan('')?.rest.join(' '), / [=!] (?=.* 0 )/, 'no step compares');
});

t.test('names that only exec passes on are pinned, too', async (t) => {
  const world = new World();
  world.put('.env', 'npm_config_script-shell=$X\n');
  t.match(await world.allow('', {}, { X: 'good' }), { status: 5 });
  t.match(await world.allow('', { consent: ['npm_config_script-shell'] }, { X: 'good' }), { status: 0 });
  t.match(await world.tryExec('', { X: 'good' }), { status: 0 });
  t.match(await world.tryExec('', { X: 'evil' }), { status: 5, said: /script-shell is left out/ });
});

t.test('of a list what is added counts, not the list', async (t) => {
  const world = new World();
  world.put('.env', 'PATH=$TOOLS/bin:$PATH:$TOOLS\n');
  await world.allow('', { consent }, { TOOLS: '/good', PATH: '/usr/bin' });
  t.match(world.exported('', { TOOLS: '/good', PATH: '/bin' }).values, { PATH: '/good/bin:/bin:/good' });
  const evil = world.exported('', { TOOLS: '/evil', PATH: '/bin' });
  t.match(evil, { values: {}, notes: [/PATH is left out/] });
  const steps = world.plan('')?.rest.join(' ') ?? '';
  t.match(steps, / t \/bin: 0 = \/good\/bin: 0 s {2}0 t : 0 \$ TOOLS 0 = :\/good 0 envhook-end/);
});

t.test('a parent whose edits are accepted brings its child nothing', async (t) => {
  const world = new World();
  world.put('.env', 'UP=good\n');
  world.put('a/.env', 'NODE_EXTRA=$UP\n');
  world.put('a/b/.env', 'NODE_OPTIONS=$NODE_EXTRA\n');
  await world.allow('', { always: true });
  await world.allow('a', { always: true });
  t.match(
    await world.allow('a/b', { consent }),
    { said: /\+ NODE_OPTIONS {2}4 characters/ },
    'shown as it comes',
  );
  t.match(world.exported('a/b').values, { UP: 'good', NODE_EXTRA: 'good', NODE_OPTIONS: 'good' });
  world.put('.env', 'UP=evil\n');
  const evil = world.exported('a/b');
  t.match(evil.values, { UP: 'evil', NODE_EXTRA: 'evil' }, 'the parents are followed');
  t.equal(evil.values['NODE_OPTIONS'], undefined);
  t.match(evil.notes, [LEFT_OUT]);
  world.put('a/b/.env', '# envhook: root\nNODE_OPTIONS=$NODE_EXTRA\n');
  await world.allow('a/b', { consent }, { NODE_EXTRA: 'own' });
  t.match(
    world.exported('a/b', { NODE_EXTRA: 'own' }).values,
    { NODE_OPTIONS: 'own' },
    'a root has no parent',
  );
  world.put('.env', 'UP=good\n');
});

t.test('a plan is unsure until a shell with the value asks', async (t) => {
  const world = new World();
  const path = world.put('.env', 'NODE_OPTIONS=$X\n').slice(0, -5);
  await world.allow('', { consent }, { X: 'good' });
  rmSync(planPath(world.places.run, path));
  const plan = () => [world.plan('')?.flags, world.plan('')?.rest.slice(-5, -2).join(' ')];
  const make = (env?: Record<string, string>) => makePlans(world.context('', env), [path]);
  const { places } = world;
  t.equal(writePlan({ places }, examine(places, path, 0)), false, 'who knows no environment writes none');
  t.equal(world.plan(''), undefined);
  make({ X: 'evil' });
  t.same(plan(), [' unsure ', '!  0']);
  t.equal(writePlan({ places }, examine(places, path, 0)), true, 'and leaves it');
  t.same(plan(), [' unsure ', '!  0']);
  make({ X: 'good' });
  t.same(plan(), ['', '= good 0']);
  make({ X: 'evil' });
  t.same(plan(), ['', '= good 0'], 'a sure plan is right for every shell');
  t.equal(writePlan({ places }, examine(places, path, 0)), true);
  t.same(plan(), ['', '= good 0']);
  await world.allow('', { consent }, { X: 'other' });
  t.same(plan(), ['', '= other 0'], 'until there is another approval');
});

t.test('the same directory by way of a link, and by profile', async (t) => {
  const world = new World();
  world.put('real/.env', 'PATH=$PWD/bin-$X:$PATH\nNODE_OPTIONS=$X\n');
  world.put('real/.env.p', 'NODE_OPTIONS=p$X\n');
  symlinkSync('real', world.path('link'));
  await world.allow('real', { consent }, { X: 'x' });
  const env = { X: 'x', PATH: '/bin' };
  const seen = { PATH: `${world.path('link')}/bin-x:/bin`, NODE_OPTIONS: 'x' };
  t.match(world.exported('link', env), { values: seen, notes: [] });
  useProfile(world.context('real', env), 'p', {});
  await world.allow('real', { consent }, { X: 'x' });
  t.match(world.exported('real', env), { values: { NODE_OPTIONS: 'px' }, notes: [] });
  useProfile(world.context('real', env), undefined, { none: true });
  t.match(world.exported('real', env), { values: { NODE_OPTIONS: 'x' }, notes: [] }, 'each has its own');
  const chosen = environmentFor(world.context('real', env), undefined, { profile: 'p' });
  t.equal(chosen.get('NODE_OPTIONS'), 'px', 'also where exec chooses it for once');
  const evil = await attempt(() => {
    environmentFor(world.context('real', { X: 'evil' }), undefined, { profile: 'p' });
    return {};
  });
  t.match(evil, { status: 5 });
});

t.test('set keeps an approval with the value that it brings', async (t) => {
  const world = new World();
  world.put('.env', 'NODE_OPTIONS=$X\nA=1\n');
  await world.allow('', { consent }, { X: 'good' });
  await setVariables(world.context('', { X: 'good' }), ['A=2'], {});
  t.match(world.exported('', { X: 'good' }).values, { NODE_OPTIONS: 'good', A: '2' });
  t.match(world.exported('', { X: 'evil' }), { values: { A: '2' }, notes: [LEFT_OUT] });
});

// --- what is left --------------------------------------------------------------------------------

const SECRET = 's3cr3t';

t.test('what others could have written is not believed, and closed again', async (t) => {
  for (const open of [
    (world: World) => spawnSync('chmod', ['-R', 'a+rwX', world.places.data]),
    (world: World) => spawnSync('chmod', ['-R', 'a+rwX', world.places.run]),
    (world: World) => chmodSync(world.places.run, 0o777),
  ]) {
    const world = new World();
    world.put('.env', `A=${SECRET}\n`);
    await world.allow('');
    const state = join(world.places.run, 'sessions', '1-1-1');
    writeFileSync(state, SECRET, { mode: 0o600 });
    open(world);
    // What somebody else would do with it.
    const plan = planPath(world.places.run, world.home);
    writeFileSync(plan, readFileSync(plan, 'utf8').replaceAll(SECRET, 'theirs'));
    t.match(tidy(world.places).map(closedLine), [
      /^others could write to ~.*; it is closed again, and what they could have/,
    ]);
    t.same([plan, state].map(existsSync), [false, false], 'a plan and a state are gone');
    t.same(opened(world), [], 'nothing is open');
    t.same(tidy(world.places), [], 'which is said once');
    t.notMatch(world.exported('').values, { A: 'theirs' });
  }
});

t.test('what others could write is closed by a command, and by what a shell starts', async (t) => {
  const world = new World();
  world.put('.env', `A=${SECRET}\n`);
  const env = { PATH: process.env['PATH'], HOME: world.home, PWD: world.home, ENVHOOK_DAEMON: 'off' };
  const run = (...words: string[]) =>
    spawnSync(words[0] ?? '', words.slice(1), { cwd: world.home, env, encoding: 'utf8' });
  t.match(run(launcher, 'allow'), { status: 0 });
  const { data, run: runDirectory } = placesOf({ HOME: world.home });
  const record = recordPath({ ...world.places, data }, world.home);
  const planner = [process.execPath, join(dirname(launcher), '../dist/planner.cjs')];
  for (const words of [
    [launcher, 'status', '-q'],
    ['env', '-i', 'ENVHOOK_DAEMON=off', ...planner, 'compile', data, runDirectory, world.home, world.home],
  ]) {
    run('chmod', '-R', 'a+rwX', data);
    const { stderr, status } = run(...words);
    t.match(stderr, /^envhook: others could write to ~\/\.local\/share\/envhook; it is closed again/);
    t.equal(status, words[0] === launcher ? 7 : 0, 'a command does nothing then; a shell gets its plan');
    t.same(opened(world), []);
    t.equal(existsSync(record), false);
    run(launcher, 'allow');
  }
  chmodSync(data, 0o755);
  t.match(run(launcher, 'export', 'bash'), {
    status: 0,
    stderr: /^envhook: others could read .*closed again\n$/,
  });
  t.same(opened(world), []);
});

t.test('what others could only read is closed and stays', async (t) => {
  const world = new World();
  world.put('.env', `A=${SECRET}\n`);
  await world.allow('');
  spawnSync('chmod', ['-R', 'a+rX', world.places.data]);
  t.match(tidy(world.places), [{ text: 'others could read ~/.local/share/envhook; it is closed again' }]);
  t.same(opened(world), []);
  t.match(world.exported('').values, { A: SECRET });
  rmSync(world.places.run, { recursive: true });
  symlinkSync(world.put('victim/file', ''), world.places.run);
  chmodSync(world.path('victim'), 0o755);
  chmodSync(world.places.data, 0o755);
  tidy(world.places);
  t.equal(statSync(world.path('victim')).mode & 0o777, 0o755, 'what a link leads to is not ours');
});

t.test('one file of ours that is open in a closed place', async (t) => {
  const world = new World();
  world.put('.env', `A=${SECRET}\n`);
  await world.allow('');
  const record = recordPath(world.places, world.home);
  chmodSync(record, 0o644);
  t.match(world.exported('').values, { A: SECRET }, 'what others could only have read counts');
  t.equal(statSync(record).mode & 0o777, 0o600, 'and is closed');
  chmodSync(record, 0o620);
  t.match(world.exported(''), { values: {}, exitCode: 2, notes: [/is not allowed/] });
  t.equal(existsSync(record), false, 'what they could have written is gone');
  const plan = planPath(world.places.run, world.home);
  truncateSync(plan, 5_000_000_000);
  makePlans(world.context(''), [world.home]);
  t.ok(statSync(plan).size < 5000, 'what is larger than any plan is none');
});

t.test('no value of a denied directory is left', async (t) => {
  const world = new World();
  world.put('real/.env', `A=${SECRET}\n`);
  world.put('other/.env', 'B=kept\n');
  symlinkSync('real', world.path('link'));
  await world.allow('other');
  await world.allow('real');
  await world.allow('link');
  makePlans(world.context(''), [world.path('link'), world.path('real')]);
  t.same(holding(world, SECRET).length, 2);
  denyDirectory(world.context('real'), undefined);
  t.same(holding(world, SECRET), []);
  t.match([world.plan('real')?.kind, world.plan('other')?.kind], ['block', 'load'], 'other plans stay');
});

t.test('prune and the daemon take plans that nobody will ask for', async (t) => {
  const world = new World();
  for (const name of ['gone', 'over', 'denied', 'kept']) {
    world.put(`${name}/.env`, `A=${SECRET}${name}\n`);
    await world.allow(name, name === 'over' ? { for: 60 } : {});
  }
  const plan = (name: string) => planPath(world.places.run, world.path(name));
  const stale = readFileSync(plan('denied'));
  const spoil = () => {
    for (const name of ['gone', 'denied']) writeFileSync(plan(name), stale, { mode: 0o600 });
  };
  denyDirectory(world.context('denied'), undefined);
  rmSync(world.path('gone'), { recursive: true });
  spoil();
  const late = { ...world.context(''), now: Date.now() / 1000 + 100 };
  pruneStorage(late);
  t.same(holding(world, SECRET), [plan('kept')]);
  spoil();
  const keeper = new Keeper(
    world.places,
    () => {},
    () => true,
  );
  await keeper.start();
  await keeper.lookAtAll();
  await keeper.close();
  t.same(holding(world, `${SECRET}denied`).concat(holding(world, `${SECRET}gone`)), []);
});

const censuses: [by: string, skip: string | false, take: () => Census][] = [
  ['/proc', !existsSync('/proc/self/environ') && 'no /proc here', () => takeCensus()],
  ['ps', skipWithout('ps'), () => psCensus(withoutOrphans)],
];
// Orphans that hide their environment keep every state, and other tests have some: the next test is about them.
function withoutOrphans(): string {
  return processesWithEnvironments()
    .filter((row) => !/^ *\d+ +[01] /.test(row))
    .join('\n');
}
for (const [by, skip, take] of censuses) {
  t.test(`a session state ends with the shell that made it, by ${by}`, { skip }, async (t) => {
    const world = new World();
    const now = Math.floor(Date.now() / 1000);
    const gone = spawnSync('true').pid;
    const waiting = ['-e', 'setTimeout(() => {}, 60_000)']; // not sleep, whose environment macOS hides
    const env = { HOME: '/', ENVHOOK_SESSION: `${gone}-${now}-2` };
    const named = spawn(process.execPath, waiting, { env, stdio: 'ignore' });
    t.teardown(() => named.kill());
    await once(named, 'spawn');
    const stays = states(t, world, [
      [`${process.pid}-${now}-1`, true, 'its maker is there'],
      [`${named.pid}-${now}-0`, true, 'so is this one'],
      [`${gone}-${now}-1`, false, 'its maker is gone'],
      [`${gone}-${now}-2`, true, 'a process would undo it if it were a shell'],
      [`${process.pid}-${now - 100_000_000}-1`, false, 'its maker had the number of one that is there'],
      ['9-1', true, 'what is no state'],
    ]);
    endSessions(world.places, take());
    stays();
    named.kill();
    await once(named, 'exit');
    endSessions(world.places, take());
    t.equal(
      existsSync(join(world.places.run, 'sessions', `${gone}-${now}-2`)),
      false,
      'until that ends, too',
    );
  });
}

t.test('a session state where the system hides environments', async (t) => {
  const now = Math.floor(Date.now() / 1000);
  const gone = spawnSync('true').pid;
  const uid = process.geteuid?.();
  const started = new Date((now - 1000) * 1000)
    .toUTCString()
    .replace(/(...), (..) (...) (....) (.*) GMT/, '$1 $3 $2 $5 $4');
  const before = `${gone}-${now - 2000}-1`;
  const rows: [why: string, process: string, state: string, stays: boolean][] = [
    ['an orphan that is younger', `1 ${uid} ${started} SCREEN -S work`, before, true],
    ['a script', `1 ${uid} ${started} /bin/sh ./serve`, before, true],
    ['an orphan that is older', `1 ${uid} ${started} SCREEN`, `${gone}-${now - 500}-1`, false],
    ['one whose environment is shown', `1 ${uid} ${started} tmux PATH=/bin HOME=/x`, before, false],
    [
      'one that has the name',
      `1 ${uid} ${started} tmux PATH=/bin ENVHOOK_SESSION=${before} A=b`,
      before,
      true,
    ],
    [
      'one with a longer name',
      `1 ${uid} ${started} tmux PATH=/bin ENVHOOK_SESSION=${before}1`,
      before,
      false,
    ],
    ['one that runs below another', `77 ${uid} ${started} -zsh`, before, false],
    ["somebody else's", `1 ${Number(uid) + 1} ${started} SCREEN`, before, false],
    ['a service', `1 ${uid} ${started} /usr/libexec/secd`, before, false],
    ['an application', `1 ${uid} ${started} /Applications/A B.app/Contents/MacOS/A B`, before, false],
  ];
  for (const [why, row, state, stays] of rows) {
    const world = new World();
    const look = states(t, world, [[state, stays, why]]);
    endSessions(
      world.places,
      psCensus(() => `    1     0     0 ${started} /sbin/launchd\n 4321 ${row}\n`),
    );
    look();
  }
});

t.test('a session state where nothing tells of other processes ends with the system', async (t) => {
  const world = new World();
  const now = Math.floor(Date.now() / 1000);
  const boot = Math.floor(now - uptime());
  const gone = spawnSync('true').pid;
  const stays = states(t, world, [
    [`${gone}-${now}-1`, true, 'its maker is gone, and others may be there'],
    [`${gone}-${boot - 100}-1`, false, 'nobody is left of before'],
    [`${process.pid}-${boot - 100}-1`, true, 'one of that number is there, and clocks are set'],
  ]);
  endSessions(
    world.places,
    psCensus(() => undefined),
  );
  stays();
});

// Of a session of its own: in a container the one of the tests may be led from outside.
t.test('ps tells who leads a session', { skip: skipWithout('ps') }, async (t) => {
  const script = 'sh -c "echo \\$\\$; read line"; :';
  const leader = spawn('sh', ['-c', script], { detached: true, stdio: ['pipe', 'pipe', 'ignore'] });
  const [pid] = await once(leader.stdout, 'data');
  t.not(Number(pid), leader.pid);
  t.equal(leaderByPs(Number(pid)), leader.pid);
  leader.stdin.end('\n');
  await once(leader, 'close');
  t.equal(leaderByPs(Number(pid)), 0, 'one that is gone');
});

/** Puts session states there. Returns what looks whether those that are to stay have stayed, and no others. */
function states(t: Test, world: World, rows: [id: string, stays: boolean, why: string][]): () => void {
  const sessions = join(world.places.run, 'sessions');
  mkdirSync(sessions, { recursive: true, mode: 0o700 });
  for (const [id] of rows) writeFileSync(join(sessions, id), 'x', { mode: 0o600 });
  return () => {
    for (const [id, stays, why] of rows) t.equal(existsSync(join(sessions, id)), stays, why);
  };
}

t.test('a plan is current under every spelling of its path that the disk takes for it', async (t) => {
  const world = new World();
  world.put('proj/.env', `A=${SECRET}\n`);
  await world.allow('proj');
  const plan = planPath(world.places.run, world.path('proj'));
  const listed = planPath(world.places.run, world.path('PROJ'));
  renameSync(dirname(plan), dirname(listed));
  const now = Date.now() / 1000;
  t.equal(isCurrentPlan(world.places, listed, now), false, 'no shell looks there');
  symlinkSync(dirname(listed), dirname(plan)); // as a disk that ignores case
  t.equal(isCurrentPlan(world.places, listed, now), true);
  denyDirectory(world.context('proj'), undefined);
  t.same(holding(world, SECRET), [], 'nor does a denied one stay');
});

t.test('after deny and the end of the shells no file has the value', async (t) => {
  const world = new ShellWorld(t);
  await world.project('real', `A=${SECRET}\n`);
  symlinkSync('real', world.path('link'));
  const files = () =>
    [world.places.data, world.places.run]
      .flatMap((top) => (existsSync(top) ? pathsBelow(top) : []))
      .filter((path) => lstatSync(path).isFile() && readFileSync(path, 'latin1').includes(SECRET));
  const running: Shell[] = [];
  for (const name of shells.filter((it) => program(it) !== undefined)) {
    const shell = await Shell.start(t, world, name);
    await shell.cd('link');
    await shell.cd('real');
    t.match(await shell.values('A'), { A: SECRET }, name);
    running.push(shell);
  }
  t.ok(files().length > running.length);
  world.deny('real');
  for (const shell of running) {
    await shell.run('');
    t.match(await shell.values('A'), { A: null }, shell.name);
    await shell.stop();
  }
  world.envhook(['status']);
  t.same(files(), []);
});

t.test('what export has loaded is undone by a later one, whatever ran between', async (t) => {
  const world = new World();
  world.put('a/.env', `A=${SECRET}\n`);
  const script = `
    cd a && '${launcher}' allow -q
    eval "$('${launcher}' export bash)"; echo "in $A"
    env -u ENVHOOK_SESSION '${launcher}' status >/dev/null; env -u ENVHOOK_SESSION '${launcher}' status >/dev/null
    cd ..; eval "$(cd . && '${launcher}' export bash)"; echo "out $A"`;
  const { stdout, stderr } = spawnSync('bash', ['-c', script], {
    cwd: world.home,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: world.home, ENVHOOK_DAEMON: 'off', A: 'before' },
  });
  t.equal(stdout, `in ${SECRET}\nout before\n`, stderr);
});

/** The paths in a world's storage that others may do something with. */
function opened({ home, places }: World): string[] {
  return [home, dirname(places.data)]
    .flatMap((top) => (existsSync(top) ? [join(top, '.local/share/envhook')] : []))
    .concat(places.data, places.run)
    .flatMap((top) => (existsSync(top) ? [top, ...pathsBelow(top)] : []))
    .filter(
      (path) => existsSync(path) && (lstatSync(path).mode & 0o077) !== 0 && !lstatSync(path).isSymbolicLink(),
    );
}

function pathsBelow(top: string): string[] {
  return readdirSync(top, { recursive: true, encoding: 'utf8' }).map((name) => join(top, name));
}

/** The files in a world's storage that a text is in. */
function holding({ places }: World, text: string): string[] {
  return pathsBelow(places.data).filter(
    (path) => lstatSync(path).isFile() && readFileSync(path, 'latin1').includes(text),
  );
}

function storage({ places }: World): string[] {
  const data = join(base, `nobody-${count}`);
  if (!existsSync(data)) {
    mkdirSync(data, { mode: 0o700 });
    chownSync(data, NOBODY, NOBODY);
  }
  return [data, join(data, 'run'), places.home];
}
