// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references are what env files hold
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { inflateSync } from 'node:zlib';
import { Command } from 'commander';
import { parse as dotenvParse } from 'dotenv';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { usualWords } from '../src/arguments.js';
import { allow, allowDirectory } from '../src/commands/allow.js';
import { checkFiles } from '../src/commands/check.js';
import { listWords } from '../src/commands/complete.js';
import { deny, denyDirectory } from '../src/commands/deny.js';
import { examineAll } from '../src/commands/doctor.js';
import { dumpEnvironment } from '../src/commands/dump.js';
import { editFile } from '../src/commands/edit.js';
import { environmentFor, exec } from '../src/commands/exec.js';
import { exportVariables } from '../src/commands/export.js';
import { getValue } from '../src/commands/get.js';
import { listVariables } from '../src/commands/list.js';
import { reloadHere } from '../src/commands/reload.js';
import { type SetOptions, setVariables } from '../src/commands/set.js';
import { reportStatus } from '../src/commands/status.js';
import { unsetVariables } from '../src/commands/unset.js';
import { useProfile } from '../src/commands/use.js';
import { tellVersion } from '../src/commands/version.js';
import { type Context, contextOf } from '../src/context.js';
import { checkReaders } from '../src/doctor/readers.js';
import { type Caller, checkRunningShell } from '../src/doctor/running.js';
import { checkShells } from '../src/doctor/shells.js';
import { isReadAlike, setInText, unsetInText } from '../src/edit.js';
import { EnvhookError } from '../src/errors.js';
import { examine } from '../src/examine.js';
import { parse } from '../src/parse.js';
import { planPath } from '../src/plan.js';
import { Progress } from '../src/progress.js';
import { encodeSession } from '../src/session.js';
import { emit, shells } from '../src/shells/index.js';
import { changeApproval } from '../src/trust.js';
import { splitWords } from '../src/words.js';
import { launcher, NOBODY, run, skipWithout, systemPath, utf8, versionsOf } from './shells.js';

/* What people do every day with files that are there: change, show, hand on, complete, ask what is wrong. */

const SECRET = 's3cr3t-value';

/** A home directory with an empty project. Commands run in this process, in the project. */
class World {
  readonly home: string;
  readonly project: string;

  constructor(t: Test) {
    // Before the directory is made: tap removes it before it runs what was registered later, a process's end, say.
    t.teardown(() => {
      const { run } = this.context().places;
      for (const it of [this.project, this.home]) rmSync(planPath(run, it), { recursive: true, force: true });
    });
    this.home = realpathSync(t.testdir({ project: {} }));
    this.project = join(this.home, 'project');
  }

  put(content: string | Uint8Array, name = '.env'): string {
    writeFileSync(this.path(name), content);
    return this.path(name);
  }

  path(name: string): string {
    return join(this.project, name);
  }

  text(name = '.env'): string {
    return readFileSync(this.path(name), 'utf8');
  }

  context(more: Partial<Context> = {}): Context {
    const context = contextOf({ HOME: this.home, PWD: '/' }, undefined, false);
    return { ...context, env: { HOME: this.home }, directory: this.project, ...more };
  }

  set(words: string[], options: SetOptions = {}, more: Partial<Context> = {}) {
    return setVariables(this.context(more), words, options);
  }

  unset(...names: string[]) {
    return unsetVariables(this.context(), names, {});
  }

  get(name: string): string {
    return (getValue(this.context(), name).output ?? '').slice(0, -1);
  }

  allow(...consent: string[]) {
    return allowDirectory(this.context(), undefined, { consent });
  }

  verdict(directory = this.project): string {
    const { places, now } = this.context();
    return examine(places, directory, now).verdict.kind;
  }

  planKind(): string | undefined {
    const path = planPath(this.context().places.run, this.project);
    return existsSync(path) ? readFileSync(path, 'utf8').split('\0')[2] : undefined;
  }

  /** The whole thing, in a process of its own. */
  envhook(args: string[], env: Record<string, string> = {}, cwd = this.project, input = '') {
    const variables = { HOME: this.home, PATH: systemPath, ENVHOOK_DAEMON: 'off', PWD: cwd, ...env };
    return run([launcher, ...args], variables, cwd, input);
  }
}

function makeFifos(...paths: string[]): void {
  spawnSync('mkfifo', paths);
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

// --- changing a text ---------------------------------------------------------------------------------

type Edit = [title: string, before: string, name: string, value: string, after: string | undefined];

const edits: Edit[] = [
  ['an empty file', '', 'A', '1', 'A=1\n'],
  ['a file without a line end', 'A=1', 'B', '2', 'A=1\nB=2\n'],
  ['CRLF stays, also for what is added', 'A=1\r\n', 'B', '2', 'A=1\r\nB=2\r\n'],
  ['CRLF stays inside a value', 'A=1\r\n', 'A', 'x\ny', "A='x\r\ny'\r\n"],
  ['comments, blanks and order stay', '# a\n A = 1  # why\n\nB=2\n', 'A', '3', '# a\n A = 3  # why\n\nB=2\n'],
  ['export stays', 'export A=1\n', 'A', '2', 'export A=2\n'],
  ['a file for source goes on as one', 'export A=1\n', 'B', '2', 'export A=1\nexport B=2\n'],
  ['YAML style stays', 'A: 1\n', 'A', '2', 'A: 2\n'],
  ['double quotes stay', 'A="1"\n', 'A', '2', 'A="2"\n'],
  ['single quotes stay', "A='1'\n", 'A', '2', "A='2'\n"],
  ['backticks stay', 'A=`1`\n', 'A', '2', 'A=`2`\n'],
  ['quotes where the value needs them', 'A=1\n', 'A', 'x y', "A='x y'\n"],
  ['a dollar sign goes into single quotes', 'A="1"\n', 'A', 'pa$word', "A='pa$word'\n"],
  ['a dollar sign beside a single quote', 'A=1\n', 'A', "it's $HOME", "A='it's $HOME'\n"],
  ['the same over two lines', 'A=1\n', 'A', "it's\n$HOME", 'A="it\'s\n\\$HOME"\n'],
  ['other quotes for a quote', "A='1'\n", 'A', "it's", 'A="it\'s"\n'],
  ['backticks for both quotes', 'A=1\n', 'A', `'"`, 'A=`\'"`\n'],
  ['all three quotes, the way dotenv reads them', 'A=1\n', 'A', '\'"`', "A=''\"`'\n"],
  ['all three quotes and #: no way', 'A=1\n', 'A', '\'"`#', undefined],
  ['a backslash n stays two characters', 'A="1"\n', 'A', 'a\\nb', "A='a\\nb'\n"],
  ['a carriage return', 'A=1\n', 'A', 'a\rb', 'A="a\\rb"\n'],
  ['a backslash at the end', "A='1'\nB='2'\n", 'A', 'C:\\', "A=C:\\\nB='2'\n"],
  ['nothing', 'A=1 # c\n', 'A', '', 'A= # c\n'],
  ['from nothing', 'A= # c\n', 'A', '1', 'A=1 # c\n'],
  ['a # in a value', 'A=1\n', 'A', '#', "A='#'\n"],
  ['the last of several counts', 'A=1\nA=2\n', 'A', '3', 'A=1\nA=3\n'],
  ['a value over several lines', 'A="x\ny"\nB=1\n', 'A', '2', 'A="2"\nB=1\n'],
  ['a name that begins another', 'AB=1\nA=2\n', 'A', '3', 'AB=1\nA=3\n'],
  ['a name in a comment or a value', '# A=1\nB="\nA=2\n"\n', 'A', '3', '# A=1\nB="\nA=2\n"\nA=3\n'],
  ['a quote that is left open above', 'B="x\nA=1\n', 'A', 'x y', "B=\"x\nA='x y'\n"],
  ['a name with dots', 'a.b=1\n', 'a.b', '2', 'a.b=2\n'],
  ['__proto__', '', '__proto__', '2', '__proto__=2\n'],
];

t.test('set changes the value and nothing else', async (t) => {
  for (const [title, before, name, value, after] of edits) {
    t.equal(setInText(before, name, value), after, title);
  }
});

t.test('unset takes out every line of the name and nothing else', async (t) => {
  const cases: [title: string, before: string, after: string | undefined][] = [
    ['not there', 'B=1\n', undefined],
    ['the only line', 'A=1\n', ''],
    ['with its comment', '# x\nA=1 # c\nB=2\n', '# x\nB=2\n'],
    ['CRLF', 'B=1\r\n  export A=1\r\nC=2', 'B=1\r\nC=2'],
    ['several, over several lines', "A='x\ny'\nB=1\nA=2", 'B=1\n'],
  ];
  for (const [title, before, after] of cases) t.equal(unsetInText(before, 'A'), after, title);
});

const texts = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.constantFrom('B=1', "C='x y' # c", 'D="a\nb"', 'E=`q`', 'export F=', 'G: 1', '# A=9'),
    },
    fc.constantFrom('', '  ', 'A=old', "A='it' # why", 'A="x\ny"', '  export A=`1`', 'A='),
  ),
  { maxLength: 8 },
);
const endings = fc.constantFrom('\n', '\r\n');
const characters = fc.oneof(
  fc.constantFrom(
    ...'\'"`\\$#{} \t\n\r=:-nrabA!%&*~;|<>()é',
    '\ufeff',
    '\u200b',
    '${A}',
    '$A',
    '\\n',
    '\\$',
    '😀',
  ),
  fc.string({ unit: 'grapheme', maxLength: 3 }),
);
const values = fc
  .array(characters, { maxLength: 12 })
  .map((parts) => parts.join(''))
  .filter((value) => !/\0|\u2028|\u2029|\ufffd|\p{Cs}/u.test(value));

// What has a way to be written that needs no luck.
function isPlain(value: string): boolean {
  if (/\r|\\$/.test(value)) return false;
  return !value.includes("'") || (!value.includes('"') && !/\\[nr]/.test(value)) || !value.includes('`');
}

t.test('any value is read back exactly, and every other byte stays', async () => {
  fc.assert(
    fc.property(texts, endings, fc.boolean(), values, (lines, eol, ended, value) => {
      const before = lines.join('\n').replaceAll('\n', eol) + (ended ? eol : '');
      const after = setInText(before, 'A', value);
      if (after === undefined) return !isPlain(value);
      const read = parse(after).assignments.findLast(({ name }) => name === 'A');
      const literal = read?.quote === 'single' ? read.value : read?.value.replaceAll('\\$', '$');
      // dotenv has two parsers. Without a reference in it, both get the value; with one, a backslash may be left.
      const slow = dotenvParse(after)['A'];
      const isAlike = isReadAlike(after, 'A', value);
      if (slow !== (isAlike ? value : read?.value) || !(isAlike || /\$/.test(value))) return false;
      return literal === value && differsInOnePlace(before, after) && unsetIsClean(after);
    }),
    { numRuns: 1500 },
  );
});

// One stretch is another, the rest is the same: at the end, or inside the lines of A.
function differsInOnePlace(before: string, after: string): boolean {
  let start = 0;
  while (start < before.length && before[start] === after[start]) start++;
  let end = 0;
  while (
    end < before.length - start &&
    end < after.length - start &&
    before.at(-1 - end) === after.at(-1 - end)
  )
    end++;
  const removed = before.slice(start, before.length - end);
  return !/[B-G](=|:)|#/.test(removed);
}

function unsetIsClean(text: string): boolean {
  const without = unsetInText(text, 'A') ?? '';
  const [all, rest] = [parse(text).assignments, parse(without).assignments];
  return rest.length === all.filter(({ name }) => name !== 'A').length;
}

