import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { follow } from '../src/accept.js';
import { digestOfSet } from '../src/approve.js';
import { type AllowOptions, allowAll, allowDirectory } from '../src/commands/allow.js';
import { denyDirectory } from '../src/commands/deny.js';
import { showDifferences } from '../src/commands/diff.js';
import { editFile } from '../src/commands/edit.js';
import { pruneStorage } from '../src/commands/prune.js';
import { setVariables } from '../src/commands/set.js';
import { reportStatus } from '../src/commands/status.js';
import { useProfile } from '../src/commands/use.js';
import { type Context, contextOf } from '../src/context.js';
import { checkOpenings } from '../src/doctor/openings.js';
import { checkStorage } from '../src/doctor/storage.js';
import { EnvhookError } from '../src/errors.js';
import { examine } from '../src/examine.js';
import { planPath } from '../src/plan.js';
import { makePlans } from '../src/plans.js';
import type { Places } from '../src/settings.js';
import { environmentAt, stackAt } from '../src/stack.js';
import { replaceVersion } from '../src/store.js';
import { type Approval, changeApproval, digestOf, readApproval } from '../src/trust.js';
import { launcher, NOBODY, run } from './shells.js';

/*
 * What an approval is: of what was shown, of this directory, and until somebody takes it back. Commands run in this
 * process; where two would run at once, the second runs whole inside of one of the first one's system calls, at each of
 * them in turn.
 */

/** A home directory with an empty project. */
class World {
  readonly home: string;
  readonly project: string;
  readonly places: Places;

  constructor(t: Test) {
    t.teardown(() => {
      const plan = planPath(this.places.run, this.home);
      if (!plan.startsWith(this.home)) fs.rmSync(plan, { recursive: true, force: true });
    });
    this.home = fs.realpathSync(t.testdir({ project: {} }));
    this.project = join(this.home, 'project');
    this.places = this.context().places;
  }

  put(content: string, name = '.env'): void {
    const path = this.path(name);
    fs.mkdirSync(join(path, '..'), { recursive: true });
    fs.writeFileSync(path, content);
  }

  path(name: string): string {
    return join(this.project, name);
  }

  context(more: Partial<Context> = {}): Context {
    const context = contextOf({ HOME: this.home }, undefined, false);
    return { ...context, env: { HOME: this.home, ENVHOOK_DAEMON: 'off' }, directory: this.project, ...more };
  }

  allow(options: AllowOptions = {}, more: Partial<Context> = {}) {
    return allowDirectory(this.context(more), undefined, options);
  }

  deny() {
    return denyDirectory(this.context(), undefined);
  }

  follow(directory = this.project) {
    return follow(this.places, directory, this.context().now);
  }

  verdict(directory = this.project): string {
    return examine(this.places, directory, this.context().now).verdict.kind;
  }

  get env(): Record<string, string> {
    return { HOME: this.home, PATH: '/usr/local/bin:/usr/bin:/bin', ENVHOOK_DAEMON: 'off' };
  }

  get approval() {
    return readApproval(this.places, this.project).approval;
  }

  planKind(): string | undefined {
    const path = planPath(this.places.run, this.project);
    return fs.existsSync(path) ? fs.readFileSync(path, 'utf8').split('\0')[2] : undefined;
  }

  /** What lies beside the records and is none. */
  leftovers(): string[] {
    const names = fs.readdirSync(join(this.places.data, 'approvals'));
    return names.filter((name) => !/^[0-9a-f]{64}\.json$/.test(name));
  }
}

