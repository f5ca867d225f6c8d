import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { follow } from '../src/accept.js';
import { type AllowOptions, allowDirectory } from '../src/commands/allow.js';
import { denyDirectory } from '../src/commands/deny.js';
import { setVariables } from '../src/commands/set.js';
import { useProfile } from '../src/commands/use.js';
import { type Context, contextOf } from '../src/context.js';
import { EnvhookError } from '../src/errors.js';
import { examine } from '../src/examine.js';
import { planPath } from '../src/plan.js';
import type { Places } from '../src/settings.js';
import { replaceVersion } from '../src/store.js';
import { readApproval } from '../src/trust.js';

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