t.test('what set writes, get prints, byte for byte, through the files', async (t) => {
  const world = new World(t);
  await world.set(['A=1']);
  await world.allow();
  await fc.assert(
    fc.asyncProperty(values, async (value) => {
      let written = true;
      try {
        await world.set([`A=${value}`]);
      } catch (error) {
        if (!(error instanceof EnvhookError) || error.exitCode !== 4) throw error;
        written = false;
      }
      return written ? world.get('A') === value && world.verdict() === 'allowed' : !isPlain(value);
    }),
    { numRuns: 60 },
  );
});

// --- set, unset: files and approvals -----------------------------------------------------------------

t.test('an approval follows the change, and only an approval', async (t) => {
  await t.test('allowed before: allowed after, with a plan for it', async (t) => {
    const world = new World(t);
    world.put('A=1\nB=2\n');
    await world.allow();
    t.same((await world.set(['A=5', 'N=6'])).notes, ['set A in ~/project/.env', 'set N in ~/project/.env']);
    t.equal(world.text(), 'A=5\nB=2\nN=6\n');
    t.equal(world.verdict(), 'allowed');
    t.ok(readFileSync(planPath(world.context().places.run, world.project)).includes('N\x006\0'));
    const { head } = examine(world.context().places, world.project, 0);
    await world.set(['A=5']);
    t.equal(examine(world.context().places, world.project, 0).head, head, 'the same value: the same record');
    await world.unset('B');
    t.equal(world.verdict(), 'allowed');
    await world.set(['L=1'], { file: '.env.local' });
    t.equal(world.verdict(), 'allowed', 'a new file of the set');
  });

  await t.test('never, denied or changed before: so after', async (t) => {
    const world = new World(t);
    world.put('A=1\n');
    await world.set(['A=2']);
    t.equal(world.verdict(), 'not-allowed');
    await world.allow();
    world.put('A=2\nEVIL=1\n');
    await world.set(['A=3']);
    t.equal(world.verdict(), 'changed');
    denyDirectory(world.context(), undefined);
    await world.set(['A=4']);
    t.equal(world.verdict(), 'denied');
    t.not(world.planKind(), 'load');
  });

  await t.test('terms stay: until when, and for which profile', async (t) => {
    const world = new World(t);
    world.put('A=1\n');
    const { now, places } = world.context();
    await allowDirectory(world.context(), undefined, { for: 3600 });
    await world.set(['A=2']);
    const { approval } = examine(places, world.project, now);
    t.equal(approval?.expires, now + 3600);
    world.put('P=1\n', '.env.staging');
    await world.set(['P=2'], { file: '.env.staging' });
    t.equal(world.text('.env.staging'), 'P=2\n');
    t.notOk(Object.hasOwn(examine(places, world.project, now).approval?.files ?? {}, '.env.staging'));
  });

  await t.test('a choice of a profile is a new record, which open shells notice', async (t) => {
    const world = new World(t);
    world.put('A=1\n');
    world.put('P=1\n', '.env.staging');
    await world.allow();
    const heads = [undefined, 'staging', undefined].map((profile) => {
      useProfile(world.context(), profile, { none: profile === undefined });
      return examine(world.context().places, world.project, 0).head;
    });
    t.equal(new Set(heads).size, 3);
  });

  await t.test("another profile's file that was allowed stays so", async (t) => {
    const world = new World(t);
    world.put('A=1\n');
    world.put('P=1\n', '.env.staging');
    await world.allow();
    const { now, places } = world.context();
    const withProfile = () => examine(places, world.project, now, { profile: 'staging' });
    const both = withProfile();
    if (both.approval === undefined) throw new Error('not allowed');
    const { id: _, ...approval } = both.approval;
    const { filesAllowed } = await import('../src/trust.js');
    const names = both.readings.map(({ name }) => name);
    const files = filesAllowed(both.approval, names, both.files);
    changeApproval(places, both.realDirectory, () => ({ ...approval, files }));
    t.equal(withProfile().verdict.kind, 'allowed');
    await world.set(['P=2'], { file: '.env.staging' });
    t.equal(withProfile().verdict.kind, 'allowed');
    t.equal(world.verdict(), 'allowed');
  });

  await t.test('a name that is asked for needs consent before anything is written', async (t) => {
    const world = new World(t);
    world.put('A=1\n');
    await world.allow();
    const error = await errorOf(() => world.set(['PATH=/x']));
    t.equal(error.exitCode, 5);
    t.match(error.hint, 'envhook set PATH=... --consent PATH');
    t.equal(world.text(), 'A=1\n');
    await world.set(['PATH=/x'], { consent: ['PATH'] });
    t.equal(world.verdict(), 'allowed');
    await world.set(['A=2']);
    t.equal(world.verdict(), 'allowed', 'consent to the same value lasts');
    t.equal((await errorOf(() => world.set(['PATH=/y']))).exitCode, 5, 'but not to another');
  });

  await t.test('what an allowed directory could not load is not written', async (t) => {
    const world = new World(t);
    world.put('A=${B:?needed}\nB=1\n');
    world.put('B=1\nA=${B:?needed}\n');
    await world.allow();
    t.equal((await errorOf(() => world.set(['B=']))).exitCode, 4);
    t.equal((await errorOf(() => world.set([`B=${'x'.repeat(40_000)}`]))).exitCode, 6);
    t.equal(world.text(), 'B=1\nA=${B:?needed}\n');
    t.equal(world.verdict(), 'allowed');
  });

  await t.test('a deny in between is not undone, a change in between is not overwritten', async (t) => {
    const world = new World(t);
    world.put('A=1\n');
    await world.allow();
    const input = async () => {
      denyDirectory(world.context(), undefined);
      return Buffer.from('2');
    };
    const denying = world.context({ input });
    // The examination is made first; the input comes while it is old.
    await setVariables(denying, ['A', '-'], {});
    t.equal(world.verdict(), 'denied');
    const editing = world.context({ input: async () => Buffer.from(world.put('A=1\nB=2\n')) });
    const error = await errorOf(() => setVariables(editing, ['A', '-'], {}));
    t.match(error.message, '~/project/.env was changed meanwhile');
    t.equal(world.text(), 'A=1\nB=2\n');
  });
});

t.test('the file keeps its mode, its mark, its link', async (t) => {
  const world = new World(t);
  world.put('\ufeffA=1\r\n');
  chmodSync(world.path('.env'), 0o640);
  await world.set(['A=2']);
  t.equal(world.text(), '\ufeffA=2\r\n');
  t.equal(statSync(world.path('.env')).mode & 0o777, 0o640);

  mkdirSync(join(world.home, 'vault'));
  const target = join(world.home, 'vault/secrets.env');
  writeFileSync(target, 'S=1\n', { mode: 0o600 });
  symlinkSync('../vault/secrets.env', world.path('.env.local'));
  await world.set(['S=2'], { follow: true });
  t.ok(lstatSync(world.path('.env.local')).isSymbolicLink());
  t.equal(readFileSync(target, 'utf8'), 'S=2\n');
  t.same(readdirSync(join(world.home, 'vault')), ['secrets.env'], 'no temporary file stays');

  await world.set(['N=1'], { file: '.env.test' });
  t.equal(statSync(world.path('.env.test')).mode & 0o777, 0o600, 'a new file is private');
});

t.test('which file', async (t) => {
  const world = new World(t);
  await world.set(['A=1']);
  t.equal(world.text(), 'A=1\n', '.env if there is none');
  world.put('B=1\n', '.env.local');
  await world.set(['B=2', 'C=3']);
  t.equal(world.text('.env.local'), 'B=2\n', 'the one that sets it');
  t.equal(world.text(), 'A=1\nC=3\n', 'otherwise .env');
  rmSync(world.path('.env'));
  await world.set(['D=4']);
  t.equal(world.text('.env.local'), 'B=2\nD=4\n', 'the only one');

  const below = join(world.project, 'src');
  mkdirSync(below);
  const error = await errorOf(() => world.set(['A=1'], {}, { directory: below }));
  t.same(
    [error.exitCode, error.hint],
    [64, 'for the one above: --file ~/project/.env, for one here: --file .env'],
  );
  await world.set(['A=1'], { file: '../.env' }, { directory: below });
  await world.set(['E=1'], { file: world.path('.env') }, { directory: below });
  t.equal(world.text(), 'A=1\nE=1\n');
});

t.test('what is refused', async (t) => {
  const world = new World(t);
  world.put('A=1\n');
  const cases: [words: string[], exitCode: number, options?: SetOptions][] = [
    [['A'], 64],
    [['1A=1'], 64],
    [['=1'], 64],
    [['A B=1'], 64],
    [['A', '-', 'B', '-'], 64],
    [['A=1'], 64, { file: 'README.md' }],
    [['A=1'], 64, { file: 'gone/.env' }],
    [['A=a\u2028b'], 4],
    [['A=a\ufffdb'], 4],
    [[`A='"\`#${SECRET}`], 4],
    [[`A=${'x'.repeat(33_000)}`], 6],
  ];
  for (const [words, exitCode, options] of cases) {
    const error = await errorOf(() => world.set(words, options));
    t.equal(error.exitCode, exitCode, encodeURI(words.join(' ')).slice(0, 40));
    t.notMatch(error.message + error.hint, SECRET, 'no value is shown');
  }
  world.put(Buffer.from([0x41, 0x3d, 0xff]));
  t.equal((await errorOf(() => world.set(['A=1']))).exitCode, 4, 'not UTF-8');
  chmodSync(world.put('A=1\n'), 0o666);
  t.equal((await errorOf(() => world.set(['A=1']))).exitCode, 3, 'everybody may write it');
  rmSync(world.path('.env'));
  mkdirSync(world.path('.env'));
  t.equal((await errorOf(() => world.set(['A=1']))).exitCode, 3, 'a directory');
  const { notes } = await world.set(['UID=1000'], { file: '.env.local' });
  t.match(notes, [/^no shell gets UID: it belongs to the shell$/, /^set UID in/]);
});

t.test('a value from standard input, or from a prompt that does not show it', async (t) => {
  const world = new World(t);
  const { status } = world.envhook(['set', 'A', '-', 'B=1'], {}, world.project, `${SECRET}\n2\n`);
  t.equal(status, 0);
  t.equal(world.get('A'), `${SECRET}\n2`, 'without the last line end');
  t.equal(world.envhook(['set', 'A', '-'], {}, world.project, '\n').status, 0);
  t.equal(world.get('A'), '');

  // Its options are those of util-linux.
  const skip = process.platform === 'linux' ? skipWithout('script') : 'script is another program here';
  await t.test('the prompt', { skip }, async (t) => {
    const command = `env -i HOME=${world.home} PATH=${systemPath} ENVHOOK_DAEMON=off ${launcher} set A -`;
    const typed = `sleep 1.5; printf '${SECRET}\\r'; sleep 0.2`;
    const { stdout } = spawnSync('sh', ['-c', `(${typed}) | script -qec '${command}' /dev/null`], {
      cwd: world.project,
      encoding: 'utf8',
    });
    t.match(stdout, 'value of A (not shown):');
    t.notMatch(stdout, SECRET);
    t.equal(world.get('A'), SECRET);
  });
});

// --- get, list, edit, reload -------------------------------------------------------------------------

t.test('get prints the value of the files, allowed or not; list the names', async (t) => {
  const world = new World(t);
  world.put(`B=1\nA=\${B}-\${HOME}\nUID=5\n`);
  world.put('B=2\na.b=3\n', '.env.local');
  t.equal(world.get('A'), `2-${world.home}`.replace('2', '1'));
  t.equal(world.get('B'), '2');
  t.equal(world.get('a.b'), '3');
  t.equal(world.get('UID'), '5');
  mkdirSync(world.path('src'));
  t.equal(getValue(world.context({ directory: world.path('src') }), 'B').output, '2\n', 'from below');
  t.equal((await errorOf(() => world.get('X'))).exitCode, 64);
  const { output } = listVariables(world.context(), {});
  t.equal(output, 'A\nB\nUID\na.b\n');
  t.equal((await errorOf(() => listVariables(world.context(), { reveal: true }))).exitCode, 64);
  world.put('E="\x1b[31m"\n');
  t.equal(
    listVariables(world.context({ terminal: true }), { reveal: true }).output,
    'B=2\nE=\\e[31m\na.b=3\n',
  );
  t.same(JSON.parse(listVariables(world.context(), { json: true }).output ?? '')[0], {
    name: 'B',
    file: '.env.local',
    line: 1,
  });
  world.put('A="open\n');
  t.equal((await errorOf(() => world.get('B'))).exitCode, 4);
});