async function errorOf(action: () => unknown): Promise<EnvhookError> {
  try {
    await action();
  } catch (error) {
    if (error instanceof EnvhookError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

// --- at once -----------------------------------------------------------------------------------------

// Between any two of these nothing is decided that the other one could change.
const CALLS = ['readlinkSync', 'renameSync', 'symlinkSync', 'unlinkSync'] as const;

/** Calls `act` right before the system call with this number, once; says whether there were that many. */
async function during<T>(
  number: number,
  act: () => void,
  run: () => T,
): Promise<{ reached: boolean; result: T }> {
  const real = Object.fromEntries(CALLS.map((name) => [name, fs[name]]));
  const restore = () => {
    Object.assign(fs, real);
    syncBuiltinESMExports();
  };
  let count = 0;
  for (const name of CALLS) {
    const wrapped = (...args: never[]) => {
      if (++count === number) {
        restore();
        act();
      }
      return Reflect.apply(real[name] as () => unknown, fs, args);
    };
    Object.assign(fs, { [name]: wrapped });
  }
  syncBuiltinESMExports();
  try {
    const result = await run();
    return { reached: count >= number, result };
  } finally {
    restore();
  }
}

class Killed extends Error {}

function die(): never {
  throw new Killed();
}

t.test('of two who replace the same version one gets through, wherever the other is', async (t) => {
  const directory = t.testdir({});
  const path = join(directory, 'file');
  const present = () => (fs.existsSync(path) ? fs.readFileSync(path, 'utf8') : '');
  const replace = (text: string, version: string) => replaceVersion(path, text, version, present);
  t.equal(replace('a', ''), true, 'one that is not there');
  t.equal(replace('b', ''), false);
  t.equal(present(), 'a');
  let version = 'a';
  for (let number = 1, reached = true; reached; number++) {
    const [first, second] = [`${number} first`, `${number} second`];
    let other = false;
    const outcome = await during(
      number,
      () => {
        other = replace(second, version);
      },
      () => replace(first, version),
    );
    reached = outcome.reached;
    t.equal(Number(outcome.result) + Number(other), 1, `at ${number}: one of both`);
    t.equal(present(), outcome.result ? first : second);
    version = present();
    t.same(fs.readdirSync(directory), ['file']);
  }
});

t.test('one that is killed does not stop the next one', async (t) => {
  const directory = t.testdir({});
  const path = join(directory, 'file');
  const present = () => (fs.existsSync(path) ? fs.readFileSync(path, 'utf8') : '');
  const replace = (text: string, version: string) => replaceVersion(path, text, version, present);
  replace('0', '');
  for (let number = 1, reached = true; reached; number++) {
    const before = present();
    try {
      ({ reached } = await during(number, die, () => replace(`${number} killed`, before)));
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    }
    t.match(
      present(),
      new RegExp(`^(${before}|${number} killed)$`),
      `at ${number}: the old one or the new one`,
    );
    for (let tries = 0; !replace(`${number}`, present()); tries++) if (tries > 2) t.fail('blocked');
    t.equal(present(), `${number}`);
  }
});

t.test('what the killed leave is pruned, and doctor knows what it is', async (t) => {
  for (let number = 1, reached = true; reached; number++) {
    const world = new World(t);
    world.put('A=1\n');
    await world.allow({ always: true });
    world.put('A=2\n');
    try {
      ({ reached } = await during(number, die, () => world.follow()));
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    }
    const text = checkStorage(world.context())
      .map((it) => it.text)
      .join('\n');
    t.notMatch(text, /is a link/, `at ${number}`);
    // Its writer, this process, lives on.
    for (const name of world.leftovers().filter((it) => it.endsWith('.tmp')))
      fs.rmSync(join(world.places.data, 'approvals', name));
    pruneStorage(world.context());
    t.same(world.leftovers(), []);
    t.equal(world.follow().verdict.kind, 'allowed');
  }
});

type Rival = [title: string, run: (world: World) => unknown];

const rivals: Rival[] = [
  ['an edit is accepted', (world) => world.follow()],
  ['a variable is set', (world) => setVariables(world.context(), ['A=3'], { file: '.env.local' })],
  ['a profile is chosen', (world) => useProfile(world.context(), 'dev', {})],
  ['the same is allowed', (world) => world.allow({ for: 3600 })],
];

for (const [title, run] of rivals) {
  t.test(`deny stays when at the same moment ${title}`, async (t) => {
    for (let number = 1, reached = true; reached; number++) {
      const world = new World(t);
      world.put('A=1\n');
      world.put('', '.env.local');
      world.put('A=2\n', '.env.dev');
      await world.allow({ always: true });
      if (title.includes('edit')) world.put('A=2\n');
      try {
        ({ reached } = await during(
          number,
          () => world.deny(),
          () => run(world),
        ));
      } catch (error) {
        if (!(error instanceof EnvhookError)) throw error;
        t.match(error, { exitCode: 2, message: /denied meanwhile|not allowed/ });
      }
      if (!reached) world.deny();
      t.equal(world.approval?.state, 'denied', `at ${number}`);
      t.equal(world.verdict(), 'denied');
      t.not(world.follow().verdict.kind, 'allowed');
      t.same(world.leftovers(), []);
    }
  });
}

// --- always ------------------------------------------------------------------------------------------

type Edit = [title: string, before: string, edit: (world: World) => void, said: RegExp | 'allowed'];

const other = (world: World) => join(world.home, 'other');

/** Another project beside, with the same names. */
function putOther(world: World, content = 'A=other\n'): void {
  fs.mkdirSync(other(world), { recursive: true });
  fs.writeFileSync(join(other(world), '.env'), content);
}

function linkTo(world: World, target: string): void {
  fs.rmSync(world.path('.env'), { force: true });
  fs.symlinkSync(target, world.path('.env'));
}

const puts = (content: string, name?: string) => (world: World) => world.put(content, name);

const edits: Edit[] = [
  ['a new value', 'A=1\n', puts('A=2\n'), 'allowed'],
  ['a name less', 'A=1\nB=1\n', puts('A=1\n'), 'allowed'],
  ['a comment', 'A=1\n', puts('# envhook is fine\nA=1\n'), 'allowed'],
  [
    'a name that comes back',
    'A=1\nB=1\n',
    (world) => [puts('A=1\n')(world), world.follow(), puts('A=1\nB=2\n')(world)],
    'allowed',
  ],
  ['a directive less', '# envhook: silent\nA=1\n', puts('A=1\n'), 'allowed'],
  ['a new name', 'A=1\n', puts('A=1\nB=1\n'), /\(\+B\): new name B; look/],
  ['several', 'A=1\n', puts('A=2\nB=1\nC=1\n# envhook: root\n'), /: new names B C, new directive root; look/],
  ['a name that no shell can hold', 'A=1\n', puts('A=1\na.b=1\n'), /: new name a\.b; look/],
  ['a name that is never set', 'A=1\n', puts('A=1\nPS1=x\n'), /: new name PS1; look/],
  ['a name that only another one uses', 'A=1\n', puts('B=1\nA=$B\nB=2\n'), /: new name B; look/],
  ...['silent', 'root', 'strict', 'no-contract'].map(
    (word): Edit => [
      `# envhook: ${word}`,
      'A=1\n',
      puts(`# envhook: ${word}\nA=1\n`),
      new RegExp(`: new directive ${word}; look`),
    ],
  ),
  ['a new file', 'A=1\n', puts('A=2\n', '.env.local'), /: \.env\.local is a new file; look/],
  [
    'a new file without the old one',
    'A=1\n',
    (world) => fs.renameSync(world.path('.env'), world.path('.env.local')),
    /: \.env\.local is a new file; look/,
  ],
  [
    'a link to another project',
    'A=1\n',
    (world) => [putOther(world), linkTo(world, '../other/.env')],
    /: \.env is a link now; look/,
  ],
  [
    'a link to a file beside it',
    'A=1\n',
    (world) => [world.put('A=2\n', 'x'), linkTo(world, 'x')],
    /: \.env is a link now; look/,
  ],
  [
    'a hard link to another project',
    'A=1\n',
    (world) => {
      putOther(world);
      fs.rmSync(world.path('.env'));
      fs.linkSync(join(other(world), '.env'), world.path('.env'));
    },
    /: \.env is a link now; look/,
  ],
  [
    'replaced in one step, as git does',
    'A=1\n',
    (world) => [world.put('A=2\n', 'x'), fs.renameSync(world.path('x'), world.path('.env'))],
    'allowed',
  ],
  [
    'moved away, another in its place',
    'A=1\n',
    (world) => [fs.renameSync(world.project, other(world)), world.put('A=2\n')],
    /: it is another directory now; look/,
  ],
  [
    'removed and made again',
    'A=1\n',
    (world) => [fs.rmSync(world.project, { recursive: true }), world.put('A=2\n')],
    /: it is another directory now; look/,
  ],
  [
    'another directory with the same bytes',
    'A=1\n',
    (world) => [fs.rmSync(world.project, { recursive: true }), world.put('A=1\n')],
    'allowed',
  ],
  [
    'a profile that nobody has allowed',
    'A=1\n',
    (world) => [puts('A=2\n', '.env.dev')(world), useProfile(world.context(), 'dev', {})],
    /: \.env\.dev is a new file; look/,
  ],
  [
    'a link to another directory',
    'A=1\n',
    (world) => [
      putOther(world),
      fs.rmSync(world.project, { recursive: true }),
      fs.symlinkSync('other', world.project),
    ],
    /other|not allowed/,
  ],
];

t.test('always: new values, and nothing else that is new', async (t) => {
  for (const [title, before, edit, said] of edits) {
    const world = new World(t);
    world.put(before);
    await world.allow({ always: true });
    const record = world.approval;
    edit(world);
    const { verdict, realDirectory } = world.follow();
    if (said === 'allowed') {
      t.equal(verdict.kind, 'allowed', title);
      continue;
    }
    const isElsewhere = realDirectory !== world.project;
    t.equal(verdict.kind, isElsewhere ? 'not-allowed' : 'changed', title);
    if (!isElsewhere) t.match('text' in verdict && verdict.text, said, title);
    makePlans(world.context(), [world.project]);
    t.equal(world.planKind(), 'block', `${title}: nothing of it is loaded`);
    t.same(
      readApproval(world.places, world.project).approval?.files,
      record?.files,
      `${title}: nothing is approved`,
    );
    await world.allow();
    t.equal(world.follow().verdict.kind, 'allowed', `${title}: until it is allowed`);
  }
});

t.test('always: a link that was approved', async (t) => {
  const world = new World(t);
  putOther(world);
  linkTo(world, '../other/.env');
  await world.allow({ always: true });
  putOther(world, 'A=2\n');
  t.equal(world.follow().verdict.kind, 'allowed', 'what it leads to is edited');
  world.put('A=3\n', 'x');
  linkTo(world, 'x');
  t.match(world.follow().verdict, { kind: 'changed', text: /: \.env leads elsewhere now; look/ });
  linkTo(world, '../other/.env');
  fs.renameSync(other(world), `${other(world)}-away`);
  fs.mkdirSync(join(world.home, 'third'));
  fs.writeFileSync(join(world.home, 'third/.env'), 'A=4\n');
  fs.symlinkSync('third', other(world));
  t.match(world.follow().verdict, { text: /: \.env leads elsewhere now; look/ }, 'by a link on its way');
  fs.rmSync(world.path('.env'));
  world.put('A=5\n');
  t.equal(world.follow().verdict.kind, 'allowed', 'a plain file again');
});

t.test('always: what `set` makes is approved with it, and an old record asks once', async (t) => {
  const world = new World(t);
  world.put('A=1\n');
  await world.allow({ always: true });
  await setVariables(world.context(), ['B=1'], {});
  await setVariables(world.context(), ['C=1'], { file: '.env.local' });
  t.equal(world.verdict(), 'allowed');
  world.put('B=2\nC=2\n', '.env.local');
  t.equal(world.follow().verdict.kind, 'allowed');
  changeApproval(world.places, world.project, ({ approval }) => {
    if (approval === undefined) throw new Error('not allowed');
    const { shape: _, id: __, ...older } = approval;
    return older;
  });
  world.put('A=3\n');
  t.match(world.follow().verdict, { kind: 'changed', text: /: it was allowed by an older envhook; look/ });
  await world.allow();
  world.put('A=4\n');
  t.equal(world.follow().verdict.kind, 'allowed');
  t.equal(world.approval?.always, true);
});

t.test("always=names: new names, too, in a directory that is nobody else's", async (t) => {
  const world = new World(t);
  world.put('A=1\n');
  await world.allow({ always: 'names' });
  world.put('A=1\nB=1\n');
  t.equal(world.follow().verdict.kind, 'allowed');
  t.match(reportStatus(world.context(), { json: true }).output, /"always": true,\s+"alwaysCovers": "names"/);
  const asked: [content: string, mode: number, said: RegExp][] = [
    ['B=1\nLD_PRELOAD=x\n', 0o700, /LD_PRELOAD, which needs your consent/],
    ['B=1\nPS1=x\n', 0o700, /: new name PS1; look/],
    ['B=1\n# envhook: root\n', 0o700, /: new directive root; look/],
    ['B=1\nC=1\n', 0o770, /: new names B C; look/],
  ];
  for (const [content, mode, said] of asked) {
    fs.chmodSync(world.project, mode);
    world.put(content);
    t.match(world.follow().verdict, { text: said }, content);
  }
  const record = world.approval;
  t.match(await errorOf(() => world.allow()), {
    exitCode: 3,
    message: /not yours alone/,
    hint: 'envhook allow --always',
  });
  fs.chmodSync(world.project, 0o700);
  fs.chmodSync(world.path('.env'), 0o660);
  t.match(
    await errorOf(() => world.allow({ always: 'names' })),
    { exitCode: 3 },
    'a file that its group may write',
  );
  t.same(world.approval, record, 'nothing is approved');
});

t.test('--always and --always=names leave the directory alone', async (t) => {
  type Line = [args: string[], status: number, said: RegExp];
  const lines: Line[] = [
    [['--always', 'DIR'], 0, /allowed ~\/project\/\.env always \(A\)/],
    [['DIR', '--always'], 0, /allowed ~\/project\/\.env always \(A\)/],
    [['--always=names', 'DIR'], 0, /allowed ~\/project\/\.env always, new names too \(A\)/],
    [['DIR', '--always=names'], 0, /allowed ~\/project\/\.env always, new names too \(A\)/],
    [['--always=all', 'DIR'], 64, /unknown option '--always=all'/],
  ];
  for (const [args, status, said] of lines) {
    const world = new World(t);
    world.put('A=1\n');
    const words = args.map((word) => (word === 'DIR' ? world.project : word));
    const result = run([launcher, 'allow', ...words], world.env, '/');
    t.match(result, { status, stderr: said }, args.join(' '));
    t.equal(world.approval?.state, status === 0 ? 'allowed' : undefined);
  }
});

// --- what was shown ----------------------------------------------------------------------------------

const EDITOR = '/bin/sh -c \'printf "A=shown\\n" >"$1"\' sh';

/** What answers yes, after it has done something. */
function yesAfter(act: () => void, asked: string[] = []): Context['ask'] {
  return async (question) => {
    asked.push(question);
    act();
    return true;
  };
}

type Showing = [title: string, run: (world: World, ask: Context['ask']) => Promise<unknown>];

const showings: Showing[] = [
  ['edit', (world, ask) => editFile(world.context({ ask, env: { ...world.env, EDITOR } }), undefined)],
  ['allow', (world, ask) => world.allow({}, { ask })],
  ['allow --always=names', (world, ask) => world.allow({ always: 'names' }, { ask })],
  ['allow --recursive', (world, ask) => allowAll(world.context({ ask }), undefined, {})],
];
const swaps: [title: string, swap: (world: World) => void][] = [
  ['another file', (world) => world.put('A=evil\n')],
  ['another one, as long', (world) => world.put('A=xhown\n')],
  ['a file more', (world) => world.put('B=evil\n', '.env.local')],
  ['no file', (world) => fs.rmSync(world.path('.env'), { force: true })],
  ['a denial', (world) => world.deny()],
];

for (const [title, run] of showings) {
  t.test(`${title}: what was exchanged while it asked is not allowed`, async (t) => {
    for (const [what, swap] of swaps) {
      const world = new World(t);
      world.put('A=shown\nPATH=./bin:$PATH\n');
      const error = await errorOf(() =>
        run(
          world,
          yesAfter(() => swap(world)),
        ),
      );
      t.match(error, { exitCode: 2, message: /(was changed|was denied) meanwhile and is not allowed/ }, what);
      t.match(error.hint, /envhook diff/);
      t.not(world.approval?.state, 'allowed', `${what}: nothing is approved`);
      t.not(world.planKind(), 'load');
    }
  });
}

t.test('what was shown is approved: the same bytes in a new file', async (t) => {
  for (const [title, run] of showings) {
    const world = new World(t);
    world.put('A=shown\nPATH=./bin:$PATH\n');
    const again = () => world.put(fs.readFileSync(world.path('.env'), 'utf8'), 'x');
    await run(
      world,
      yesAfter(() => [again(), fs.renameSync(world.path('x'), world.path('.env'))]),
    );
    t.equal(world.verdict(), 'allowed', title);
  }
});

t.test(
  'set, unset: nothing is allowed or written when another file takes the place of the one read',
  async (t) => {
    const world = new World(t);
    world.put('A=1\n');
    await world.allow();
    const record = world.approval;
    const ask = yesAfter(() => world.put('A=evil\n'));
    const error = await errorOf(() => setVariables(world.context({ ask }), ['PATH=./bin'], {}));
    t.match(error.message, /was changed meanwhile/);
    t.equal(fs.readFileSync(world.path('.env'), 'utf8'), 'A=evil\n');
    t.same(world.approval, record);
    world.put('A=1\n');
    const other = yesAfter(() => world.put('B=evil\n', '.env.local'));
    await setVariables(world.context({ ask: other }), ['PATH=./bin'], {});
    t.equal(world.verdict(), 'changed', 'a file that came meanwhile');
  },
);

t.test('consent is to the values that were there when it was asked for', async (t) => {
  const commands: [
    title: string,
    run: (world: World, ask: Context['ask'], outer: string) => Promise<unknown>,
  ][] = [
    ['allow', (world, ask, directory) => world.allow({}, { ask, directory })],
    [
      'allow --recursive',
      (world, ask, directory) => allowAll(world.context({ ask, directory }), undefined, {}),
    ],
  ];
  for (const [title, run] of commands) {
    const world = new World(t);
    world.put('EXTRA=--fine\n');
    await world.allow({ always: true });
    world.put('NODE_OPTIONS=$EXTRA\n', 'inner/.env');
    await run(
      world,
      yesAfter(() => world.put('EXTRA=--require=./evil.cjs\n')),
      world.path('inner'),
    );
    t.equal(world.verdict(world.path('inner')), 'allowed', title);
    const { env } = environmentAt(world.context(), new Map(), stackAt(world.context(), world.path('inner')));
    t.equal(env.get('EXTRA'), '--require=./evil.cjs');
    t.notOk(env.has('NODE_OPTIONS'), `${title}: left out`);
  }
});

t.test('edit under --always: no means no, also when the edit was accepted already', async (t) => {
  for (const isAccepted of [false, true]) {
    const world = new World(t);
    world.put('A=1\n');
    await world.allow({ always: true });
    const asked: string[] = [];
    const ask = async (question: string) => {
      asked.push(question);
      return false;
    };
    const accepting = isAccepted ? `${EDITOR.slice(0, -4)}; "$0" exec . -- true' ${launcher}` : EDITOR;
    const context = world.context({ ask, env: { ...world.env, EDITOR: accepting } });
    const outcome = await editFile(context, undefined);
    t.match(asked, [/~ A/], 'what changed is shown');
    t.match(outcome, { exitCode: 2, notes: [/is not allowed, and later edits are not either; .*--always$/] });
    t.equal(world.planKind(), 'block');
    t.equal(world.follow().verdict.kind, 'changed', 'nothing is accepted by itself');
    world.put('A=1\n');
    t.equal(world.verdict(), 'allowed', 'what was allowed before stays so');
  }
});

t.test('diff ends with a digest, which allow can ask for', async (t) => {
  const world = new World(t);
  const digest = (profile?: string): string => {
    if (profile !== undefined) useProfile(world.context(), profile, {});
    return (
      /^digest ([0-9a-f]{32})\n$/m.exec(showDifferences(world.context(), undefined, {}).output ?? '')?.[1] ??
      ''
    );
  };
  world.put('A=1\n');
  const first = digest();
  t.match(first, /^[0-9a-f]{32}$/);
  world.put('A=2\n');
  t.match(await errorOf(() => world.allow({ digest: first })), {
    exitCode: 2,
    message: /is not what this digest is of/,
    hint: 'look: envhook diff',
  });
  t.equal(world.approval, undefined, 'nothing is allowed');
  t.not(world.planKind(), 'load');
  world.put('A=1\n');
  await world.allow({ digest: first.toUpperCase() });
  t.equal(world.verdict(), 'allowed');
  t.equal(digest(), first, 'also of what is allowed');
  t.match(reportStatus(world.context(), { json: true }).output, `"digest": "${first}"`);
  const digests = new Set([first]);
  world.put('', '.env.dev');
  digests.add(digest('dev'));
  world.put('', '.env.local');
  digests.add(digest());
  fs.renameSync(world.path('.env.local'), world.path('.env.dev.local'));
  digests.add(digest());
  world.put('A=1\n\0', '.env');
  digests.add(digestOfSet(examine(world.places, world.project, 0)));
  t.equal(digests.size, 5, 'profile, names, bytes');
  t.match(await errorOf(() => allowAll(world.context(), undefined, { digest: first })), { exitCode: 64 });
  for (const word of ['', 'abc', first.slice(1), `${first}0`, first.replace(/.$/, 'g')]) {
    const result = run([launcher, 'allow', '--digest', word], world.env, world.project);
    t.match(result, { status: 2, stderr: /is not what this digest is of; look: envhook diff/ }, word);
    if (word === 'abc') break;
  }
});

t.test('what needs consent is asked for by what it does', async (t) => {
  const world = new World(t);
  world.put('NODE_OPTIONS=x\nDOCKER_HOST=x\nLS_COLORS=x\nPATH=x\n');
  const asked: string[] = [];
  await world.allow({}, { ask: yesAfter(() => {}, asked) });
  t.match(
    asked[0],
    /^~\/project sets\n {2}what changes the shell:\n {4}LS_COLORS .*\n {2}what runs a program:\n {4}NODE_OPTIONS .*\n {4}PATH .*\n {2}what sends data elsewhere:\n {4}DOCKER_HOST .*\nSet them, too\?$/,
  );
});

// --- which directory ---------------------------------------------------------------------------------

t.test('allow --recursive asks for each name and directory', async (t) => {
  const world = new World(t);
  world.put('A=1\n');
  world.put('PATH=./bin:$PATH\nEDITOR=x\n', "a b'/.env");
  world.put('PATH=./bin:$PATH\n', 'c/.env');
  const kinds = () => ['', "a b'", 'c'].map((it) => world.verdict(world.path(it).replace(/\/$/, '')));
  const all = (options: AllowOptions, ask?: Context['ask']) =>
    allowAll(world.context({ ask }), undefined, options);
  const none = ['not-allowed', 'not-allowed', 'not-allowed'];
  const refused = await errorOf(() => all({ yes: true }, async () => t.fail('asked')));
  t.match(refused, { exitCode: 5, message: /a b' sets what needs your consent: PATH|EDITOR/ });
  t.match(refused.hint, /^envhook allow ~\/'?project\/a b'\\'.* --consent EDITOR|--consent PATH/);
  t.same(kinds(), none, 'all or nothing');
  t.match(await errorOf(() => all({ yes: true, consent: ['PATH'] })), { exitCode: 5, message: /EDITOR/ });
  const asked: string[] = [];
  const noToC = async (question: string) => asked.push(question) > 0 && !/\/c sets PATH/.test(question);
  t.match(await errorOf(() => all({}, noToC)), { exitCode: 5, message: /\/c sets/ });
  t.same(kinds(), none);
  t.equal(asked.length, 4, 'all, and three names');
  t.match(asked.slice(1).sort(), [/a b' sets EDITOR/, /a b' sets PATH/, /\/c sets PATH/]);
  await all({ yes: true, consent: ['PATH', 'EDITOR'] });
  t.same(kinds(), ['allowed', 'allowed', 'allowed']);
});

t.test('a link that leads up is above', async (t) => {
  const world = new World(t);
  world.put('A=1\n');
  world.put('A=1\n', 'sub/deep/.env');
  fs.symlinkSync('..', world.path('sub/here'));
  fs.symlinkSync('../..', world.path('sub/deep/here'));
  fs.symlinkSync('deep', world.path('sub/below'));
  const context = world.context({ directory: world.path('sub') });
  const up: [named: string, from: string][] = [
    ['here', 'sub'],
    ['./here/.env', 'sub'],
    ['deep/here', 'sub'],
    [world.path('sub/here'), 'sub'],
    ['..', 'sub'],
    ['here', 'sub/deep'],
  ];
  for (const [named, directory] of up) {
    for (const act of [allowDirectory, allowAll]) {
      const from = world.context({ directory: world.path(directory) });
      const error = await errorOf(() => act(from, named, { yes: true }));
      t.match(
        error,
        {
          exitCode: 64,
          message: /project is above the present directory/,
          hint: 'give its full path: ~/project',
        },
        named,
      );
    }
    t.equal(world.approval, undefined, 'nothing is allowed');
  }
  const editing = { ...context, ask: async () => true, env: { ...world.env, EDITOR } };
  t.match(await errorOf(() => editFile(editing, 'here/.env')), { exitCode: 64 });
  t.match(await errorOf(() => setVariables(context, ['A=2'], { file: 'here/.env' })), { exitCode: 64 });
  t.equal(fs.readFileSync(world.path('.env'), 'utf8'), 'A=1\n', 'nothing is written');
  await allowDirectory(context, world.project, {});
  t.equal(world.verdict(), 'allowed', 'by its full path');
  await allowDirectory(context, 'below', {});
  t.equal(world.verdict(world.path('sub/deep')), 'allowed', 'what is below, by a link');
  await allowDirectory(world.context({ directory: world.path('sub/here') }), undefined, {});
});

t.test(
  "names that are no UTF-8 are nobody else's",
  { skip: process.platform === 'linux' ? false : 'only Linux has them' },
  async (t) => {
    const world = new World(t);
    const bytes = (...parts: (string | number)[]) =>
      Buffer.concat([
        Buffer.from(`${world.project}/`),
        ...parts.map((it) => (typeof it === 'string' ? Buffer.from(it) : Buffer.of(it))),
      ]);
    const twin = world.path('inv\uFFFD');
    world.put('A=twin\n', 'inv\uFFFD/.env');
    world.put('A=fine\n', 'fine/.env');
    for (const byte of [0xff, 0xfe]) {
      fs.mkdirSync(bytes('inv', byte));
      fs.writeFileSync(bytes('inv', byte, '/.env'), 'A=twin\n');
    }
    fs.symlinkSync(bytes('inv', 0xff), world.path('link-a'));
    fs.symlinkSync(bytes('inv', 0xfe), world.path('link-b'));
    const { notes = [] } = await allowAll(world.context(), undefined, { yes: true });
    t.same(notes.filter((note) => note.startsWith('skipped')).sort(), [
      'skipped ~/project/inv\\xfe: not every shell can tell its name',
      'skipped ~/project/inv\\xff: not every shell can tell its name',
      'skipped ~/project/inv\uFFFD: not every shell can tell its name',
    ]);
    t.equal(world.verdict(world.path('fine')), 'allowed');
    for (const directory of [twin, world.path('link-a'), world.path('link-b')]) {
      t.match(await errorOf(() => allowDirectory(world.context(), directory, {})), { exitCode: 3 });
      // As an older envhook allowed it.
      changeApproval(world.places, twin, () => ({
        ...recordOf(world, world.path('fine')),
        path: twin,
        files: { '.env': digestOf(Buffer.from('A=twin\n')) },
      }));
      t.match(examine(world.places, directory, 0).verdict, { kind: 'refused', text: /not UTF-8/ }, directory);
      makePlans(world.context(), [directory]);
      t.not(fs.readFileSync(planPath(world.places.run, directory), 'utf8').split('\0')[2], 'load');
    }
    const inside = run(
      [
        'sh',
        '-c',
        `cd "$(printf '%s/inv\\377' "$1")" && exec "$0" exec . -- printenv A`,
        launcher,
        world.project,
      ],
      world.env,
      '/',
    );
    t.match(inside, { stdout: '', stderr: /has a name that is not UTF-8/, status: 3 });
    fs.rmSync(world.path('fine'), { recursive: true });
    t.match(await errorOf(() => allowAll(world.context(), undefined, { yes: true })), {
      exitCode: 3,
      message: /^skipped/,
    });
  },
);

function recordOf(world: World, directory: string): Omit<Approval, 'id'> {
  const { approval } = readApproval(world.places, directory);
  if (approval === undefined) throw new Error('not allowed');
  const { id: _, ...rest } = approval;
  return rest;
}

t.test('who else can change a directory is said by allow and doctor', async (t) => {
  const isRoot = process.geteuid?.() === 0;
  const mode = (octal: number, name: string) => (world: World) => fs.chmodSync(world.path(name), octal);
  type Opening = [title: string, act: (world: World) => void, said: string | undefined];
  const place = '~/project/shared/team/api';
  const openings: Opening[] = [
    ['nobody', () => {}, undefined],
    ['the directory', mode(0o777, 'shared/team/api'), `${place} can be written by everybody`],
    ['by its group', mode(0o770, 'shared/team/api'), `${place} can be written by its group`],
    [
      'a parent',
      mode(0o777, 'shared/team'),
      `~/project/shared/team can be written by everybody, so others can put another directory in place of ${place}`,
    ],
    [
      'above that',
      mode(0o775, 'shared'),
      `~/project/shared can be written by its group, so others can put another directory in place of ${place}`,
    ],
    [
      'as /tmp',
      mode(0o1777, 'shared'),
      `~/project/shared can be written by everybody, so others can make another ${place} once it is gone`,
    ],
    [
      'home',
      mode(0o777, '..'),
      `~ can be written by everybody, so others can put another directory in place of ${place}`,
    ],
    ['above home', mode(0o777, '../..'), undefined],
    ...(isRoot
      ? [
          [
            "somebody else's",
            (world: World) => fs.chownSync(world.path('shared'), NOBODY, NOBODY),
            `~/project/shared belongs to uid ${NOBODY}, so others can put another directory in place of ${place}`,
          ] as Opening,
        ]
      : []),
  ];
  for (const [title, act, said] of openings) {
    const world = new World(t);
    world.put('A=1\n', 'shared/team/api/.env');
    act(world);
    const context = world.context({ directory: world.path('shared/team/api') });
    const { notes = [] } = await allowDirectory(context, undefined, {});
    t.same(
      notes.filter((note) => note.endsWith('(warning)')),
      said === undefined ? [] : [`${said} (warning)`],
      title,
    );
    const found = checkOpenings(context);
    t.same(
      found.map(({ text }) => text),
      said === undefined ? [] : [said],
      `doctor: ${title}`,
    );
    fs.chmodSync(world.path('../..'), 0o755);
    await denyDirectory(context, undefined);
    t.same(checkOpenings(context), [], "what is denied is nobody's concern");
  }
});