t.test('edit opens the editor, shows what changed, and asks', async (t) => {
  const world = new World(t);
  world.put('A=1\n');
  await world.allow();
  const editor = join(world.home, 'my editor');
  writeFileSync(editor, '#!/bin/sh\nprintf "%s\\n" "$1" >>"$2"\n', { mode: 0o755 });
  const env = { HOME: world.home, PATH: systemPath, EDITOR: `'${editor}' "B=${SECRET}"` };
  const questions: string[] = [];
  const asking = (answer: boolean) =>
    world.context({
      env,
      ask: async (question) => {
        questions.push(question);
        return answer;
      },
    });
  const refused = await editFile(asking(false), undefined);
  t.equal(refused.exitCode, 2);
  t.equal(world.verdict(), 'changed');
  t.match(questions[0], /^~\/project\/\.env\n {2}\+ B {2}12 characters, \.\.\.ue\nAllow this\?$/);
  await editFile(asking(true), '.env');
  t.equal(world.verdict(), 'allowed');

  const quiet = await editFile(world.context({ env }), '.env');
  t.equal(quiet.exitCode, 2, 'without a terminal nothing is allowed');
  t.equal(world.verdict(), 'changed');
  const unchanged = { HOME: world.home, PATH: systemPath, VISUAL: 'true', EDITOR: 'false' };
  t.same(await editFile(world.context({ env: unchanged }), undefined), {});
  t.equal((await errorOf(() => editFile(world.context(), undefined))).exitCode, 64, 'no editor');
  const failing = { ...env, EDITOR: 'false' };
  t.equal((await errorOf(() => editFile(world.context({ env: failing }), undefined))).exitCode, 2);
});

t.test('a word list is split as a shell splits it', async (t) => {
  const cases: [text: string, words: string[]][] = [
    ['', []],
    [' code  --wait ', ['code', '--wait']],
    [`'a b'"c d" e\\ f`, ['a bc d', 'e f']],
    [`"a\\"b" '\\' ''`, ['a"b', '\\', '']],
    ['$X `y` "open', ['$X', '`y`', 'open']],
    ['\\', ['\\']],
  ];
  for (const [text, words] of cases) t.same(splitWords(text), words, text);
});

t.test('reload makes the plans anew and says what is not loaded', async (t) => {
  const world = new World(t);
  t.equal((await errorOf(() => reloadHere(world.context()))).exitCode, 64);
  world.put('A=1\n');
  t.match(reloadHere(world.context()).notes, [/is not allowed/]);
  denyDirectory(world.context(), undefined);
  t.match(reloadHere(world.context()).notes, [/is denied; take it back with: envhook allow$/]);
  await world.allow();
  t.same(reloadHere(world.context()).notes, []);
  t.equal(world.planKind(), 'load');
});

// --- export ------------------------------------------------------------------------------------------

const NASTY = [
  ['EMPTY', ''],
  ['WORDS', 'two  words '],
  ['SINGLE', "it's"],
  ['DOUBLE', 'say "x"'],
  ['BOTH', `'"`],
  ['DOLLAR', '$HOME ${HOME} $(id) `id`'],
  ['QUOTED_DOLLAR', "'$HOME'"],
  ['BACKSLASH', '\\ \\\\ \\n \\'],
  ['LINES', 'a\nb\n\n c'],
  ['HASH', 'a # b'],
  ['EQUALS', '=a=b'],
  ['UNICODE', 'é😀‘’“”'],
  ['CONTROL', '\x01\x1b\x7f\t'],
  ['PERCENT', '100%0A'],
  ['TILDE', '~/x'],
] as const;

const changes = NASTY.map(([name, value]) => ({ name: `V_${name}`, value }));
const nasty: Record<string, string> = Object.fromEntries(changes.map(({ name, value }) => [name, value]));

function written(format: string, only: (value: string) => boolean = () => true): string {
  const shell = shells.get(format);
  if (shell === undefined) throw new Error(format);
  return emit(
    shell,
    changes.filter(({ value }) => only(value)),
  );
}

t.test('each format is read back by what it is for', async (t) => {
  await t.test('posix: dash', { skip: skipWithout('dash') }, async (t) => {
    const script = `${written('posix')}export GONE=1\n${emit(shells.get('posix') ?? posixIsMissing(), [{ name: 'GONE', value: undefined }])}`;
    const { stdout } = run(['dash', '-euc', `${script}exec env -0`], { PATH: systemPath }, '/');
    t.match(environmentIn(stdout), nasty);
    t.notMatch(stdout, 'GONE=');
  });

  await t.test('dotenv: npm dotenv, both of its parsers', async (t) => {
    const text = written('dotenv');
    t.strictSame(dotenvParse(text), nasty);
    t.strictSame(dotenvParse(text, { fast: true }), nasty);
    const backslash = emit(shells.get('dotenv') ?? posixIsMissing(), [{ name: 'A', value: 'C:\\dir\\' }]);
    t.same(dotenvParse(`${backslash}B='x'\n`), { A: 'C:\\dir\\', B: 'x' });
    const error = await errorOf(() => shells.get('dotenv')?.quote('\'"`#\n'));
    t.equal(error.exitCode, 4);
  });

  await t.test('github: the runner', async (t) => {
    t.strictSame(readGithubFile(written('github')), nasty);
    const marks = shells.get('github')?.marks?.(changes, { GITHUB_ACTIONS: 'true' }) ?? '';
    t.match(marks, '::add-mask::100%250A\n');
    t.match(marks, '::add-mask::a%0Ab%0A%0A c\n');
    t.notMatch(marks, '::add-mask::\n');
    t.equal(shells.get('github')?.marks?.(changes, {}), '', 'nothing outside of a runner');
    const short = ['abc', 'abcd', 'a\rb%c'].map((value) => ({ name: 'A', value }));
    t.equal(
      shells.get('github')?.marks?.(short, { GITHUB_ACTIONS: 'true' }),
      '::add-mask::abcd\n::add-mask::a%0Db%25c\n',
    );
    t.equal((await errorOf(() => shells.get('github')?.set('A', 'x\r'))).exitCode, 4);
  });

  await t.test('docker: every line as it is', async (t) => {
    const text = written('docker', (value) => !/[\n\r]/.test(value));
    t.equal(
      text.split('\n').find((line) => line.startsWith('V_SINGLE')),
      "V_SINGLE=it's",
    );
    t.equal(
      text.split('\n').find((line) => line.startsWith('V_WORDS')),
      'V_WORDS=two  words ',
    );
    const error = await errorOf(() => shells.get('docker')?.set('A', `${SECRET}\n`));
    t.equal(error.exitCode, 4);
    t.notMatch(error.message, SECRET);
  });

  await t.test('systemd: its rules', async (t) => {
    t.strictSame(readSystemdFile(written('systemd')), nasty);
    t.equal((await errorOf(() => shells.get('systemd')?.set('A', '\uffff'))).exitCode, 4);
  });

  // It reads its files with the same function as EnvironmentFile=, expands $, and leaves out what is empty.
  const generator = '/usr/lib/systemd/user-environment-generators/30-systemd-environment-d-generator';
  const skip = !existsSync(generator) && 'no environment generator of systemd';
  await t.test('systemd: its own parser', { skip }, async (t) => {
    const world = new World(t);
    mkdirSync(join(world.home, '.config/environment.d'), { recursive: true });
    const isShown = (value: string) => value !== '' && !value.includes('$');
    writeFileSync(join(world.home, '.config/environment.d/1.conf'), written('systemd', isShown));
    const { stdout } = run([generator], { HOME: world.home, PATH: systemPath }, '/');
    const found = new Map(stdout.split('\n').map((line) => [line.split('=', 1)[0], readEscaped(line)]));
    for (const { name, value } of changes) if (isShown(value)) t.equal(found.get(name), value, name);
  });

  await t.test('powershell and nushell: their manuals', async (t) => {
    const cases: [value: string, powershell: string, nushell: string][] = [
      ['', "''", '""'],
      ["it's", "'it''s'", '"it\'s"'],
      ['‘x’', "'‘‘x’’'", '"‘x’"'],
      ['$x `y` "z"', '\'$x `y` "z"\'', '"$x `y` \\"z\\""'],
      ['a\nb', '"a$([char]10)b"', '"a\\nb"'],
      ['\x1b“$`"', '"$([char]27)`“`$```""', '"\\u{1b}“$`\\""'],
      ['\\n', "'\\n'", '"\\\\n"'],
      ['a\rb\tc', '"a$([char]13)b$([char]9)c"', '"a\\rb\\tc"'],
    ];
    for (const [value, powershell, nushell] of cases) {
      t.equal(shells.get('powershell')?.quote(value), powershell);
      t.equal(shells.get('nushell')?.quote(value), nushell);
    }
    t.equal(shells.get('powershell')?.set('A', '1'), "$env:A = '1'");
    t.equal(
      shells.get('powershell')?.unset('A'),
      'Remove-Item -LiteralPath Env:A -ErrorAction SilentlyContinue',
    );
    t.equal(shells.get('nushell')?.set('PATH', '/a:/b'), '$env.PATH = ("/a:/b" | split row (char esep))');
    t.equal(shells.get('nushell')?.unset('A'), 'hide-env --ignore-errors A');
  });
});

function posixIsMissing(): never {
  throw new Error('a format is missing');
}

function environmentIn(zeroes: string): Record<string, string> {
  const entries = zeroes.split('\0').filter((entry) => entry.startsWith('V_'));
  return Object.fromEntries(
    entries.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
  );
}

// The generator writes a value that is not plain in double quotes, with the escapes of C.
function readEscaped(line: string): string {
  const value = line.slice(line.indexOf('=') + 1);
  if (!value.startsWith('"')) return value;
  return value.slice(1, -1).replace(/\\([0-7]{3}|.)/g, (_, code) => {
    const octal = /^\d{3}$/.test(code) ? String.fromCharCode(Number.parseInt(code, 8)) : undefined;
    return octal ?? { n: '\n', t: '\t', r: '\r' }[String(code)] ?? code;
  });
}

// What the runner does: NAME<<DELIMITER, lines, DELIMITER.
function readGithubFile(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  const lines = text.split('\n');
  for (let line = lines.shift(); line !== undefined && line !== ''; line = lines.shift()) {
    const [name = '', delimiter = ''] = line.split('<<');
    found[name] = lines.splice(0, lines.indexOf(delimiter)).join('\n');
    lines.shift();
  }
  return found;
}

// systemd.exec(5), EnvironmentFile=, double-quoted values.
function readSystemdFile(text: string): Record<string, string> {
  const entries = [...text.matchAll(/^([A-Z_]+)="((?:[^"\\]|\\.)*)"\n/gms)];
  return Object.fromEntries(
    entries.map(([, name = '', value = '']) => [
      name,
      value.replace(/\\(.)/gs, (all, c) => ('"\\`$'.includes(c) ? c : all)),
    ]),
  );
}

t.test('export --all, and files: the whole set, whatever is loaded', async (t) => {
  const world = new World(t);
  world.put('A=1\nB=2\n');
  await world.allow();
  const env = { HOME: world.home, A: '1', B: 'other' };
  const exported = (format: string, options = {}) => exportVariables(world.context({ env }), format, options);
  t.match(exported('bash').output, /^export B='2'\nexport ENVHOOK_SESSION='[^']*'\n$/);
  t.equal(exported('bash', { all: true }).output, "export A='1'\nexport B='2'\n");
  t.equal(exported('dotenv').output, 'A=1\nB=2\n');
  t.same(JSON.parse(exported('json', { all: true }).output ?? ''), { A: '1', B: '2' });
  t.equal((await errorOf(() => exported('rc'))).exitCode, 64);
  t.equal(exported('systemd').exitCode, 0);
  denyDirectory(world.context(), undefined);
  t.same([exported('dotenv').output, exported('dotenv').exitCode], ['', 2]);
});

t.test('export is answered by the small program as by the large one', async (t) => {
  const world = new World(t);
  world.put('A=1\n');
  const both = () => {
    const hot = world.envhook(['export', 'fish']);
    const cli = world.envhook(['export', '--', 'fish']);
    t.same(withoutSession(hot), withoutSession(cli));
    return hot;
  };
  t.match(both(), { status: 2, stdout: '', stderr: /is not allowed; / });
  await world.allow();
  t.match(both(), { status: 0, stdout: /^set -gx A '1'\n/, stderr: '' });
  t.match(world.envhook(['export', 'rc']), {
    status: 64,
    stderr: /^envhook: cannot write for rc; one of: /,
  });
  t.match(world.envhook(['export', 'json', '--all']), { status: 0, stdout: '{\n  "A": "1"\n}\n' });
});

function withoutSession({ stdout, stderr, status }: ReturnType<typeof run>) {
  return { stdout: stdout.replace(/ENVHOOK_SESSION.*/, ''), stderr, status };
}

t.test('allow shows twenty of many variables, and the command that shows all', async (t) => {
  const world = new World(t);
  world.put(Array.from({ length: 100 }, (_, index) => `V${index}=1\n`).join(''));
  const told = async (directory: string, options = {}) =>
    (await allowDirectory(world.context({ directory }), world.project, options)).notes ?? [];
  t.equal((await told(world.project, { for: 5400 }))[0]?.includes('/.env for 90 min ('), true);
  denyDirectory(world.context(), undefined);
  t.match((await told(world.project)).at(-1), /^ {2}and 80 more; all that is set: envhook list$/);
  t.equal(listVariables(world.context(), {}).output?.trim().split('\n').length, 100);
  denyDirectory(world.context(), undefined);
  const hint = (await told('/')).at(-1) ?? '';
  t.match(hint, /: envhook list ~\/project$/);
  const elsewhere = world.context({ directory: '/' });
  t.equal(listVariables(elsewhere, {}, world.project).output?.trim().split('\n').length, 100);
  t.match(await errorOf(() => listVariables(elsewhere, {}, '/nowhere')), { exitCode: 64 });
});

// --- editors that speak to direnv --------------------------------------------------------------------

interface Watch {
  path: string;
  modtime: number;
  exists: boolean;
}

function watchesIn(variables: Record<string, string>): Watch[] {
  const deflated = Buffer.from(variables['DIRENV_WATCHES'] ?? '', 'base64url');
  return JSON.parse(inflateSync(deflated).toString());
}

t.test('VS Code: what its direnv extension does with the executable', async (t) => {
  const world = new World(t);
  const direnv = (args: string[], env = {}) => world.envhook(args, { TERM: 'dumb', ...env });
  t.match(direnv(['version']), { status: 0, stdout: /^\d+\.\d+\.\d+\n$/ });
  t.match(direnv(['export', 'json']), { status: 0, stdout: '', stderr: '' }, 'nothing to do, nothing said');
  t.match(direnv(['edit', world.project], { EDITOR: 'echo' }), {
    status: 0,
    stdout: `${world.path('.env')}\n`,
  });

  world.put('A=1\n');
  t.match(direnv(['edit'], { EDITOR: 'echo' }), { status: 0, stdout: `${world.path('.env')}\n` });
  const blocked = direnv(['export', 'json']);
  t.equal(blocked.status, 1, 'as direnv has it');
  t.match(blocked.stderr, /^envhook: .* is not allowed; /m);
  t.equal(/direnv: error (?<path>.+) is blocked./.exec(blocked.stderr)?.groups?.['path'], world.path('.env'));
  const watched = watchesIn(JSON.parse(blocked.stdout));
  t.match(watched[0], { path: world.path('.env'), exists: true });
  t.ok(
    watched.some(({ path }) => path.includes('/approvals/')),
    'an allow in a terminal is seen',
  );

  t.match(direnv(['allow', world.path('.env')]), { status: 0 });
  const loaded = direnv(['export', 'json']);
  t.equal(loaded.status, 0);
  const variables = JSON.parse(loaded.stdout);
  t.match(variables, { A: '1', DIRENV_DIR: `-${world.project}`, DIRENV_FILE: world.path('.env') });
  t.equal(direnv(['export', 'json'], variables).stdout, '', 'loaded already: nothing at all');

  // Its Block: only a status with the line makes it take its values back; any other failure leaves them.
  t.match(direnv(['deny', world.path('.env')], variables), { status: 0 });
  const after = direnv(['export', 'json'], variables);
  t.match(after, { status: 1, stderr: /^direnv: error (.+\/\.env) is blocked\. / });
  t.match(JSON.parse(after.stdout), { A: null, ENVHOOK_SESSION: null });
  t.match(
    watchesIn(JSON.parse(after.stdout))[0],
    { path: world.path('.env') },
    'what it watches from now on',
  );
});

t.test('an editor in a denied directory below an allowed one keeps the values of that', async (t) => {
  const world = new World(t);
  world.put('A=1\n');
  await world.allow();
  mkdirSync(world.path('api'));
  world.put('A=2\n', 'api/.env');
  const context = world.context({ directory: world.path('api') });
  const exported = () => exportVariables(context, 'json', {});
  t.match(exported(), { exitCode: 1, marks: /api\/\.env is blocked/ });
  denyDirectory(context, undefined);
  const { output, exitCode, marks, notes } = exported();
  t.match([JSON.parse(output ?? ''), exitCode, marks, notes], [{ A: '1' }, 0, '', []]);
});

t.test('what is denied is refused by all that would run or write without it', async (t) => {
  const world = new World(t);
  world.put(`A=${SECRET}\n`);
  denyDirectory(world.context(), undefined);
  const about = /^(envhook: )?\S+\/project\/\.env is denied(; take it back with: envhook allow\n?)?$/;
  for (const words of [['--'], [world.project], ['--watch', '--']]) {
    const result = world.envhook(['exec', ...words, 'touch', 'ran']);
    t.match(result, { status: 2, stdout: '', stderr: about }, words.join(' '));
  }
  t.notOk(existsSync(world.path('ran')), 'nothing was run');
  t.match(await errorOf(() => dumpEnvironment(world.context(), 'json')), { exitCode: 2, message: about });
  for (const format of ['bash', 'dotenv', 'elvish', 'gha', 'tcsh']) {
    t.match(
      exportVariables(world.context(), format, {}),
      { output: '', exitCode: 2, notes: [about] },
      format,
    );
  }
});

t.test('direnv.vim: what it executes in a real Vim', { skip: skipWithout('vim') }, async (t) => {
  const world = new World(t);
  world.put('A="it\'s\nx"\nB=2\n');
  await world.allow();
  const vim = (env: Record<string, string>) => {
    const { stdout, status } = world.envhook(['export', 'vim'], env);
    writeFileSync(world.path('lines'), stdout);
    const told = `call writefile(split(execute("echo [$A, exists('$B'), $DIRENV_DIR]"), "\n"), "told")`;
    const commands = ['exec join(readfile("lines"), "\n")', told, 'qa!'];
    const words = ['vim', '-Nu', 'NONE', '-n', '-es', ...commands.flatMap((it) => ['-c', it])];
    run(words, { PATH: systemPath, HOME: world.home, TERM: 'dumb', ...env }, world.project);
    return [status, readFileSync(world.path('told'), 'utf8')];
  };
  t.same(vim({}), [0, `['it''s\nx', 1, '-${world.project}']\n`]);
  const { ENVHOOK_SESSION = '', ...rest } = JSON.parse(world.envhook(['export', 'json']).stdout);
  denyDirectory(world.context(), undefined);
  t.same(vim({ ...rest, ENVHOOK_SESSION }), [1, `['', 0, '-${world.project}']\n`]);
});

t.test('direnv: other names of its commands, and its forms', async (t) => {
  const world = new World(t);
  world.put('A=1\n');
  const program = new Command();
  for (const add of [allow, deny, exec]) add(program, async () => {});
  t.same(
    program.commands.map((it) => it.aliases()),
    [['permit', 'grant'], ['block', 'revoke', 'disallow'], []],
  );
  t.match(world.envhook(['block', world.path('.envrc')]), { status: 0 });
  t.equal(world.verdict(), 'denied');
  t.match(world.envhook(['grant', world.path('.envrc')]), { status: 0 });
  t.equal(world.verdict(), 'allowed');

  const cwd = process.cwd();
  const forms: [typed: string, usual: string][] = [
    [`exec ${cwd} make -j4 -- x`, `exec ${cwd} -- make -j4 -- x`],
    [`-q exec --clean ${cwd} make --watch`, `-q exec --clean ${cwd} -- make --watch`],
    [`exec --profile ${cwd} ${cwd} make`, `exec --profile ${cwd} ${cwd} -- make`],
    [`exec --profile=x ${cwd} make`, `exec --profile=x ${cwd} -- make`],
    ['help daemon start', 'daemon start --help'],
  ];
  for (const [typed, usual] of forms) t.same(usualWords(program, typed.split(' ')), usual.split(' '), typed);
  const same = [
    'exec -- make',
    `exec ${cwd} -- make`,
    `exec ${cwd}`,
    `exec ${cwd} --watch -- make`,
    'exec make all',
  ];
  for (const typed of [...same, `exec -- ${cwd} make`, 'exec', 'help', 'help daemon', `allow ${cwd} x`]) {
    t.same(usualWords(program, typed.split(' ')), typed.split(' '), typed);
  }

  const { stdout } = world.envhook([
    'exec',
    '--clean',
    '.',
    'sh',
    '-c',
    'echo "$A $*"',
    'x',
    '--watch',
    '--',
    '-q',
  ]);
  t.equal(stdout, '1 --watch -- -q\n');
  t.match(world.envhook(['exec', 'touch', 'ran']), { status: 64, stderr: /^envhook: exec needs -- / });
  t.notOk(existsSync(world.path('ran')));

  const dumped = dumpEnvironment(world.context({ env: { HOME: world.home, B: '2', 'a.b': '3' } }), 'json');
  const { ENVHOOK_SESSION, ...variables } = JSON.parse(dumped.output ?? '');
  t.match([variables, ENVHOOK_SESSION], [{ A: '1', B: '2', HOME: world.home }, /^\d/]);
  const packed = dumpEnvironment(world.context()).output ?? '';
  t.match(JSON.parse(inflateSync(Buffer.from(packed, 'base64url')).toString()), { A: '1' });
  t.equal(packed.trimEnd().length % 4, 0, 'with its padding, which Go needs');
});

t.test('direnv: version AT_LEAST, help of a part', async (t) => {
  const told = (atLeast: string) => exitCodeOfCall(() => tellVersion('1.10.2', atLeast));
  for (const version of ['1', 'v1', '1.9', '1.10.2', '1.10.2-rc.1']) t.equal(told(version), 0, version);
  for (const version of ['2', '1.11', 'v1.10.3', '10.0.0']) t.equal(told(version), 1, version);
  for (const version of ['', 'x', '1.x', '1.2.3.4', '-1', `1.${'9'.repeat(20)}`])
    t.equal(told(version), 64, version);
  const world = new World(t);
  t.match(world.envhook(['version', '99']), {
    status: 1,
    stdout: '',
    stderr: /^envhook: this is .*, older than 99; /,
  });
  const part = world.envhook(['daemon', 'start', '--help']);
  t.same(world.envhook(['help', 'daemon', 'start']), part);
  t.match(part, { status: 0, stdout: /^Usage: envhook daemon start / });
});

function exitCodeOfCall(action: () => unknown): number {
  try {
    action();
    return 0;
  } catch (error) {
    return error instanceof EnvhookError ? error.exitCode : -1;
  }
}

t.test('Emacs envrc and Zed: status, export, allow, deny, reload', async (t) => {
  const world = new World(t);
  const status = (more: Partial<Context> = {}) =>
    JSON.parse(reportStatus(world.context(more), { json: true }).output ?? '');
  t.equal(status().state.foundRC, null);
  world.put('A=1\n');
  t.same(status().state, { foundRC: { path: world.path('.env'), allowed: 1 }, loadedRC: null });
  t.equal(world.envhook(['allow']).status, 0);
  t.same(status().state.foundRC, { path: world.path('.env'), allowed: 0 });
  const { config } = JSON.parse(world.envhook(['status', '--json']).stdout);
  t.same(config, { ConfigDir: world.context().places.data, SelfPath: launcher });
  t.equal(world.envhook(['reload']).status, 0);
  const exported = world.envhook(['export', 'json']);
  t.match([exported.status, JSON.parse(exported.stdout)], [0, { A: '1' }]);
  const inside = status({ env: { HOME: world.home, ...JSON.parse(exported.stdout) } });
  t.same(inside.state.loadedRC, { path: world.path('.env'), allowed: 0 });
  t.equal(world.envhook(['deny']).status, 0);
  t.equal(status().state.foundRC.allowed, 2);
});

t.test('README lists the fields of status --json', async (t) => {
  const world = new World(t);
  world.put('A=1\n');
  const json = JSON.parse(reportStatus(world.context(), { json: true }).output ?? '');
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [, section = ''] = /### `status --json`([\s\S]*?)\n#/.exec(readme) ?? [];
  const listed = [...section.matchAll(/^\| (`.*?`) \|/gm)].flatMap(([, fields = '']) =>
    [...fields.matchAll(/`(.+?)`/g)].map(([, field]) => field),
  );
  const fields = [...Object.keys(json), ...Object.keys(json.layers[0]).map((field) => `.${field}`)];
  t.same(listed.sort(), fields.sort());
});

t.test('DIRENV_* is left to direnv where direnv is at work, and to json', async (t) => {
  const world = new World(t);
  world.put('A=1\n');
  await world.allow();
  const env = { HOME: world.home, DIRENV_DIFF: 'x', DIRENV_DIR: '-/elsewhere' };
  t.notMatch(exportVariables(world.context({ env }), 'json', {}).output, 'DIRENV');
  t.notMatch(exportVariables(world.context(), 'bash', {}).output, 'DIRENV');
  const left = { HOME: world.home, DIRENV_DIR: '-/elsewhere', DIRENV_FILE: '' };
  const { output } = exportVariables(world.context({ env: left, directory: world.home }), 'json', {});
  t.same(JSON.parse(output ?? ''), { DIRENV_DIR: null });
});

// --- completions -------------------------------------------------------------------------------------

type Completion = [line: string, words: string[]];

const completionCases: Completion[] = [
  ['envhook al', ['allow']],
  ['envhook use ', ['staging']],
  ['envhook get ', ['A', 'B']],
  ['envhook unset A ', ['A', 'B']],
  ['envhook export d', ['docker', 'dotenv']],
  ['envhook export json ', []],
  ['envhook daemon sta', ['start', 'status']],
  ['envhook daemon status --j', ['--json']],
  ['envhook allow --con', ['--consent']],
  ['envhook allow --qu', ['--quiet']],
  ['envhook allow --consent ', ['A', 'B']],
  ['envhook exec --profile ', ['staging']],
  ['envhook edit .env.s', ['.env.staging']],
  ['envhook completions ', ['bash', 'fish', 'zsh']],
  ['envhook exec sr', ['src']],
  ['envhook exec --profile staging sr', ['src']],
  ['envhook exec -- printen', ['printenv']],
  ['envhook exec src printen', ['printenv']],
  ['envhook exec --profile staging src -- printen', ['printenv']],
  ['envhook exec nowhere printen', []],
  ['envhook allow --for 8h sr', ['src']],
  ['envhook permit sr', ['src']],
  ['envhook daemon unit s', ['systemd']],
];

// Without what marks a directory, and once each: bash finds a program in each directory of PATH.
function wordsIn(text: string | undefined): string[] {
  const words = (text ?? '').trim().split(' ').filter(Boolean);
  return [...new Set(words.map((word) => word.replace(/\/$/, '')))].sort();
}

function completionWorld(t: Test) {
  const world = new World(t);
  world.put('A=1\nB=2\n');
  world.put('', '.env.staging');
  mkdirSync(world.path('src'));
  mkdirSync(join(world.home, 'bin'));
  symlinkSync(launcher, join(world.home, 'bin/envhook'));
  const scripts = Object.fromEntries(
    ['bash', 'zsh', 'fish'].map((shell) => {
      const path = join(world.home, shell);
      writeFileSync(path, world.envhook(['completions', shell]).stdout);
      return [shell, path];
    }),
  );
  const env = {
    HOME: world.home,
    PATH: `${world.home}/bin:${systemPath}`,
    ENVHOOK_DAEMON: 'off',
    LC_ALL: utf8,
  };
  const complete = (command: string[]) => run(command, { ...env, TERM: 'dumb' }, world.project);
  return { world, scripts, complete };
}

t.test('completions', async (t) => {
  const { world, scripts, complete } = completionWorld(t);

  for (const { title, path, skip } of versionsOf('bash').slice(0, 2))
    await t.test(title, { skip }, async (t) => {
      const lines = completionCases.map(([line]) => `try ${line.replace(/ $/, " ''")}`);
      const { stdout, stderr } = complete([
        path,
        '--norc',
        '-c',
        `. ${scripts['bash']}; complete -p envhook
      try() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _envhook; echo "$(IFS=' '; echo "\${COMPREPLY[*]}")"; }
      ${lines.join('\n')}`,
      ]);
      const [registered, ...found] = stdout.split('\n');
      t.equal(stderr, '');
      t.equal(registered, 'complete -F _envhook envhook');
      for (const [index, [line, words]] of completionCases.entries()) {
        t.same(wordsIn(found[index]), words, line);
      }
    });

  await t.test(
    'bash: the script has no fault that ShellCheck knows',
    { skip: skipWithout('shellcheck') },
    async (t) => {
      const { stdout } = complete(['shellcheck', '-s', 'bash', scripts['bash'] ?? '']);
      t.equal(stdout, '');
    },
  );

  for (const { title, path, skip } of versionsOf('fish').slice(0, 2))
    await t.test(title, { skip }, async (t) => {
      const lines = completionCases.map(
        ([line]) => `complete -C'${line}' | string replace -r '\\t.*' '' | string join ' '; echo`,
      );
      const script = `source ${scripts['fish']}\n${lines.join('\necho -n "|"\n')}`;
      const { stdout, stderr } = complete([path, '--no-config', '-c', script]);
      t.equal(stderr, '');
      const found = stdout.split('|');
      for (const [index, [line, words]] of completionCases.entries()) {
        const typed = line.split(' ').at(-1) ?? '';
        // fish 3.3 shows what has the letters anywhere in it beside what begins with them.
        const wanted = wordsIn(found[index]).filter((word) => title === 'fish' || word.startsWith(typed));
        t.same(wanted, words, line);
      }
    });

  await t.test('zsh', { skip: skipWithout('zsh') }, async (t) => {
    // Each costs a redrawn line.
    const cases = completionCases.filter(([line]) => /al|use|export d|sta|exec|unit/.test(line));
    const { stdout, stderr } = complete(['zsh', '-f', '-c', zshProbe(scripts['zsh'] ?? '', cases)]);
    t.equal(stderr, '');
    const found = stdout.split('\n');
    for (const [index, [line, words]] of cases.entries()) {
      t.same(wordsIn(found[index]), words, line);
    }
  });

  await t.test('names, assignments and profiles of the nearest directory', async (t) => {
    const below = world.path('src');
    const listed = (what: string, directory = below) => listWords(world.context({ directory }), what);
    t.same(listed('names'), { output: 'A\nB\n' });
    t.same(listed('assignments'), { output: 'A=\nB=\n' });
    t.same(listed('profiles'), { output: 'staging\n' });
    t.same([listed('x'), listed('names', '/')], [{}, {}]);
    t.notMatch(world.envhook(['--help']).stdout, '__complete');
  });
});

// A real zsh with its line editor: compadd is overridden to tell the matches, and nothing is inserted.
function zshProbe(script: string, cases: Completion[]): string {
  const inner = `PS1=; autoload -Uz compinit; compinit -D -u; . ${script}
    compadd() { local -a hits; builtin compadd -O hits "$@"; matches+=($hits); builtin compadd "$@"; }
    probe() { matches=(); BUFFER=$line CURSOR=$#line; zle complete-word; BUFFER=; print -r -- "<\${(uj: :)matches}>"; }
    zle -C complete-word complete-word _main_complete
    zle -N probe; bindkey "^T" probe; typeset -aU matches`;
  const lines = cases.map(([line]) => `ask ${quoteZsh(line)}`).join('\n');
  return `zmodload zsh/zpty zsh/zselect
    zpty -b z zsh -f -i
    gather() { integer end=$((SECONDS + 10)); out=; local part
      while (( SECONDS < end )); do
        if zpty -r -t z part; then out+=$part; [[ $out == *$~1* ]] && return; else zselect -t 2; fi
      done; }
    zpty -w z ${quoteZsh(`${inner}; print REA""DY`)}
    gather '*READY*'
    ask() { zpty -w z "line=\${(qq)1}; print NE''XT"; gather '*NEXT*'; zpty -w -n z $'\\x14'; gather '*\\<*\\>*'
      out=\${out##*<}; print -r -- "\${out%%>*}"; }
    ${lines}
    zpty -d z`;
}

function quoteZsh(text: string): string {
  return shells.get('zsh')?.quote(text) ?? text;
}

// --- doctor ------------------------------------------------------------------------------------------

t.test('doctor says what is wrong and mends what it can', async (t) => {
  const world = new World(t);
  world.put('A=1\n');
  await world.allow();
  const env = { HOME: world.home, PATH: systemPath, SHELL: '/bin/zsh', ENVHOOK_DAEMON: 'off' };
  const examined = async (options = {}) => {
    const { output, exitCode } = await examineAll(world.context({ env }), { json: true, ...options });
    return {
      exitCode,
      found: JSON.parse(output ?? '') as { about: string; state: string; text: string; hint: string }[],
    };
  };
  const about = async (topic: string, options = {}) => {
    const { found } = await examined(options);
    return found.filter((it) => it.about === topic).map(({ state, text }) => `${state} ${text}`);
  };

  t.equal((await examined()).exitCode, 0);
  t.match(await about('node'), [`ok ${process.versions.node} at `]);
  t.match(await about('approvals'), ['ok 1 directories']);
  t.match((await about('storage'))[0], /^ok ~\/.local\/share\/envhook is private/);

  await t.test('the hook in rc files', { skip: skipWithout('zsh') }, async (t) => {
    const zsh = async () => (await about('hook')).find((line) => line.includes('zsh:'));
    t.match(await zsh(), /^warning zsh: not in ~\/.zshrc/);
    writeFileSync(join(world.home, '.zshrc'), '# eval "$(envhook hook zsh)"\n');
    t.match(await zsh(), /^warning/, 'a comment does not count');
    writeFileSync(join(world.home, '.zshrc'), 'x=1\neval "$(envhook hook zsh)"\n');
    t.equal(await zsh(), 'ok zsh: in ~/.zshrc');
    writeFileSync(join(world.home, '.zshrc'), `eval "$('${world.home}/old/envhook' hook zsh)"\n`);
    t.equal(await zsh(), 'problem zsh: ~/.zshrc starts ~/old/envhook, which is not there');
    rmSync(join(world.home, '.zshrc'));
  });

  await t.test('the hook of a login bash', { skip: skipWithout('bash') }, async (t) => {
    const hook = 'eval "$(envhook hook bash)"';
    const source = '[ ! -r ~/.bashrc ] || . ~/.bashrc';
    const unread = 'which login shells do not read, as terminals open here';
    const rows: [files: Record<string, string>, text: string, hint?: string][] = [
      [{ '.bashrc': hook }, `warning bash: in ~/.bashrc, ${unread}`, `add to ~/.bash_profile: ${source}`],
      [
        { '.bashrc': hook, '.profile': 'x=1 # . ~/.bashrc.old' },
        `warning bash: in ~/.bashrc, ${unread}`,
        `add to ~/.profile: ${source}`,
      ],
      [
        { '.bashrc': hook, '.bash_profile': '# . ~/.bashrc' },
        `warning bash: in ~/.bashrc, ${unread}`,
        `add to ~/.bash_profile: ${source}`,
      ],
      [{ '.bashrc': hook, '.bash_profile': source }, 'ok bash: in ~/.bashrc'],
      [
        { '.bashrc': hook, '.bash_login': '. "$HOME/.profile"', '.profile': 'source $HOME/.bashrc' },
        'ok bash: in ~/.bashrc',
      ],
      [
        { '.bash_profile': 'x=1', '.profile': hook },
        `warning bash: in ~/.profile, ${unread}`,
        `add to ~/.bash_profile: ${hook}`,
      ],
      [{ '.bash_login': hook, '.profile': hook }, 'ok bash: in ~/.bash_login'],
      [{ '.bash_profile': hook, '.bashrc': hook }, 'ok bash: in ~/.bash_profile'],
      [{}, 'warning bash: not in ~/.bashrc', `add: ${hook}`],
    ];
    for (const [files, text, hint] of rows) {
      for (const [name, content] of Object.entries(files))
        writeFileSync(join(world.home, name), `${content}\n`);
      const context = world.context({ env: { ...env, SHELL: '/bin/bash' } });
      const find = (platform: NodeJS.Platform) =>
        checkShells(context, platform).find((it) => it.about === 'hook' && it.text.startsWith('bash'));
      const found = find('darwin');
      t.same([`${found?.state} ${found?.text}`, found?.hint], [text, hint], JSON.stringify(files));
      const [first] = Object.keys(files);
      if (first !== undefined) t.equal(find('linux')?.state, 'ok', 'terminals open no login shells');
      for (const name of Object.keys(files)) rmSync(join(world.home, name));
    }
  });

  await t.test('versions of shells', async (t) => {
    const rows: [name: string, version: string, expected: string][] = [
      [
        'bash',
        'GNU bash, version 3.2.57(1)-release',
        'note bash 3.2.57 starts a process at each load, from 4.4 on none',
      ],
      ['bash', 'GNU bash, version 5.3.0(1)-release', 'ok bash 5.3.0'],
      ['zsh', 'zsh 5.0.2 (x86_64)', 'warning zsh 5.0.2 is too old; envhook needs 5.0.3 or later'],
      ['zsh', 'zsh 5.0.8 (x86_64)', 'ok zsh 5.0.8'],
      ['fish', 'fish, version 3.1.2', 'warning fish 3.1.2 is too old; envhook needs 3.2 or later'],
      ['fish', 'fish, version 4.0.1', 'ok fish 4.0.1'],
    ];
    const bin = join(world.home, 'bin');
    for (const [name, version, expected] of rows) {
      mkdirSync(bin);
      writeFileSync(join(bin, name), `#!/bin/sh\necho '${version}'\n`, { mode: 0o755 });
      const [found] = checkShells(world.context({ env: { ...env, PATH: bin } }));
      t.equal(`${found?.state} ${found?.text}`, expected);
      rmSync(bin, { recursive: true });
    }
  });

  await t.test('modes and leftovers', async (t) => {
    const { data } = world.context().places;
    chmodSync(join(data, 'key'), 0o644);
    writeFileSync(join(data, 'approvals/.999999999-abc.tmp'), '', { mode: 0o600 });
    const before = await examined();
    t.equal(before.exitCode, 7);
    t.match(
      (await about('storage')).join('\n'),
      /note .*was left by a writer[\s\S]*problem .*\/key is open to others/,
    );
    t.match((await about('storage', { fix: true })).join('\n'), /^fixed .*\nfixed/);
    t.equal(statSync(join(data, 'key')).mode & 0o777, 0o600);
    t.equal((await examined()).exitCode, 0);
    t.equal(world.verdict(), 'allowed');
    const heard = join(world.context().places.run, 'heard');
    const mark = join(heard, `${process.pid}-`);
    mkdirSync(heard, { recursive: true, mode: 0o700 });
    writeFileSync(mark, '', { mode: 0o644 });
    t.equal((await examined()).exitCode, 0, 'what says that something was loaded holds nothing');
    rmSync(mark, { force: true });
  });

  await t.test('other readers of the same files', async (t) => {
    world.put('{"scripts":{"dev":"node --env-file=.env x.js"}}', 'package.json');
    world.put('services:\n  a:\n    env_file: .env\n', 'compose.yaml');
    world.put('set dotenv-load\n', 'justfile');
    world.put("version: '3'\ndotenv: ['.env']\n", 'Taskfile.yml');
    const lines = await about('readers');
    t.equal(lines.length, 4);
    t.match(
      lines.join('\n'),
      /package\.json: node --env-file[\s\S]*compose\.yaml[\s\S]*justfile[\s\S]*Taskfile\.yml/,
    );
  });

  await t.test('who else loads env files into shells', async (t) => {
    const loaders = async () => (await about('readers')).filter((line) => line.startsWith('warning'));
    const put = (name: string, text: string) => {
      mkdirSync(dirname(join(world.home, name)), { recursive: true });
      writeFileSync(join(world.home, name), text);
    };
    t.same(await loaders(), []);
    put('.zshrc', '# plugins=(dotenv)\nplugins=(git)\n# autoenv\n');
    put('.config/direnv/direnv.toml', '[global]\nload_dotenv = false\n');
    t.same(await loaders(), [], 'comments, and what is off');
    put('.zshrc', 'plugins=(\n  git\n  # mine\n  dotenv\n)\n');
    put('.bashrc', 'source ~/.autoenv/activate.sh\n');
    put('.config/direnv/direnv.toml', '[global]\nload_dotenv = true\n');
    put('.config/mise/config.toml', "env_file = '.env'\n");
    const found = (await loaders()).join('\n');
    t.match(found, /~\/\.bashrc: autoenv /);
    t.match(found, /~\/\.zshrc: the dotenv plugin of oh-my-zsh /);
    t.match(found, /direnv\.toml: direnv loads \.env files, too/);
    t.match(found, /~\/\.config\/mise\/config\.toml: mise loads env files, too/);
    makeFifos(join(world.home, '.zpreztorc'));
    put('.zshrc', `${'plugins=('.repeat(100_000)}dotenv`.slice(0, 900_000));
    t.equal((await loaders()).length, 3, 'a pipe is passed over, and a long line takes no time');
    for (const name of ['.zshrc', '.bashrc', '.zpreztorc', '.config'])
      rmSync(join(world.home, name), { recursive: true });

    world.put('source_env_if_exists .env\n', '.envrc');
    world.put('[env]\n_.file = ".env"\n', 'mise.toml');
    t.match(
      (await about('readers')).slice(-3).join('\n'),
      /\.envrc: direnv loads[\s\S]*mise loads[\s\S]*mise sets/,
    );
  });

  await t.test('approvals of what is gone are told and kept', async (t) => {
    rmSync(world.path('.env'));
    t.match(await about('approvals', { fix: true }), [
      'ok 1 directories',
      'note gone or without an env file: ~/project',
    ]);
  });
});

t.test('doctor tells the state of the shell that asks, and when it cannot', async (t) => {
  const world = new World(t);
  world.put('A=1\n');
  const places = world.context().places;
  const bash = { pid: 4242, name: 'bash' };
  const told = (env: Record<string, string> = {}, caller: Caller = bash, directory = world.project) => {
    const context = world.context({ env: { HOME: world.home, ...env }, directory });
    const { state, text, hint } = checkRunningShell(context, caller);
    return `${state} ${text}; ${hint}`;
  };
  const unsure = /^note nothing is to be loaded here, so nothing tells whether this bash is hooked; /;
  t.match(told(), unsure);
  await world.allow();
  const { head } = examine(places, world.project, 0);
  const state = (id: string, layers: string[]) => {
    const all = layers.map((directory) => ({ directory, head, label: '', undo: [] }));
    mkdirSync(join(places.run, 'sessions'), { recursive: true, mode: 0o700 });
    writeFileSync(join(places.run, 'sessions', id), encodeSession(all), { mode: 0o600 });
    t.teardown(() => rmSync(join(places.run, 'sessions', id), { force: true }));
    return { ENVHOOK_SESSION: id };
  };
  const mine = state(`4242-1-${process.pid}`, [world.project]);
  const inherited = state(`77-1-${process.pid}`, [world.project]);
  const elsewhere = state(`4242-2-${process.pid}`, ['/elsewhere']);
  t.match(told(mine), /^ok this bash is hooked: it has loaded what belongs here; /);
  t.match(told(inherited), /^note what belongs here is loaded, by a shell that this bash was started from; /);
  t.match(told(), /^warning ~\/project\/\.env is allowed, and this bash has not loaded it: .*PROMPT_COMMAND/);
  t.match(told(elsewhere), /^warning ~\/project\/\.env is allowed, and this bash has not loaded it: /);
  t.match(
    told(mine, bash, '/'),
    /^warning this bash still has what ~\/project loaded, which does not belong here now: /,
  );
  t.match(told({}, bash, '/'), unsure);
  t.match(told({}, bash, '/'), / cd ~\/project, then: envhook doctor$/);
  t.match(told({ ...mine, ENVHOOK_DISABLE: '1' }), /^note ENVHOOK_DISABLE=1 is set/);
  t.match(told(mine, { pid: 4242, name: 'make' }), /^note started by make, so this is about no shell; /);
  t.match(told(mine, { pid: 4242, name: undefined }), /^ok this shell is hooked/);
  world.put('A=2\n');
  t.match(told(mine), /^warning this bash still has what ~\/project loaded/, 'what is blocked meanwhile');
});

// --- how much is said --------------------------------------------------------------------------------

t.test('--quiet and ENVHOOK_LOG leave out what is not wrong', async (t) => {
  const world = new World(t);
  world.put('A=1\n');
  const said = (args: string[], env: Record<string, string> = {}) => {
    const { stderr, status } = world.envhook(args, env);
    return `${status} ${stderr}`.trim();
  };
  t.match(said(['-q', 'export', 'bash']), /^2 envhook: .* is not allowed; /, 'what goes with an exit code');
  t.match(said(['export', 'bash'], { ENVHOOK_LOG: 'off' }), /^2 envhook: .* is not allowed; /);
  t.equal(said(['allow', '-q']), '0');
  t.equal(said(['--quiet', 'set', 'A=2']), '0');
  t.equal(said(['set', 'A=3'], { ENVHOOK_LOG: 'error' }), '0');
  t.match(said(['set', 'A=4'], { ENVHOOK_LOG: 'info' }), /^0 envhook: set A in/);
  t.match(said(['allow', '-q', 'nowhere']), /^64 envhook: there is no directory/, 'an error');
  t.match(said(['-q', 'frob']), /^64 envhook: unknown command/);
  const { stdout } = world.envhook(['exec', '--', 'echo', '-q', '--quiet']);
  t.equal(stdout, '-q --quiet\n', "the command's options are its own");
  t.match(world.envhook(['allow', '--help']).stdout, '-q, --quiet');
});

t.test('ENVHOOK_LOG=debug says which files were read, once, without a value', async (t) => {
  const world = new World(t);
  world.put(`A=${SECRET}\n`);
  chmodSync(world.put('A=1\n', '.env.local'), 0o666);
  const refused = world.envhook(['status'], { ENVHOOK_LOG: 'debug' }).stderr.split('\n');
  const line = 'envhook: debug: read ~/project/.env, 15 bytes: ';
  t.same(refused, [
    `${line}refused`,
    'envhook: debug: did not read ~/project/.env.local: it can be written by everybody',
    '',
  ]);
  rmSync(world.path('.env.local'));
  const allowed = world.envhook(['allow'], { ENVHOOK_LOG: 'debug' }).stderr;
  t.same(allowed.match(/^.*debug.*$/gm), [`${line}not-allowed`, `${line}allowed`]);
  t.notMatch(refused.join('') + allowed, SECRET);
  t.notMatch(world.envhook(['-q', 'status'], { ENVHOOK_LOG: 'debug' }).stderr, 'debug');
});

t.test('use does not say what the shell says at its next prompt', async (t) => {
  const world = new World(t);
  world.put('A=1\n');
  world.put('A=2\n', '.env.staging');
  await world.allow();
  const notes = (env: Record<string, string>) => {
    useProfile(world.context(), undefined, { none: true });
    return useProfile(world.context({ env }), 'staging', {}).notes;
  };
  t.match(notes({}), ['profile staging in ~/project', /changed since you allowed it \(~A\); look: /]);
  t.same(notes({ ENVHOOK_SESSION: '1-1-1' }), ['profile staging in ~/project']);
});

t.test('long lists of names are shortened with a count', async (t) => {
  const world = new World(t);
  const names = Array.from({ length: 13 }, (_, index) => `N${10 + index}`);
  world.put(`${names.slice(0, 10).join('=\n')}=\n`);
  t.match((await world.allow()).notes?.[0], /\(N10 N11 N12 N13 N14 N15 N16 N17 N18 N19\)$/);
  world.put(`${names.map((name) => `${name}=1\n`).join('')}`);
  const { verdict } = examine(world.context().places, world.project, 0);
  t.match('text' in verdict && verdict.text, / \((\S+ ){10}and 3 more\); look: /);
  t.match((await world.allow()).notes?.[0], /\(N10 N11 N12 N13 N14 N15 N16 N17 N18 N19 and 3 more\)$/);
});

t.test('progress: one line, from half a second on, and gone at the end', async (t) => {
  let written = '';
  let now = 1000;
  const terminal = {
    write: (text: string) => {
      written += text;
    },
    columns: () => 20,
    now: () => now,
  };
  const progress = new Progress(terminal);
  const at = (ms: number, text: string) => {
    now = 1000 + ms;
    written = '';
    progress.tell(text);
    return written;
  };
  t.equal(at(0, '1 of 9'), '');
  t.equal(at(499, '2 of 9'), '');
  t.equal(at(500, '3 of 9'), '\r\x1b[Kenvhook: 3 of 9');
  t.equal(at(550, '4 of 9'), '', 'not too often');
  t.equal(at(600, '5 of 9 directories'), '\r\x1b[Kenvhook: 5 of 9 dir', 'no longer than the line');
  written = '';
  progress.clear();
  t.equal(written, '\r\x1b[K');
  progress.clear();
  t.equal(written, '\r\x1b[K', 'once');
  const waiting = new Progress({ ...terminal, now: () => performance.now() });
  written = '';
  waiting.tell('waiting');
  await setTimeout(700);
  t.equal(written, '\r\x1b[Kenvhook: waiting', 'also while the command awaits something');
  waiting.clear();

  // Its options are those of util-linux.
  const skip = process.platform === 'linux' ? skipWithout('script') : 'script is another program here';
  await t.test('on a terminal only', { skip }, async (t) => {
    const world = new World(t);
    const bin = join(world.home, 'bin');
    mkdirSync(bin);
    for (const shell of ['bash', 'zsh'])
      writeFileSync(join(bin, shell), '#!/bin/sh\nsleep 0.6; echo 5.9\n', { mode: 0o755 });
    const env = { PATH: `${bin}:${systemPath}`, TERM: 'xterm' };
    // All are started by a shell of the same name, which doctor names.
    const command = `${launcher} doctor; true`;
    const variables = { ...env, HOME: world.home, PWD: world.project, ENVHOOK_DAEMON: 'off' };
    const { stdout, stderr } = run(['sh', '-c', command], variables, world.project);
    t.equal(stderr, '');
    const shown = (typed: string) =>
      run(['script', '-qec', typed, '/dev/null'], variables, world.project).stdout.replaceAll('\r\n', '\n');
    const text = shown(command);
    t.match(text, '\r\x1b[Kenvhook: looking at zsh\r\x1b[K');
    t.equal(text.slice(text.lastIndexOf('\x1b[K') + 3), stdout, 'what is left is what a file gets');
    t.equal(shown(command.replace(';', ' --quiet;')), stdout);
  });
});

// --- where set writes --------------------------------------------------------------------------------

t.test('132 set and unset say where they write, and ask where that is elsewhere', async (t) => {
  const world = new World(t);
  const rc = join(world.home, '.bashrc');
  writeFileSync(rc, 'B=1\n');
  symlinkSync('../.bashrc', world.path('.env'));
  const said = async (more: Partial<Context> = {}, options: SetOptions = {}) =>
    (await world.set(['A=1'], options, more)).notes;
  const link = '~/project/.env is a link that leads out of its directory, to ~/.bashrc';
  t.match(await errorOf(() => said()), {
    exitCode: 2,
    message: link,
    hint: 'to write all the same: --follow',
  });
  t.match(await errorOf(() => unsetVariables(world.context(), ['B'], {})), { exitCode: 2, message: link });
  const asked: string[] = [];
  const answer = (yes: boolean, meanwhile = () => {}) => ({
    ask: async (question: string) => {
      asked.push(question);
      meanwhile();
      return yes;
    },
  });
  t.match(await errorOf(() => said(answer(false))), { exitCode: 2, message: 'nothing was written' });
  t.strictSame(asked, [`${link}. Write all the same?`]);
  t.equal(readFileSync(rc, 'utf8'), 'B=1\n', 'nothing happened until now');
  t.strictSame(await said(answer(true)), ['set A in ~/project/.env, a link to ~/.bashrc']);
  t.strictSame(await said({}, { follow: true }), ['set A in ~/project/.env, a link to ~/.bashrc']);
  t.equal(readFileSync(rc, 'utf8'), 'B=1\nA=1\n');
  t.ok(lstatSync(world.path('.env')).isSymbolicLink());

  await t.test('a link that is turned while the question stands', async (t) => {
    const turn = () => {
      rmSync(world.path('.env'));
      writeFileSync(join(world.home, 'other'), readFileSync(rc));
      symlinkSync('../other', world.path('.env'));
    };
    const { exitCode, message } = await errorOf(() => world.set(['A=2'], {}, answer(true, turn)));
    t.equal(exitCode, 3);
    t.match(message, 'was changed meanwhile');
    t.equal(
      readFileSync(rc, 'utf8') + readFileSync(join(world.home, 'other'), 'utf8'),
      'B=1\nA=1\nB=1\nA=1\n',
    );
  });

  await t.test('a link inside the directory', async (t) => {
    world.put('A=1\n', 'shared');
    rmSync(world.path('.env'));
    symlinkSync('shared', world.path('.env'));
    t.strictSame((await world.set(['A=3'])).notes, ['set A in ~/project/.env, a link to ~/project/shared']);
    t.equal(world.text('shared'), 'A=3\n');
  });

  await t.test('a hard link', async (t) => {
    linkSync(world.path('shared'), join(world.home, 'twin'));
    const error = await errorOf(() => world.set(['A=4']));
    t.match(error, { exitCode: 2, message: /^~\/project\/\.env has another name elsewhere \(a hard link\)/ });
    t.equal(world.text(), 'A=3\n');
    await world.set(['A=4'], { follow: true });
    t.equal(world.text(), 'A=4\n');
    t.equal(readFileSync(join(world.home, 'twin'), 'utf8'), 'A=3\n', 'keeps what it had');
  });
});

t.test('132 an access list stays on a file', { skip: skipWithout('setfacl', 'getfacl') }, async (t) => {
  const world = new World(t);
  const path = world.put('A=1\n');
  chmodSync(path, 0o640);
  const { status } = spawnSync('setfacl', ['-m', `u:${NOBODY}:r`, path]);
  if (status !== 0) return t.comment('no access lists on this file system');
  const listed = () => spawnSync('getfacl', ['-pn', path]).stdout.toString();
  const before = listed();
  await world.set(['A=2']);
  t.match(before, `user:${NOBODY}:r--`);
  t.equal(listed(), before);
  t.equal(world.text(), 'A=2\n');
  t.strictSame(readdirSync(world.project), ['.env'], 'nothing is left beside it');
});

t.test('set says what is odd before it asks for a value', async (t) => {
  const world = new World(t);
  const asked: string[] = [];
  const input = async (question: string) => {
    asked.push(question);
    return Buffer.from('x\n');
  };
  const no = { ask: async () => false, input };
  t.match(await errorOf(() => world.set(['A', '-'], {}, no)), {
    exitCode: 2,
    message: 'nothing was written',
  });
  t.match(await errorOf(() => world.set(['A', '-', 'a b=1'], {}, { input })), { exitCode: 64 });
  makeFifos(world.path('.env.local'));
  t.match(await errorOf(() => world.set(['A', '-'], { file: '.env.local' }, { input })), { exitCode: 3 });
  rmSync(world.path('.env.local'));
  t.strictSame([asked, readdirSync(world.project)], [[], []], 'nobody was asked, nothing written');
  t.strictSame((await world.set(['BAD-NAME=1', 'PS1=x'])).notes, [
    'there was no .env file in ~/project; this one is loaded after: envhook allow',
    'no shell gets BAD-NAME: it is no name that a shell can hold',
    'set BAD-NAME in ~/project/.env',
    'no shell gets PS1: it changes how the shell itself works',
    'set PS1 in ~/project/.env',
  ]);
  await world.set(['BAD-NAME', '-'], {}, { input });
  t.match(asked, [/^value of BAD-NAME \(not shown; no shell gets BAD-NAME: it is no name/]);
});

t.test('set says that a command line is public, if what it is given looks like a secret', async (t) => {
  const world = new World(t);
  world.put('A=1\n');
  const isTold = async (word: string) => {
    const { notes = [] } = await world.set([word]);
    t.notMatch(notes.join(), word.slice(word.indexOf('=') + 1), 'without the value');
    return notes.some((line) => /looks like a secret.* better: envhook set \w+ -$/.test(line));
  };
  const secrets = [
    'API_KEY=xyzzy',
    'db_password=xyzzy',
    'A=sk-xyzzy',
    'A=ghp_xyzzy',
    'A=AKIAXYZZY',
    'A=eyJhbGci.e30.x',
  ];
  for (const word of [...secrets, 'A=postgres://me:xyzzy@db/x', 'A=9fK2mQ7xZ1pL8vB4nC6d'])
    t.ok(await isTold(word), word);
  const others = [
    'PORT=8080',
    'KEYBOARD=us-intl',
    'A=https://example.com/a/b?c=d',
    'A=/usr/local/lib/node_modules',
    'A=hello',
  ];
  for (const word of others) t.notOk(await isTold(word), word);
  const input = async () => Buffer.from('ghp_xyzzy');
  t.strictSame((await world.set(['API_KEY', '-'], {}, { input })).notes, ['set API_KEY in ~/project/.env']);
  t.match((await world.set(["B=it's\n$HOME"])).notes, [
    'set B in',
    /^what reads the file without expanding it/,
  ]);
});

// --- what a reference means --------------------------------------------------------------------------

t.test(
  'a reference that nothing answers is told with its place, and one that is answered is not',
  async (t) => {
    const world = new World(t);
    const text = [
      '# c',
      "A='$NO'",
      'X="\\$NO a $NO$NO"',
      'Y=${NO}b',
      'Z=${Z:=y}',
      'W="${W"',
      'S=$SHELL_HAS${SHELL_HAS}',
    ];
    world.put(`${text.join('\r\n')}\r\n`);
    const env = { HOME: world.home, SHELL_HAS: '' };
    const kept =
      'what this $ refers to is not set, so it stays text; \\$ or single quotes say that it is meant so';
    const odd = 'a ${ in it begins no reference that is known here, so it stays text';
    const expected = ['3:11: ', '4:3: ', '5:1: ', '6:1: '];
    const words = [`X: ${kept}`, 'Y: NO is not set, so ${NO} is empty', `Z: ${odd}`, `W: ${odd}`];
    const lines = words.map((it, index) => `~/project/.env:${expected[index]}${it} (warning)`);
    t.strictSame(
      (await allowDirectory(world.context({ env }), undefined, {})).notes?.slice(-4).sort(),
      [...lines].sort(),
    );
    const checked = checkFiles(world.context({ env }), [], {});
    t.equal(checked.exitCode, 0);
    t.equal(
      checked.output,
      lines.map((it) => `${it.replace(/:(\d+:\d+): /, ':$1: warning: ').slice(0, -10)}\n`).join(''),
    );
    const said: string[] = [];
    const values = environmentFor(world.context({ env }), undefined, {}, (line) => said.push(line));
    t.strictSame([...said].sort(), [...lines].sort(), 'exec, once');
    t.equal(values.get('X'), '$NO a $NO$NO');
    t.match(world.envhook(['exec', '--', 'true'], { SHELL_HAS: '' }), {
      status: 0,
      stderr: /3:11: X: .*\n.*4:3: Y: /,
    });
    t.equal(world.envhook(['exec', '-q', '--', 'true'], { SHELL_HAS: '' }).stderr, '');

    await t.test('not what a directory above sets, or another file', async (t) => {
      const inner = world.path('inner');
      mkdirSync(inner);
      writeFileSync(join(inner, '.env'), 'B=$A/$C\n');
      writeFileSync(join(inner, '.env.local'), 'D=${B}\n');
      const context = world.context({ directory: inner, env });
      t.match(
        checkFiles(context, [], {}).output,
        /^~\/project\/inner\/\.env:1:6: warning: B: what this \$[^\n]*\n$/,
      );
      t.equal(checkFiles(context, ['.env.local'], {}).output, '');
      const { notes } = await allowDirectory(context, undefined, {});
      t.equal(notes?.filter((line) => line.endsWith('(warning)')).length, 1);
      denyDirectory(world.context(), undefined);
      t.match(checkFiles(context, [], {}).output, /1:3: .*\n.*1:6: /, 'which has to be allowed');
      rmSync(planPath(context.places.run, inner), { force: true });
    });
  },
);

t.test('profiles that nobody chose are named once, examples are none', async (t) => {
  const world = new World(t);
  world.put('A=1\n');
  const hint = async () => (await world.allow()).notes?.filter((line) => line.includes('envhook use'));
  world.put('A=\n', '.env.example');
  world.put('A=\n', '.env.bak');
  t.strictSame(await hint(), []);
  denyDirectory(world.context(), undefined);
  world.put('A=2\n', '.env.staging.local');
  world.put('A=2\n', '.env.development');
  t.strictSame(await hint(), [
    'no profile is in use here; there are files for: development staging; to use one: envhook use development',
  ]);
  world.put('A=3\n');
  t.strictSame(await hint(), [], 'not again');
  t.match(useProfile(world.context(), 'development', {}).notes, ['profile development in ~/project']);
});

// --- hostile names and files -------------------------------------------------------------------------

// What a terminal would obey or hide: C0, C1, a bidirectional control, a zero-width space, a tag.
const EVIL = 'e\x1b[31m\x9b2J\u202e\u200b\u{e0041}vil';
const UNSHOWN = /(?!\n)[\p{Cc}\u202e\u200b\u{e0041}]/u;
const LONG = `${'x'.repeat(100)}\x1b`;

t.test('127 whatever a path or a word is called, a terminal gets nothing of it to obey', async (t) => {
  const world = new World(t);
  const directory = join(world.home, EVIL);
  mkdirSync(directory);
  writeFileSync(join(directory, '.env'), 'A=1\nB=x#y\n');
  writeFileSync(join(directory, '.env.example'), 'C=\n');
  const calls: [status: number, ...words: string[]][] = [
    [2, 'export', 'bash'],
    [0, 'check'],
    [0, 'check', '--json'],
    [0, 'allow'],
    [0, 'status', '--json'],
    [0, 'set', 'A=2'],
    [64, EVIL],
    [64, 'status', `--${EVIL}`],
    [64, 'allow', EVIL],
    [64, 'check', EVIL],
    [64, 'set', `${EVIL}=1`],
    [127, 'exec', '--', EVIL],
    [64, 'hook', EVIL],
  ];
  for (const [expected, ...words] of calls) {
    const { status, stdout, stderr } = world.envhook(words, {}, directory);
    t.equal(status, expected, `envhook ${words.join(' ')}`.replaceAll(EVIL, 'EVIL'));
    t.notMatch(stdout + stderr, UNSHOWN);
  }
  const { stdout } = world.envhook(['status', '--json'], {}, directory);
  t.equal(JSON.parse(stdout).directory, directory, 'and JSON says the true path');
  t.match(stdout, 'e\\u001b[31m\\u009b2J\\u202e\\u200b\\udb40\\udc41vil');
  const plan = readFileSync(planPath(world.context().places.run, directory), 'utf8').split('\0');
  t.match(plan[9], 'e\\e[31m\\x9b2J\\u{202e}\\u{200b}\\u{e0041}vil/.env', 'nor does a hook');
  rmSync(planPath(world.context().places.run, directory), { force: true });
});

t.test('127 what cannot be reached is told, escaped, and ends nothing', async (t) => {
  const world = new World(t);
  world.put('A=1\n');
  await world.allow();
  await t.test('links in a circle', async (t) => {
    symlinkSync('.env.x\x1b', world.path('.env.x\x1b'));
    symlinkSync('.env.loop', world.path('.env.loop'));
    symlinkSync('.env.example', world.path('.env.example'));
    t.equal(
      useProfile(world.context(), undefined, {}).output,
      'no profiles here: a profile is a file such as .env.staging\n',
    );
    t.equal(listWords(world.context(), 'profiles').output, '');
    t.equal((await errorOf(() => useProfile(world.context(), 'loop', {}))).exitCode, 64);
    t.equal(JSON.parse(reportStatus(world.context(), { json: true }).output ?? '').layers[0].contract, null);
    t.equal(world.verdict(), 'allowed');
  });
  await t.test('a path that is too long for its plan', async (t) => {
    let directory = world.home;
    while (directory.length < 3900) directory = join(directory, LONG);
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, '.env'), 'A=1\n');
    const { status, stderr } = world.envhook(['allow'], {}, directory);
    t.equal(status, 7);
    t.match(stderr, 'the path is too long');
    t.notMatch(stderr, UNSHOWN);
    rmSync(join(world.home, LONG), { recursive: true });
  });
  await t.test('storage behind links in a circle', async (t) => {
    const loop = join(world.home, 'data\x1b');
    symlinkSync(loop, loop);
    for (const command of ['allow', 'prune']) {
      const { stderr, stdout } = world.envhook([command], { XDG_DATA_HOME: loop });
      t.notMatch(stderr, 'this is a bug', command);
      t.notMatch(stderr + stdout, UNSHOWN);
    }
  });
});

t.test('128 a hint with a path can be pasted', async (t) => {
  const world = new World(t);
  for (const name of ['a$(touch x)', 'a;b', '-rf', "'"]) {
    const directory = join(world.home, name);
    mkdirSync(join(directory, 'sub'), { recursive: true });
    writeFileSync(join(directory, '.env'), 'A=1\n');
    const { status, stderr } = world.envhook(['allow'], {}, join(directory, 'sub'));
    t.equal(status, 64);
    const hint = /; for the one above: (envhook allow .*)\n/.exec(stderr)?.[1] ?? '';
    const result = run(
      ['bash', '-c', hint.replace(/^envhook/, launcher)],
      { HOME: world.home, PATH: systemPath, ENVHOOK_DAEMON: 'off' },
      world.home,
    );
    t.equal(result.status, 0, hint);
    t.equal(world.verdict(directory), 'allowed');
    t.notOk(
      existsSync(join(world.home, 'x')) || existsSync(join(directory, 'sub/x')),
      'and nothing else happens',
    );
    rmSync(planPath(world.context().places.run, directory), { force: true });
  }
});

t.test('126 time is linear in what a file holds, whatever that is', async (t) => {
  const world = new World(t);
  world.put('A=1\n');
  const cpu = (action: () => unknown) => {
    const before = process.cpuUsage();
    action();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
  // Eight times as much: quadratic would be 64 times. What takes no time is not measured.
  const isLinear = (size: number, unit: string, action: (text: string) => unknown) => {
    const timeOf = (length: number) => {
      const text = unit.repeat(length / unit.length);
      return cpu(() => action(text));
    };
    const small = timeOf(size / 8);
    // Once more where something came in between.
    let big = timeOf(size);
    for (let run = 0; run < 3 && big >= 100 && big >= 32 * small; run++) big = timeOf(size);
    t.ok(big < 100 || big < 32 * small, `${JSON.stringify(unit)}: ${small} ms, ${big} ms`);
  };
  for (const unit of ['node ', 'uv run ', 'uv ', '\n', ' ', 'set ', '"'])
    isLinear(2 ** 19, unit, (text) => {
      for (const name of ['package.json', 'justfile', 'compose.yaml']) world.put(text, name);
      checkReaders(world.context());
    });
  const lines = [
    "A='\n",
    "A='\\'",
    'export\n',
    'A=1\r\n',
    '${A:-',
    '${',
    '$A',
    '`',
    'a',
    '\n',
    '# envhook: ',
  ];
  for (const unit of lines) isLinear(2 ** 16, unit, (text) => unsetInText(`A="${text}`, 'A'));
});

t.test('126 doctor names what is no regular file, and passes over it', async (t) => {
  const world = new World(t);
  world.put('A=1\n');
  symlinkSync('/dev/zero', world.path('compose.yaml'));
  makeFifos(world.path('package.json'), world.path('.envrc'));
  world.put('x'.repeat(2 ** 20 + 1), 'Makefile');
  mkdirSync(world.path('justfile'));
  const { status, stdout } = world.envhook(['doctor']);
  t.equal(status, 0);
  for (const line of [
    /^note {4}readers: ~\/project\/package\.json is a named pipe, so it was not looked at$/m,
    /^note {4}readers: ~\/project\/\.envrc is a named pipe/m,
    /^note {4}readers: ~\/project\/compose\.yaml is a device/m,
    /^note {4}readers: ~\/project\/Makefile is larger than 1024 KiB/m,
  ])
    t.match(stdout, line);
  t.notMatch(stdout, 'justfile', 'a directory is none');
  makeFifos(world.path('.env.example'), world.path('odd'));
  t.match(world.envhook(['check', 'odd']), { status: 3, stdout: /odd:1:1: error: is a named pipe/ });
  t.match(world.envhook(['allow']), {
    status: 0,
    stderr: /\.env\.example is a named pipe, so it was not compared/,
  });
});
