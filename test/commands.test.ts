// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references are what env files hold
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { allowDirectory } from '../src/commands/allow.js';
import { denyDirectory } from '../src/commands/deny.js';
import { changesAt } from '../src/commands/export.js';
import { type Context, contextOf } from '../src/context.js';
import { checkSize, environmentLimit } from '../src/environment.js';
import { EnvhookError } from '../src/errors.js';
import { planPath } from '../src/plan.js';
import { type Places, placesOf } from '../src/settings.js';
import { showNames } from '../src/show.js';
import { parseApproval, recordPath } from '../src/trust.js';
import { asNobody, isRoot, launcher, NOBODY, systemPath } from './shells.js';

/*
 * The command line, run for real through bin/envhook but for what only a file's text decides. Every file has a secret in it where it can: no message,
 * record or key may hold it. Rows are those of BAD_INPUT; the number in a title is the row's.
 */

const searchPath = `${dirname(process.execPath)}:${systemPath}`;
const isLinux = process.platform === 'linux';
const SECRET = 's3cr3t';
// A user who has nothing, for what root may do anyway. Not in the password database.
const actsAsNobody = isRoot && succeeds('env', [...asNobody(), 'test', '-x', launcher]);
const mounts = isRoot && isLinux && canMount();

t.jobs = 2;
process.umask(0o022);
const base = t.testdir({});
t.teardown(() => removePlans(base));
let count = 0;

interface Result {
  stdout: string;
  stderr: string;
  status: number | null;
}

interface RunOptions {
  cwd?: string;
  env?: Record<string, string>;
  /** Words before the command line: another user, another program. */
  before?: string[];
}

/** A home directory with an empty project, and what is known of it. */
class World {
  readonly home = join(base, String(++count));
  readonly project = join(this.home, 'project');
  readonly places: Places;

  constructor() {
    mkdirSync(this.project, { recursive: true });
    this.places = placesOf({ HOME: this.home });
  }

  /** Writes a file of the project. */
  put(content: string | Uint8Array, name = '.env'): string {
    const path = join(this.project, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return path;
  }

  envhook(args: readonly string[], { cwd = this.project, env = {}, before = [] }: RunOptions = {}) {
    return run([...before, launcher, ...args], cwd, {
      HOME: this.home,
      PWD: cwd,
      ENVHOOK_DAEMON: 'off',
      ...env,
    });
  }

  allow(...args: string[]): Promise<Result> {
    return this.envhook(['allow', ...args]);
  }

  /** The same in this process, for what only the content decides. */
  async allowHere(directory = this.project, consent: string[] = []): Promise<Result> {
    const say = (text: string) => `envhook: ${text}\n`;
    try {
      const { notes = [] } = await allowDirectory(this.context(directory), undefined, { consent });
      return { stdout: '', stderr: notes.map(say).join(''), status: 0 };
    } catch (error) {
      if (!(error instanceof EnvhookError)) throw error;
      return { stdout: '', stderr: say(`${error.message}; ${error.hint}`), status: error.exitCode };
    }
  }

  context(directory = this.project, env: Record<string, string> = {}): Context {
    const off = { ENVHOOK_DAEMON: 'off', ...env };
    return { ...contextOf({ HOME: this.home }, undefined, false), env: off, directory };
  }

  /** What `export` would change in an environment, without starting anything. */
  exported(directory?: string, env?: Record<string, string>) {
    const { changes, notes, exitCode } = changesAt(this.context(directory, env));
    const kept = changes.filter(({ name }) => name !== 'ENVHOOK_SESSION');
    return { values: Object.fromEntries(kept.map(({ name, value }) => [name, value])), notes, exitCode };
  }

  /** The record of a directory, as text. */
  record(directory = this.project): string | undefined {
    const path = recordPath(this.places, directory);
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  }

  /** `load`, `block`, or undefined without a plan. */
  planKind(directory = this.project): string | undefined {
    const path = planPath(this.places.run, directory);
    return existsSync(path) ? readFileSync(path, 'utf8').split('\0')[2] : undefined;
  }
}

// --- what is refused -----------------------------------------------------------------------------

/** What `allow` must refuse: nothing comes of it, and the message shows no value. */
type Refusal = [
  title: string,
  status: number,
  message: RegExp,
  file: string | Uint8Array | ((world: World) => void),
  skip?: false | string,
];

const needsRoot = !isRoot && 'needs root';
const line = (at: string, reason: string) =>
  new RegExp(`^envhook: ~/project/\\.env:${at}: ${reason}.*; mend it, then: envhook allow\n$`);
const about = (reason: string) => new RegExp(`^envhook: ~/project/\\.env ${reason}.*; .*\n$`);
const consent = (name: string) =>
  new RegExp(
    `^envhook: ~/project sets what needs your consent: ${name} .*; envhook allow --consent ${name}\n$`,
  );
const A = `A=${SECRET}\n`;
const strict = `# envhook: strict\n${A}`;

const refusals: Refusal[] = [
  // A. file type, owner, mode
  ['1 a named pipe', 3, about('is a named pipe'), (w) => execFileSync('mkfifo', [join(w.project, '.env')])],
  ['3 a directory', 3, about('is a directory'), (w) => mkdirSync(join(w.project, '.env'))],
  ['4 a socket', 3, about('is a socket'), putSocket],
  ['4 a link to /dev/zero', 3, about('is a device'), link('/dev/zero')],
  ['4 a link to /dev/null', 3, about('is a device'), link('/dev/null')],
  ['5 a link that leads nowhere', 3, about('is a broken link'), link('nowhere')],
  ['5 a link in a circle', 3, about('is a broken link'), link('.env')],
  [
    '8 a file of /proc',
    3,
    about('has another size than the system says'),
    link('/proc/self/environ'),
    !isLinux && 'needs /proc',
  ],
  [
    "9 another user's file",
    3,
    about('is owned by uid 54321'),
    (w) => chownSync(w.put(A), NOBODY, NOBODY),
    needsRoot,
  ],
  ["14 a hard link to another user's file", 3, about('is owned by uid 54321'), putForeignLink, needsRoot],
  [
    "a link to another user's file",
    3,
    about('is owned by uid 54321'),
    (w) => {
      chownSync(w.put(A, 'theirs'), NOBODY, NOBODY);
      link('theirs')(w);
    },
    needsRoot,
  ],
  [
    '10 a file that everybody can write',
    3,
    about('can be written by everybody'),
    (w) => chmodSync(w.put(A), 0o666),
  ],
  // B. bytes
  ['18 a NUL byte', 4, line('2:3', 'NUL byte'), `${A}B=\0\n`],
  ['20 UTF-16, little-endian', 4, line('1:1', 'the file is UTF-16'), Buffer.from(`\ufeff${A}`, 'utf16le')],
  [
    '20 UTF-16, big-endian',
    4,
    line('1:1', 'the file is UTF-16'),
    Buffer.from(`\ufeff${A}`, 'utf16le').swap16(),
  ],
  ['20 UTF-16 without a mark', 4, line('1:2', 'NUL byte'), Buffer.from(A, 'utf16le')],
  [
    '23 invalid UTF-8',
    4,
    line('2:4', 'not UTF-8'),
    Buffer.concat([Buffer.from(`${A}B=x`), Buffer.of(0xff, 0x0a)]),
  ],
  [
    '23 UTF-8 that is cut off',
    4,
    line('2:3', 'not UTF-8'),
    Buffer.concat([Buffer.from(`${A}B=`), Buffer.of(0xe2, 0x82)]),
  ],
  ['23 a surrogate in UTF-8', 4, line('1:3', 'not UTF-8'), Buffer.from([0x41, 0x3d, 0xed, 0xa0, 0x80])],
  ['24 U+2028 in a comment', 4, line('2:3', 'U\\+2028'), `${A}# \u2028B=2\n`],
  ['24 U+2029 in a comment', 4, line('2:3', 'U\\+2029'), `${A}# \u2029B=2\n`],
  ['25 a bidirectional control in a name', 4, line('2:2', 'invisible character'), `${A}B\u202eC=1\n`],
  ['25 a zero-width space in a name', 4, line('2:2', 'invisible character'), `${A}B\u200bC=1\n`],
  // C. syntax
  ['28 a line that is no assignment, strict', 4, line('3:1', 'not an assignment'), `${strict}source x\n`],
  ['29 an empty name, strict', 4, line('3:1', 'not an assignment'), `${strict}=x\n`],
  ['30 a double quote without its end', 4, line('2:3', 'B: quote not closed'), `${A}B="x\nC=1\n`],
  ['30 a single quote without its end', 4, line('2:3', 'B: quote not closed'), `${A}B='x\n`],
  ['31 text after a quote, strict', 4, line('3:3', 'B: text after the closing quote'), `${strict}B="x" y\n`],
  [
    '33 a name twice, strict',
    4,
    line('3:1', 'A is set in line 2 and again in line 3'),
    `${strict}A=${SECRET}\n`,
  ],
  ['39 one error among 50 good lines', 4, line('26:5', 'N25: quote not closed'), manyLines(50, 25)],
  ['a cycle', 4, line('2:1', 'B: reads A, which needs B itself .line 1.: a cycle'), 'A=$B\nB=$A\n'],
  [
    'a needed value that is certainly missing',
    4,
    line('2:1', 'B: needs A.B, which is not set: say it'),
    `${A}B=\${A.B:?say it}\n`,
  ],
  [
    'references that nest too deep',
    6,
    line('2:1', 'B: references nest more than 100 deep'),
    `${A}B=${'${A:-'.repeat(101)}${'}'.repeat(101)}\n`,
  ],
  // D. names
  ['43 a name that is none, strict', 4, line('3:1', 'not an assignment'), `${strict}A[$(touch pwned)]=1\n`],
  [
    '44 an exported function, strict',
    4,
    line('3:1', 'not an assignment'),
    `${strict}BASH_FUNC_ls%%=() { :; }\n`,
  ],
  [
    '46 a read-only name, strict',
    5,
    line('3:1', 'UID is left out: it belongs to the shell'),
    `${strict}UID=1000\n`,
  ],
  [
    '47 a numeric name, strict',
    5,
    line('3:1', 'RANDOM is left out: it belongs to the shell'),
    `${strict}RANDOM=1000\n`,
  ],
  [
    '48 a name that runs code, strict',
    5,
    line('3:1', 'PROMPT_COMMAND is left out: it changes how the shell itself works'),
    `${strict}PROMPT_COMMAND=x\n`,
  ],
  [
    "49 envhook's own name, strict",
    5,
    line('3:1', 'ENVHOOK_LOG is left out: it belongs to envhook'),
    `${strict}ENVHOOK_LOG=off\n`,
  ],
  [
    '50 identity, strict',
    5,
    line('3:1', 'HOME is left out: it says who and where you are'),
    `${strict}HOME=/\n`,
  ],
  [
    '42 a name for exec only, strict',
    5,
    line('3:1', 'a\\.b is left out: it is no name that a shell can hold'),
    `${strict}a.b=1\n`,
  ],
  ['51 LD_PRELOAD', 5, consent('LD_PRELOAD'), `${A}LD_PRELOAD=x\n`],
  ['51 GCONV_PATH', 5, consent('GCONV_PATH'), `${A}GCONV_PATH=x\n`],
  ['52 PATH', 5, consent('PATH'), `${A}PATH=./bin:$PATH\n`],
  ['52 NODE_OPTIONS', 5, consent('NODE_OPTIONS'), `${A}NODE_OPTIONS=--require=./x\n`],
  ['52 GIT_SSH_COMMAND', 5, consent('GIT_SSH_COMMAND'), `${A}GIT_SSH_COMMAND=x\n`],
  ['52 PYTHONPATH', 5, consent('PYTHONPATH'), `${A}PYTHONPATH=x\n`],
  ['52 https_proxy', 5, consent('https_proxy'), `${A}https_proxy=x\n`],
  ['57 a name of 300 characters', 4, line('2:1', 'name longer than 255'), `${A}${'N'.repeat(300)}=1\n`],
  // E. size
  ['59 64 KiB and a byte', 3, about('is larger than 64 KiB'), `${A}#${'x'.repeat(65536 - A.length)}`],
  ['40 one line of 10 MB', 3, about('is larger than 64 KiB'), `A=${'x'.repeat(10_000_000)}`],
  ['60 a hole of 3 GiB', 3, about('is larger than 64 KiB'), (w) => truncateSync(w.put(''), 3 * 2 ** 30)],
  [
    '62 a value of 32 KiB and a byte',
    6,
    line('2:1', '[BD]: value longer than 32 KiB'),
    `${A}B=${'x'.repeat(32769)}\n`,
  ],
  [
    '63 a value that grows by references',
    6,
    line('3:1', '[BD]: value longer than 32 KiB'),
    `B=${'x'.repeat(20000)}\nC=1\nD=$B$B\n`,
  ],
  ['64 1,001 names', 6, line('1001:1', 'N1000: more than 1000 names'), manyLines(1001)],
  // F. directories
  [
    '70 a directory with a line break',
    3,
    /^envhook: ~\/project\/a\\nb has a name that not every shell can tell; rename.*\n$/,
    (w) => {
      w.put(A, 'a\nb/.env');
    },
  ],
];

t.test('what is refused leaves nothing behind', { buffered: true }, async (t) => {
  t.jobs = 4;
  for (const [title, status, message, file, skip = false] of refusals) {
    void t.test(title, { skip, buffered: true }, async (t) => {
      const world = new World();
      if (typeof file === 'function') file(world);
      else world.put(file);
      const [inner] = readdirSync(world.project).filter((name) => name.includes('\n'));
      const directory = join(world.project, inner ?? '');
      const isContent = typeof file === 'string';
      const result = isContent ? world.allowHere(directory) : world.envhook(['allow'], { cwd: directory });
      const { stdout, stderr, status: got } = await result;
      t.equal(got, status, stderr);
      t.match(stderr, message);
      t.equal(stdout + shownSecrets(stderr), '', 'words go to stderr, a value nowhere');
      t.same(
        [world.record(directory), world.planKind(directory)],
        [undefined, undefined],
        'no record and no plan',
      );
      t.same(world.exported(directory).values, {}, 'nothing is loaded');
    });
  }
});

t.test(
  'what only another user meets',
  { buffered: true, skip: !actsAsNobody && 'needs root, setpriv and a checkout that all can read' },
  async (t) => {
    const before = asNobody();

    await t.test('12 a file that cannot be read', async (t) => {
      const world = nobodysWorld();
      chmodSync(world.put(A), 0);
      chownSync(join(world.project, '.env'), NOBODY, NOBODY);
      const { stderr, status } = await world.envhook(['allow'], { before });
      t.equal(status, 3);
      t.match(stderr, /^envhook: ~\/project\/\.env cannot be read: permission denied; chmod u\+r .*\n$/);
      t.equal(world.record(), undefined);
    });

    await t.test('127 one with escape characters in its path', async (t) => {
      const world = nobodysWorld();
      const directory = join(world.project, 'e\x1b[31m\u009b\u202evil');
      mkdirSync(directory);
      writeFileSync(join(directory, '.env'), 'A=1\n', { mode: 0 });
      for (const path of [directory, join(directory, '.env')]) chownSync(path, NOBODY, NOBODY);
      const { stderr, stdout, status } = await world.envhook(['allow', directory], { before });
      t.equal(status, 3);
      t.match(stderr, 'e\\e[31m\\x9b\\u{202e}vil/.env cannot be read: permission denied; chmod u+r $');
      t.notMatch(stderr + stdout, /(?!\n)[\p{Cc}\u202e]/u);
      t.equal(world.record(), undefined);
    });

    await t.test('97 a home that cannot be written', async (t) => {
      const world = nobodysWorld();
      world.put(A);
      chmodSync(world.home, 0o555);
      const { stderr, status } = await world.envhook(['allow'], { before });
      t.equal(status, 7);
      t.match(stderr, /^envhook: cannot make the directory .*: permission denied; .*\n$/);
      t.same(readdirSync(world.home), ['project']);
      t.equal(
        (await world.envhook(['export', 'bash'], { before })).status,
        2,
        'export says what it is without storage',
      );
    });

    await t.test('93 no home anywhere', async (t) => {
      const world = nobodysWorld();
      world.put(A);
      for (const HOME of ['', 'project', '/dev/null', '/root/out of reach']) {
        const { stderr, status } = await world.envhook(['allow'], { before, env: { HOME } });
        t.equal(status, 7, HOME);
        t.match(stderr, /^envhook: no usable home directory; set HOME to your home directory\n$/, HOME);
      }
      t.same(readdirSync(world.project), ['.env'], 'nothing is made under the present directory');
    });

    await t.test("a directory of somebody else's is not searched", async (t) => {
      const world = new World();
      world.put(A);
      const outside = await world.envhook(['export', 'bash'], {
        before: asNobody(NOBODY + 1),
        env: { HOME: '/' },
      });
      t.match(outside, { status: 2, stdout: '' }, "root's are");
      chownSync(world.project, NOBODY, NOBODY);
      const result = await world.envhook(['export', 'bash'], {
        before: asNobody(NOBODY + 1),
        env: { HOME: '/' },
      });
      t.same(result, { status: 0, stdout: '', stderr: '' });
    });
  },
);

t.test(
  'the 71st row: a name that is not UTF-8',
  { buffered: true, skip: !isLinux && 'the file system does not take it' },
  async (t) => {
    const world = new World();
    // The one that a lossy decoding would mean.
    world.put(A, 'a\ufffd/.env');
    const script = `mkdir "$(printf 'a\\377')" && cd "$(printf 'a\\377')" && echo 'B=1' >.env && exec "$0" allow`;
    const { stderr, status } = await run(['sh', '-c', script, launcher], world.project, { HOME: world.home });
    t.equal(status, 3, stderr);
    t.match(stderr, /^envhook: .* has a name that not every shell can tell; .*\n$/);
    t.equal(world.record(join(world.project, 'a\ufffd')), undefined);
  },
);

// --- what is fine --------------------------------------------------------------------------------

/** What `allow` accepts: what is loaded then, and what is said besides the first line. */
type Acceptance = [
  title: string,
  file: string | Uint8Array | ((world: World) => void),
  values: Record<string, string>,
  remarks?: string[],
  consent?: string[],
];

const leftOut = (line: number, name: string, reason: string) =>
  warning(`${line}:1`, `${name} is left out: it ${reason}`);
const warning = (at: string, text: string) => `~/project/.env:${at}: ${text} (warning)`;

const acceptances: Acceptance[] = [
  [
    '6 a link to a file elsewhere',
    (w) => {
      writeFileSync(join(w.home, 'shared.env'), A);
      link('../shared.env')(w);
    },
    { A: SECRET },
    ['~/project/.env is a link to ~/shared.env'],
  ],
  [
    '11 a file that its group can write',
    (w) => chmodSync(w.put(A), 0o664),
    { A: SECRET },
    ['~/project/.env can be written by its group (warning)'],
  ],
  [
    '11 a directory that its group can write',
    (w) => {
      w.put(A);
      chmodSync(w.project, 0o775);
    },
    { A: SECRET },
    ['~/project can be written by its group (warning)'],
  ],
  ['16 an empty file', '', {}],
  ['16 only comments', '# A=1\n\n  # B=2\n', {}],
  ['17 no line end at the end', 'A=1', { A: '1' }],
  ['19 a byte order mark', '\ufeffA=1\n', { A: '1' }],
  ['21 CRLF', 'A=1\r\nB="2"\r\n', { A: '1', B: '2' }],
  ['22 a lone CR', 'A=1\rB=2', { A: '1', B: '2' }],
  [
    '26 control characters in a value',
    'A="\x1b[31m\x07\u202e"\n',
    { A: '\x1b[31m\x07\u202e' },
    [warning('1:1', 'A: contains control characters')],
  ],
  ['27 a value of several lines', 'A="1\n2\n\n3"\n', { A: '1\n2\n\n3' }],
  [
    '28 lines that are no assignment',
    'source x\n[section]\nif\nA=1\n',
    { A: '1' },
    ['1:1', '2:1', '3:1'].map((at) => warning(at, 'not an assignment, skipped')),
  ],
  ['29 an empty name', '=x\nA=1\n', { A: '1' }, [warning('1:1', 'not an assignment, skipped')]],
  [
    '31 text after a quote',
    'A="x" y\n',
    { A: '"x" y' },
    [warning('1:3', 'A: text after the closing quote, so the quotes stay')],
  ],
  ['32 spaces around =', 'FOO = 1\n', { FOO: '1' }],
  [
    '33 a name twice',
    `A=${SECRET}\nA=2\n`,
    { A: '2' },
    [warning('2:1', 'A is set in line 1 and again in line 2; the last one counts')],
  ],
  [
    '34 a hash',
    'A=a#b\nB=a #b\n',
    { A: 'a', B: 'a' },
    [warning('1:4', 'A: # ends the value here, quote it to keep it')],
  ],
  [
    '35 commands',
    'A=$(touch pwned)\nB="`touch pwned`"\n',
    { A: '$(touch pwned)', B: '`touch pwned`' },
    ['A', 'B'].map((name, index) =>
      warning(`${index + 1}:1`, `${name}: a command in a value is never run, it stays text`),
    ),
  ],
  ['36 escapes in double quotes', 'A="a\\nb\\tc\\$x"\n', { A: 'a\nb\\tc$x' }],
  ['37 export', 'export FOO=1\nexport  BAR=2\n', { FOO: '1', BAR: '2' }],
  ['38 a colon', 'FOO: 1\n', { FOO: '1' }],
  ['41 an empty value', 'A=\n', { A: '' }],
  [
    '42 names that no shell can hold',
    'A-B=1\na.b=2\nC=3\n',
    { C: '3' },
    ['A-B', 'a.b'].map((name, index) => leftOut(index + 1, name, 'is no name that a shell can hold')),
  ],
  [
    '43 names that are none',
    'É=1\nA[0]=1\nA[$(touch pwned)]=1\nC=3\n',
    { C: '3' },
    ['1:1', '2:1', '3:1'].map((at) => warning(at, 'not an assignment, skipped')),
  ],
  [
    '44 an exported function',
    'BASH_FUNC_ls%%=() { touch pwned; }\nC=3\n',
    { C: '3' },
    [warning('1:1', 'not an assignment, skipped')],
  ],
  [
    '45 names of JavaScript',
    '__proto__=1\nconstructor=2\ntoString=3\n',
    { constructor: '2', toString: '3', ['__proto__']: '1' },
  ],
  [
    '46 names that the shells own',
    'UID=1000\nstatus=1\nA=1\n',
    { A: '1' },
    ['UID', 'status'].map((name, index) => leftOut(index + 1, name, 'belongs to the shell')),
  ],
  [
    '47 numeric names',
    'RANDOM=1\nCOLUMNS=1\nSHLVL=9\nA=1\n',
    { A: '1' },
    ['RANDOM', 'COLUMNS', 'SHLVL'].map((name, index) => leftOut(index + 1, name, 'belongs to the shell')),
  ],
  [
    '48 names that change the shell',
    'IFS=x\nPS1=x\nENV=x\nHISTFILE=x\nA=1\n',
    { A: '1' },
    [
      ...['IFS', 'PS1', 'ENV'].map((name, index) =>
        leftOut(index + 1, name, 'changes how the shell itself works'),
      ),
      leftOut(4, 'HISTFILE', 'is where the shell keeps its history'),
    ],
  ],
  [
    "49 112 envhook's own names",
    'ENVHOOK_DISABLE=1\n__envhook_run=/tmp\nENVHOOK_SESSION=1-1\nA=1\n',
    { A: '1' },
    ['ENVHOOK_DISABLE', '__envhook_run', 'ENVHOOK_SESSION'].map((name, index) =>
      leftOut(index + 1, name, 'belongs to envhook'),
    ),
  ],
  [
    '50 identity',
    'HOME=/\nUSER=x\nXDG_DATA_HOME=/tmp\nA=1\n',
    { A: '1' },
    ['HOME', 'USER', 'XDG_DATA_HOME'].map((name, index) =>
      leftOut(index + 1, name, 'says who and where you are'),
    ),
  ],
  [
    '51 52 names that were consented to',
    'PATH=./bin:$PATH\nLD_PRELOAD=x\n',
    { PATH: './bin:/bin', LD_PRELOAD: 'x' },
    [],
    ['PATH', 'LD_PRELOAD'],
  ],
  ['58 names that differ in case', 'Foo=1\nFOO=2\n', { Foo: '1', FOO: '2' }],
  ['59 exactly 64 KiB', `A=1\n#${'x'.repeat(65531)}`, { A: '1' }],
  ['62 a value of exactly 32 KiB', `A=${'x'.repeat(32768)}`, { A: 'x'.repeat(32768) }],
  [
    '64 exactly 1,000 names',
    manyLines(1000),
    Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`N${n}`, '1'])),
  ],
  [
    'a reference that nothing sets',
    'A=pa$word\nB=${NO}\n',
    { A: 'pa$word', B: '' },
    [
      warning(
        '1:5',
        'A: what this $ refers to is not set, so it stays text; \\$ or single quotes say that it is meant so',
      ),
      warning('2:3', 'B: NO is not set, so ${NO} is empty'),
    ],
  ],
  [
    'the last word of the shell is not for files',
    'A=pa$_%\nB=${_}\n',
    { A: 'pa$_%', B: '' },
    [
      warning('1:1', 'A: _ is not set in these files, so it stays as it is'),
      warning('2:1', 'B: _ is not set in these files, so it is empty'),
    ],
  ],
  [
    '.env.local over .env',
    (w) => {
      w.put('A=1\nB=1\n');
      w.put('B=2\n', '.env.local');
    },
    { A: '1', B: '2' },
  ],
  [
    'only .env.local, beside a venv',
    (w) => {
      w.put('B=2\n', '.env.local');
      mkdirSync(join(w.project, '.env'));
    },
    { B: '2' },
  ],
  [
    'files that are never loaded',
    (w) => {
      w.put('A=1\n');
      w.put('A=\n', '.env.example');
      for (const name of ['.env.sample', '.env~', '.env.swp', '.env.keys', '.env.production'])
        w.put('B=1\n', name);
    },
    { A: '1' },
    ['no profile is in use here; there are files for: production; to use one: envhook use production'],
  ],
];

t.test('what is fine is loaded, with a line for whatever looks odd', { buffered: true }, async (t) => {
  t.jobs = 4;
  for (const [title, file, values, remarks = [], consent = []] of acceptances) {
    void t.test(title, { buffered: true }, async (t) => {
      const world = new World();
      if (typeof file === 'function') file(world);
      else world.put(file);
      const isContent = typeof file === 'string';
      const { stdout, stderr, status } = await (isContent
        ? world.allowHere(undefined, consent)
        : world.allow());
      const lines = stderr.split('\n').slice(0, -1);
      const [first = '', ...rest] = lines.filter((it) => !/^envhook: {3}([-+~] \w+ {2}\S|and )/.test(it));
      const names = showNames(Object.keys(values).sort());
      t.equal(status, 0, stderr);
      t.ok(
        first.startsWith('envhook: allowed ~/project/') && first.endsWith(` (${names || 'no variables'})`),
        'names',
      );
      t.same(
        rest,
        remarks.map((remark) => `envhook: ${remark}`),
      );
      t.equal(stdout + shownSecrets(stderr), '', 'words go to stderr, a value nowhere');
      t.notMatch(stderr, /[^\n -~]/, 'nothing that a terminal would obey');
      const { values: loaded } = world.exported(undefined, { PATH: '/bin' });
      t.same(Object.entries(loaded).sort(), Object.entries(values).sort(), 'loaded exactly');
      t.equal(world.planKind(), 'load');
      t.notOk(existsSync(join(world.project, 'pwned')), 'nothing is run');
    });
  }
});

// --- trust ---------------------------------------------------------------------------------------

t.test(
  'an approval holds for these bytes at this place, and for nothing else',
  { buffered: true },
  async (t) => {
    const world = new World();
    const path = world.put(`A=1\nB=2\n`);
    t.match(world.exported(), {
      values: {},
      exitCode: 2,
      notes: ['~/project/.env is not allowed; look: envhook diff, accept: envhook allow'],
    });
    await world.allow();
    const record = world.record();
    t.same(world.exported().values, { A: '1', B: '2' });
    const blocked = (t: Test, note: string) =>
      t.match(world.exported(), {
        values: {},
        exitCode: 2,
        notes: [`${note}; look: envhook diff, accept: envhook allow`],
      });

    await t.test('107 changed, and changed back', async (t) => {
      writeFileSync(path, 'A=2\nC=1\n');
      blocked(t, '~/project/.env changed since you allowed it (~A -B +C)');
      writeFileSync(path, 'A=1\nB=2\n');
      t.match(world.exported(), { values: { A: '1', B: '2' }, exitCode: 0 });
    });

    await t.test('108 the same size and times', async (t) => {
      const { atime, mtime } = statSync(path);
      writeFileSync(path, 'A=1\nB=3\n');
      utimesSync(path, atime, mtime);
      blocked(t, '~/project/.env changed since you allowed it (~B)');
      writeFileSync(path, 'A=1\nB=2 \n');
      blocked(t, '~/project/.env changed since you allowed it');
      writeFileSync(path, 'A=1\nB=2\n');
    });

    await t.test('a new file of the set, and one that is gone', async (t) => {
      world.put('C=1\n', '.env.local');
      blocked(t, '~/project/{.env,.env.local} changed since you allowed it (+C)');
      await world.allow();
      t.same(world.exported().values, { A: '1', B: '2', C: '1' });
      rmSync(path);
      blocked(t, '~/project/.env.local changed since you allowed it (-A -B)');
      rmSync(join(world.project, '.env.local'));
      t.match(world.exported(), { values: {}, exitCode: 0, notes: [] }, 'no env directory any more');
      world.put('A=1\nB=2\n');
      blocked(t, '~/project/.env changed since you allowed it (-C)');
      await world.allow();
    });

    await t.test('39 what was loaded is unloaded when the file breaks', async (t) => {
      const { stdout } = await world.envhook(['export', 'json']);
      const env = loadedFrom(stdout);
      writeFileSync(path, 'A=1\nB="2\n');
      const { values, exitCode } = world.exported(undefined, env);
      t.match([values, exitCode], [{ A: undefined, B: undefined }, 2]);
      t.match(await world.allow(), {
        status: 4,
        stderr: 'envhook: ~/project/.env:2:3: B: quote not closed; mend it, then: envhook allow\n',
      });
      writeFileSync(path, 'A=1\nB=2\n');
      t.same(world.exported(undefined, env).values, {}, 'mended: all is as it should be');
    });

    await t.test('76 copied or moved', async (t) => {
      cpSync(world.project, join(world.home, 'copy'), { recursive: true });
      t.match(world.exported(join(world.home, 'copy')), { values: {}, exitCode: 2 });
      renameSync(world.project, join(world.home, 'moved'));
      t.match(world.exported(join(world.home, 'moved')), { values: {}, exitCode: 2 });
      renameSync(join(world.home, 'moved'), world.project);
      t.match(world.exported(), { values: { A: '1', B: '2' }, exitCode: 0 });
    });

    await t.test("111 another directory's record", async (t) => {
      const copy = join(world.home, 'copy');
      cpSync(recordPath(world.places, world.project), recordPath(world.places, copy));
      t.match(world.exported(copy), {
        values: {},
        exitCode: 2,
        notes: ['~/copy/.env is not allowed; look: envhook diff, accept: envhook allow'],
      });
    });

    await t.test('110 denied', async (t) => {
      const env = loadedFrom((await world.envhook(['export', 'json'])).stdout);
      const { stderr, status } = await world.envhook(['deny']);
      t.same([status, stderr], [0, 'envhook: denied ~/project/.env; take it back with: envhook allow\n']);
      t.same(world.planKind(), 'block');
      t.match(
        world.exported(undefined, env),
        { values: { A: undefined, B: undefined }, exitCode: 2, notes: [] },
        'unloaded, silently',
      );
      t.match((await world.envhook(['status'])).stdout, /^~\/project\/\.env: denied\n/);
      await world.allow();
      t.same(world.exported().values, { A: '1', B: '2' });
      t.not(world.record(), record);
    });

    await t.test('110 the project is removed', async (t) => {
      const env = loadedFrom((await world.envhook(['export', 'json'])).stdout);
      rmSync(world.project, { recursive: true });
      t.match(world.exported(world.home, env), {
        values: { A: undefined, B: undefined },
        exitCode: 0,
        notes: [],
      });
    });
  },
);

t.test('75 a linked project directory that is switched', { buffered: true }, async (t) => {
  const world = new World();
  world.put('A=1\n', 'one/.env');
  world.put('A=2\n', 'two/.env');
  const current = join(world.project, 'current');
  symlinkSync('one', current);
  t.match(
    (await world.envhook(['allow'], { cwd: current })).stderr,
    'envhook: allowed ~/project/current/.env (A)\n',
  );
  t.same(world.exported(current).values, { A: '1' });
  t.same(
    [world.planKind(current), world.planKind(join(world.project, 'one'))],
    ['load', 'load'],
    '74 plans for both paths',
  );
  t.same(world.exported(join(world.project, 'one')).values, { A: '1' }, '74 one approval');
  rmSync(current);
  symlinkSync('two', current);
  t.match(world.exported(current), { values: {}, exitCode: 2 });
  cpSync(join(world.project, 'one/.env'), join(world.project, 'two/.env'));
  t.match(world.exported(current), { values: {}, exitCode: 2 }, 'the same bytes elsewhere');
});

t.test('7 a link that is made to lead elsewhere', { buffered: true }, async (t) => {
  const world = new World();
  world.put('A=1\n', 'one');
  world.put('A=2\n', 'two');
  link('one')(world);
  await world.allow();
  t.same(world.exported().values, { A: '1' });
  rmSync(join(world.project, '.env'));
  link('two')(world);
  t.match(world.exported(), { values: {}, exitCode: 2, notes: [/changed since you allowed it \(~A\)/] });
});

t.test('109 a file that is swapped all the time', { buffered: true }, async (t) => {
  const world = new World();
  world.put('A=good\n');
  await world.allow();
  const script = 'while :; do printf "A=evil\\n" >a; mv -f a .env; printf "A=good\\n" >a; mv -f a .env; done';
  const swapper = spawn('/bin/sh', ['-c', script], { cwd: world.project, stdio: 'ignore' });
  const seen = new Map<unknown, number>();
  for (let look = 0; look < 1000; look++) {
    const { values } = world.exported();
    seen.set(values['A'], (seen.get(values['A']) ?? 0) + 1);
  }
  swapper.kill();
  t.same(
    [...seen.keys()].filter((value) => value !== undefined && value !== 'good'),
    [],
    JSON.stringify([...seen]),
  );
});

t.test('113 nothing is allowed by itself', { buffered: true }, async (t) => {
  const world = new World();
  world.put(A);
  for (const env of [{ CI: 'true' }, { ENVHOOK_TRUST: '1', ENVHOOK_STRICT: '0', ENVHOOK_LOG: 'off' }]) {
    const { stdout, stderr, status } = await world.envhook(['export', 'bash'], { env });
    t.same([status, stdout], [2, '']);
    t.match(stderr, /^envhook: ~\/project\/\.env is not allowed; .*\n$/);
  }
  t.equal(world.record(), undefined);
});

// --- allow ---------------------------------------------------------------------------------------

t.test('allow', { buffered: true }, async (t) => {
  await t.test('again keeps the record, so that open shells need not load anew', async (t) => {
    const world = new World();
    world.put(A);
    await world.allow();
    const record = world.record();
    rmSync(planPath(world.places.run, world.project));
    t.match(await world.allow(), { status: 0, stderr: 'envhook: allowed ~/project/.env (A)\n' });
    t.equal(world.record(), record);
    t.equal(world.planKind(), 'load', 'and makes the plan again');
  });

  await t.test('114 asks for the full path of a directory above', async (t) => {
    const world = new World();
    world.put(A);
    const cwd = join(world.project, 'sub');
    mkdirSync(cwd);
    const up = 'envhook: ~/project is above the present directory; give its full path: ~/project\n';
    for (const path of ['..', '../', '../.env', '../../project']) {
      t.match(await world.envhook(['allow', path], { cwd }), { status: 64, stderr: up }, path);
    }
    t.match(await world.envhook(['allow'], { cwd }), {
      status: 64,
      stderr: 'envhook: no .env file in ~/project/sub; for the one above: envhook allow ~/project\n',
    });
    t.equal(world.record(), undefined);
    t.match(await world.envhook(['allow', world.project], { cwd }), { status: 0 });
    t.same(world.exported(cwd).values, { A: SECRET });
  });

  await t.test('takes a directory or one of its files, and says what it cannot take', async (t) => {
    const world = new World();
    world.put(A);
    world.put('B=1\n', 'sub/.env.local');
    for (const path of ['sub', 'sub/', 'sub/.env.local', 'sub/.env', './sub/../sub']) {
      t.match(
        await world.allow(path),
        { status: 0, stderr: 'envhook: allowed ~/project/sub/.env.local (B)\n' },
        path,
      );
    }
    t.equal(world.record(), undefined, 'only what was named');
    t.match(await world.allow('nowhere'), {
      status: 64,
      stderr: 'envhook: there is no directory ~/project/nowhere; check the path\n',
    });
    rmSync(join(world.project, '.env'));
    t.match(await world.allow(), {
      status: 64,
      stderr: 'envhook: no .env file in ~/project; make one, then: envhook allow\n',
    });
  });

  await t.test('remembers a consent as long as the value is the same', async (t) => {
    const world = new World();
    const path = world.put(`EDITOR=${SECRET}\nPAGER=less\n`);
    const refused = await world.allow('--consent', 'EDITOR');
    t.match(refused, {
      status: 5,
      stderr:
        /^envhook: ~\/project sets what needs your consent: PAGER is or configures a program that others start; envhook allow --consent PAGER\n$/,
    });
    t.equal(world.record(), undefined, 'half a consent is none');
    t.equal((await world.allow('--consent', 'EDITOR', '--consent', 'PAGER')).status, 0);
    t.same(parseApproval(world.record() ?? '')?.consents, ['EDITOR', 'PAGER']);
    appendFileSync(path, 'A=1\n');
    t.equal((await world.allow()).status, 0, 'other variables do not matter');
    writeFileSync(path, `EDITOR=other\nPAGER=less\nA=1\n`);
    t.match(
      await world.allow(),
      { status: 5, stderr: /--consent EDITOR\n$/ },
      'another value is asked for again',
    );
    t.match(world.exported(), { values: {}, exitCode: 2 });
  });

  await t.test('is all or nothing over the set of files', async (t) => {
    const world = new World();
    world.put(A);
    execFileSync('mkfifo', [join(world.project, '.env.local')]);
    t.match(await world.allow(), {
      status: 3,
      stderr: /^envhook: ~\/project\/\.env\.local is a named pipe; .*\n$/,
    });
    t.equal(world.record(), undefined);
    rmSync(join(world.project, '.env.local'));
    world.put('B="\n', '.env.local');
    t.match(await world.allow(), {
      status: 4,
      stderr: /^envhook: ~\/project\/\.env\.local:1:3: B: quote not closed; .*\n$/,
    });
    t.equal(world.record(), undefined);
  });

  await t.test('101 allow and deny at once: one of them, whole', async (t) => {
    const world = new World();
    world.put(A);
    await Promise.all(['allow', 'deny', 'allow', 'deny', 'allow'].map((command) => world.envhook([command])));
    const approval = parseApproval(world.record() ?? '');
    t.ok(approval);
    t.same(leftovers(world.home), []);
    t.same(world.exported().values, approval?.state === 'allowed' ? { A: SECRET } : {});
  });
});

t.test('68 69 72 odd directories', { buffered: true }, async (t) => {
  t.jobs = 4;
  const cases: [name: string, shown: string][] = [
    ['$(touch pwned)', '$(touch pwned)'],
    ['`touch pwned`', '`touch pwned`'],
    [`it's "quoted"`, `it's "quoted"`],
    ['%s*?[a]{b,c}', '%s*?[a]{b,c}'],
    ['-n', '-n'],
    [' ', ' '],
    ['end\\', 'end\\'],
    ['é~ü', 'é~ü'],
    ['\x1b[31m\x07', '\\e[31m\\x07'],
    ['\u009b\u202e', '\\x9b\\u{202e}'],
    ['d'.repeat(200), 'd'.repeat(200)],
    [Array(12).fill('e'.repeat(60)).join('/'), Array(12).fill('e'.repeat(60)).join('/')],
  ];
  for (const [name, shown] of cases) {
    void t.test(shown.slice(0, 20), { buffered: true }, async (t) => {
      const world = new World();
      world.put('A=$PWD\n', `${name}/.env`);
      const cwd = join(world.project, name);
      t.match(await world.envhook(['allow'], { cwd }), {
        status: 0,
        stderr: `envhook: allowed ~/project/${shown}/.env (A)\n`,
      });
      t.same(world.exported(cwd).values, { A: cwd });
      t.equal(world.planKind(cwd), 'load');
      t.same(denyDirectory(world.context(), `./${name}`).notes, [
        `denied ~/project/${shown}/.env; take it back with: envhook allow`,
      ]);
    });
  }
});

// --- export --------------------------------------------------------------------------------------

t.test('export', { buffered: true }, async (t) => {
  const world = new World();
  world.put(`A=${SECRET}\nB="it's\n\\\\"\nOLD=new\nLIST=x:$LIST\n`);
  await world.allow();
  const before = { OLD: 'old', LIST: 'a:b' };

  await t.test('prints statements for each shell', async (t) => {
    const loads = {
      bash: `export A='${SECRET}'\nexport B='it'\\''s\n\\\\'\nexport LIST='x:a:b'\nexport OLD='new'\nexport ENVHOOK_SESSION='ID'\n`,
      zsh: `export A='${SECRET}'\nexport B='it'\\''s\n\\\\'\nexport LIST='x:a:b'\nexport OLD='new'\nexport ENVHOOK_SESSION='ID'\n`,
      fish: `set -gx A '${SECRET}'\nset -gx B 'it\\'s\n\\\\\\\\'\nset -gx LIST 'x:a:b'\nset -gx OLD 'new'\nset -gx ENVHOOK_SESSION 'ID'\n`,
    };
    for (const [shell, text] of Object.entries(loads)) {
      const { stdout, stderr, status } = await world.envhook(['export', shell], { env: before });
      t.same([stdout.replace(/\d+-\d+-\d+/, 'ID'), stderr, status], [text, '', 0], shell);
    }
    const { stdout } = await world.envhook(['export', 'json'], { env: before });
    const json = { A: SECRET, B: "it's\n\\\\", LIST: 'x:a:b', OLD: 'new', ENVHOOK_SESSION: /^[\d-]+$/ };
    t.match(parseExport(stdout), json);
    t.same(Object.keys(parseExport(stdout)), Object.keys(json));
  });

  await t.test('takes back what it loaded, from ENVHOOK_SESSION', async (t) => {
    const { stdout } = await world.envhook(['export', 'json'], { env: before });
    const env = loadedFrom(stdout, before);
    t.same(
      await world.envhook(['export', 'bash'], { env }),
      { stdout: '', stderr: '', status: 0 },
      'nothing to do, nothing printed',
    );
    const away = await world.envhook(['export', 'bash'], { env, cwd: world.home });
    t.same(away, {
      stdout: "unset -v A\nunset -v B\nexport LIST='a:b'\nexport OLD='old'\nunset -v ENVHOOK_SESSION\n",
      stderr: '',
      status: 0,
    });
    t.match(await world.envhook(['export', 'fish'], { env, cwd: world.home }), { stdout: /^set -eg A\n/ });
    t.match(await world.envhook(['export', 'json'], { env, cwd: world.home }), { stdout: /"A": null/ });
    const changed = { ...env, OLD: 'mine', LIST: 'z:x:a:b:c' };
    t.same(
      world.exported(world.home, changed).values,
      { A: undefined, B: undefined, LIST: 'z:a:b:c' },
      "the user's changes stay",
    );
  });

  await t.test('believes no session that is not ours and whole', async (t) => {
    const forged = join(world.project, 'forged');
    writeFileSync(forged, '', { mode: 0o600 });
    const target = { OLD: 'new', A: SECRET };
    for (const id of ['../../project/forged', 'x', '', '1-1', '1-1\n', '999999999-1-1']) {
      t.same(world.exported(world.home, { ...target, ENVHOOK_SESSION: id }).values, {}, JSON.stringify(id));
    }
    const { stdout } = await world.envhook(['export', 'json'], { env: before });
    const env = loadedFrom(stdout, before);
    const file = join(world.places.run, 'sessions', env['ENVHOOK_SESSION'] ?? '');
    const bytes = readFileSync(file);
    const damage: [title: string, act: () => void][] = [
      ['cut off', () => writeFileSync(file, bytes.subarray(0, -3))],
      ['another version', () => writeFileSync(file, bytes.toString().replace('\x001\0', '\x002\0'))],
      ['writable by others', () => chmodSync(file, 0o622)],
      [
        'a link',
        () => {
          renameSync(file, `${file}.real`);
          symlinkSync(`${file}.real`, file);
        },
      ],
    ];
    for (const [title, act] of damage) {
      rmSync(file, { force: true });
      writeFileSync(file, bytes, { mode: 0o600 });
      act();
      t.same(world.exported(world.home, env).values, {}, title);
    }
  });

  await t.test('77 stacks directories, and leaves out only the one that is blocked', async (t) => {
    world.put('OLD=inner\nC=$A\n', 'sub/.env');
    const sub = join(world.project, 'sub');
    const blocked = await world.envhook(['export', 'bash'], { cwd: sub, env: before });
    t.match(blocked, {
      status: 0,
      stderr: 'envhook: ~/project/sub/.env is not allowed; look: envhook diff, accept: envhook allow\n',
    });
    t.match(blocked.stdout, `export A='${SECRET}'\n`);
    t.match(world.exported(sub, before).values, { A: SECRET, OLD: 'new' });
    await world.allow('sub');
    t.match(world.exported(sub, before).values, { A: SECRET, OLD: 'inner', C: SECRET });
    const env = loadedFrom(
      (await world.envhook(['export', 'json'], { cwd: sub, env: before })).stdout,
      before,
    );
    t.same(
      world.exported(world.project, env).values,
      { OLD: 'new', C: undefined },
      'leaving undoes one layer',
    );

    world.put('C=${NEEDED:?ask ops}\n', 'sub/.env');
    await world.allow('sub');
    t.match(world.exported(sub, before), {
      values: { A: SECRET, OLD: 'new' },
      exitCode: 0,
      notes: [
        /^~\/project\/sub\/\.env:1: C: needs NEEDED, which is not set: ask ops; nothing is loaded from it$/,
      ],
    });

    world.put('# envhook: root\nC=1\n', 'sub/.env');
    await world.allow('sub');
    t.same(world.exported(sub, before).values, { C: '1' }, 'a root ends the climb');
  });

  await t.test('78 looks no further than the home directory', async (t) => {
    writeFileSync(join(base, '.env'), A);
    t.match(world.exported(world.home), { values: {}, notes: [], exitCode: 0 });
    rmSync(join(base, '.env'));
  });

  await t.test('65 refuses an environment that no program could be started with', async (t) => {
    const limit = environmentLimit(process.platform);
    const length = Math.floor(limit / 61_680) + 1;
    const big = Object.fromEntries(Array.from({ length }, (_, n) => [`BIG${n}`, 'x'.repeat(61_680)]));
    const message = `the environment would be larger than ${isLinux ? '1 MiB' : '512 KiB'}`;
    t.throws(() => world.exported(undefined, big), { message, exitCode: 6 });
    const { stdout, stderr, status } = await world.envhook(['export', 'bash'], { env: big });
    t.same([stdout, status], ['', 6]);
    t.match(stderr, new RegExp(`^envhook: ${message}; .*\\n$`));
    t.same(world.exported(world.home, big).values, {}, 'but it is nobody else’s business');

    const half = new Map([...'abcdefghi'].map((name) => [name, 'x'.repeat(61_680)]));
    checkSize(half, environmentLimit('linux'));
    t.throws(
      () => checkSize(half, environmentLimit('darwin')),
      { message: 'the environment would be larger than 512 KiB', exitCode: 6 },
      'where arguments count, too, there is room for them',
    );
  });

  await t.test('73 in a directory that is gone, there is nothing to do but to unload', async (t) => {
    const env = loadedFrom((await world.envhook(['export', 'json'], { env: before })).stdout, before);
    const gone = join(world.home, 'gone');
    const inGone = (args: string[]) => {
      mkdirSync(gone);
      return run(['sh', '-c', 'rmdir "$PWD"; exec "$0" "$@"', launcher, ...args], gone, {
        ...env,
        HOME: world.home,
      });
    };
    t.match(await inGone(['export', 'bash']), {
      stdout: /^unset -v A\n/,
      stderr: /^(sh: .*getcwd.*\n)?$/, // dash itself
      status: 0,
    });
    t.match(await inGone(['allow']), {
      stdout: '',
      stderr: /^(sh: .*getcwd.*\n)?envhook: the present directory is gone; cd to one that is there\n$/,
      status: 64,
    });
  });

  await t.test("103 the user's variables for Node act on what is loaded, not on envhook", async (t) => {
    const odd = {
      NODE_OPTIONS: '--bogus --require=/nowhere.js',
      NODE_V8_COVERAGE: join(world.project, 'coverage'),
      NODE_DEBUG: 'fs,module',
      NODE_PATH: '/nowhere',
      NODE_EXTRA_CA_CERTS: '/nowhere',
      LD_PRELOAD: '',
      SSL_CERT_FILE: '/nowhere',
    };
    const { stdout, stderr, status } = await world.envhook(['export', 'json'], {
      env: { ...before, ...odd },
    });
    t.same([status, stderr], [0, '']);
    t.same(
      Object.keys(parseExport(stdout)),
      ['A', 'B', 'LIST', 'OLD', 'ENVHOOK_SESSION'],
      'none of them is lost',
    );
    t.notOk(existsSync(join(world.project, 'coverage')));
    world.put('NODE_OPTIONS="$NODE_OPTIONS --trace-warnings"\n', 'node/.env');
    // With them: consent covers the value that a reference brings.
    await world.envhook(['allow', 'node', '--consent', 'NODE_OPTIONS'], { env: odd });
    const appended = await world.envhook(['export', 'json'], { cwd: join(world.project, 'node'), env: odd });
    t.match(JSON.parse(appended.stdout), { NODE_OPTIONS: '--bogus --require=/nowhere.js --trace-warnings' });
  });

  await t.test('a wrong call', async (t) => {
    t.match(await world.envhook(['export', 'rc']), {
      status: 64,
      stdout: '',
      stderr: /^envhook: cannot write for rc; one of: bash zsh fish .*\n$/,
    });
    t.match(await world.envhook(['export']), {
      status: 64,
      stdout: '',
      stderr: /^envhook: missing required argument/,
    });
    t.match(await world.envhook(['frob\x1b']), {
      status: 64,
      stdout: '',
      stderr: /^envhook: unknown command 'frob\\e'\n\(try: envhook --help\)\n$/,
    });
    t.match(await world.envhook(['allow', 'a', 'b']), {
      status: 64,
      stdout: '',
      stderr: /^envhook: too many arguments/,
    });
    t.match(await world.envhook(['--version']), { status: 0, stdout: /^\d+\.\d+\.\d+\n$/, stderr: '' });
    t.match(await world.envhook(['--help']), { status: 0, stdout: /Usage: envhook/, stderr: '' });
  });
});

// --- status --------------------------------------------------------------------------------------

t.test('status says what is there, what comes of it, and why', { buffered: true }, async (t) => {
  const world = new World();
  t.same(await world.envhook(['status']), { stdout: 'no .env file here or above\n', stderr: '', status: 0 });
  world.put(`B=1\nA=${SECRET}\nUID=1\nEDITOR=vi\n`);
  world.put('C="\n', 'sub/.env');
  const cwd = join(world.project, 'sub');
  await world.allow('--consent', 'EDITOR');
  const { stdout: text, stderr, status } = await world.envhook(['status'], { cwd });
  t.same([stderr, status], ['', 0]);
  t.same(text.split('\n'), [
    '~/project/.env: allowed, not loaded in this shell',
    '  A B EDITOR',
    '  UID is left out: it belongs to the shell',
    '~/project/sub/.env is not allowed; look: envhook diff, accept: envhook allow',
    '',
  ]);
  const env = loadedFrom((await world.envhook(['export', 'json'])).stdout);
  t.match((await world.envhook(['status'], { env })).stdout, /^~\/project\/\.env: allowed, loaded\n/);
  const json = JSON.parse((await world.envhook(['status', '--json'], { cwd })).stdout);
  t.match(json, {
    version: 1,
    directory: cwd,
    storage: { data: world.places.data, run: world.places.run },
    layers: [
      {
        directory: world.project,
        realDirectory: world.project,
        files: ['.env'],
        verdict: 'allowed',
        text: null,
        profile: null,
        variables: ['A', 'B', 'EDITOR'],
        leftOut: [{ name: 'UID', reason: 'belongs to the shell' }],
        askedFor: [{ name: 'EDITOR' }],
      },
      { directory: cwd, verdict: 'not-allowed', text: /is not allowed/, variables: [] },
    ],
  });
  t.equal(shownSecrets(text + JSON.stringify(json)), '');
  chmodSync(join(world.project, '.env'), 0o606);
  t.match((await world.envhook(['status'])).stdout, /^~\/project\/\.env can be written by everybody; /);
});

t.test('what cannot be written is an error, who reads no more is none', async (t) => {
  const world = new World();
  world.put(`A=${'x'.repeat(30_000)}\nB=${'x'.repeat(30_000)}\n`);
  await world.allow();
  const inShell = (script: string) => world.envhook([], { before: ['sh', '-c', script] });
  for (const command of ['export json', 'export json --all', '--help', 'status --json']) {
    const { stderr } = await inShell(`"$0" ${command} | true`);
    t.equal(stderr, '', `${command} | true`);
    if (!existsSync('/dev/full')) continue;
    const full = await inShell(`"$0" ${command} >/dev/full`);
    t.match(
      full,
      { status: 7, stderr: /^envhook: the output cannot be written: ENOSPC; [^\n]*\n$/ },
      command,
    );
  }
});

// --- prune ---------------------------------------------------------------------------------------

// Not beside others: with a run directory in /run/user it would take their sessions away.
t.test('prune forgets what nothing needs any more, and nothing else', async (t) => {
  const world = new World();
  t.match(await world.envhook(['prune']), { status: 0, stderr: 'envhook: nothing to prune\n' });
  world.put('A=1\n', 'kept/.env');
  world.put('A=1\n', 'gone/.env');
  world.put('A=1\n', 'stale/.env');
  const { data, run } = world.places;
  for (const name of ['kept', 'gone', 'stale']) await world.allow(name);
  const stalePlan = planPath(run, join(world.project, 'stale'));
  const oldPlan = readFileSync(stalePlan);
  await world.envhook(['deny', 'stale']);
  writeFileSync(stalePlan, oldPlan);
  rmSync(join(world.project, 'gone'), { recursive: true });
  const inUse = spawn('sleep', ['60'], {
    env: { ...process.env, ENVHOOK_SESSION: '999999999-1-1' },
    stdio: 'ignore',
  });
  const now = Math.floor(Date.now() / 1000);
  for (const name of ['999999999-1-1', '999999999-1-2', `${process.pid}-${now}-1`])
    writeFileSync(join(run, 'sessions', name), 'x', { mode: 0o600 });
  const dead = '.999999999-abc123.tmp';
  const alive = `.${process.pid}-abc123.tmp`;
  for (const name of [dead, alive]) {
    writeFileSync(join(data, 'approvals', name), 'half');
    writeFileSync(join(dirname(stalePlan), name), 'half');
    writeFileSync(join(data, name), 'half');
    writeFileSync(join(run, 'sessions', name), 'half');
  }
  const heard = join(run, 'heard');
  mkdirSync(heard, { recursive: true, mode: 0o700 });
  writeFileSync(join(heard, '999999999-'), '');
  const { stderr, status } = await world.envhook(['prune']);
  inUse.kill();
  t.same(readdirSync(heard), [], 'what a daemon that was killed left');
  t.equal(status, 0);
  // Where the run directory is shared, other tests' leftovers count, too.
  t.match(stderr, /^envhook: forgot ~\/project\/gone\nenvhook: pruned 1 approvals, \d+ plans\n$/);
  if (run.startsWith(world.home)) t.match(stderr, ', 2 plans\n');
  t.ok(world.record(join(world.project, 'kept')) && world.record(join(world.project, 'stale')));
  t.notOk(world.record(join(world.project, 'gone')));
  t.same(
    ['kept', 'gone', 'stale'].map((name) => world.planKind(join(world.project, name))),
    ['load', undefined, undefined],
  );
  t.equal(existsSync(join(run, 'sessions/999999999-1-1')), true, 'a session that a process refers to');
  t.equal(existsSync(join(run, 'sessions/999999999-1-2')), !isLinux, 'one that nobody refers to');
  t.equal(existsSync(join(run, `sessions/${process.pid}-${now}-1`)), true, 'one of a shell that is alive');
  t.same(
    [dead, alive].map((name) => existsSync(join(data, 'approvals', name))),
    [false, true],
    'a half-written file of a dead writer',
  );
  for (const directory of [dirname(stalePlan), data, join(run, 'sessions')]) {
    t.same(
      [dead, alive].map((name) => existsSync(join(directory, name))),
      [false, true],
      directory,
    );
  }
  t.match((await world.envhook(['prune'])).stderr, /pruned 0 approvals/);
});

// --- storage -------------------------------------------------------------------------------------

t.test(
  'a record that cannot be believed is as good as none, and allow writes it anew',
  { buffered: true },
  async (t) => {
    const world = new World();
    world.put(A);
    await world.allow();
    const path = recordPath(world.places, world.project);
    const record = readFileSync(path, 'utf8');
    t.match(record, /^\{"envhook":1,"id":"[\w-]{22}",\n/);
    const damage: [title: string, act: () => void][] = [
      ['another version', () => writeFileSync(path, record.replace('"envhook":1', '"envhook":2'))],
      ['cut off', () => writeFileSync(path, record.slice(0, -20))],
      ['empty', () => writeFileSync(path, '')],
      ['no object', () => writeFileSync(path, '[1]')],
      ['random bytes', () => writeFileSync(path, Buffer.from([0xff, 0, 1, 2, 0xfe]))],
      [
        'fields of another type',
        () => writeFileSync(path, record.replace('"consents": []', '"consents": "EDITOR"')),
      ],
      ['a missing field', () => writeFileSync(path, record.replace('"state"', '"stat"'))],
      ["another directory's", () => writeFileSync(path, record.replace('/project"', '/projekt"'))],
      ['writable by others', () => chmodSync(path, 0o660)],
      [
        'a link',
        () => {
          renameSync(path, `${path}.real`);
          symlinkSync(`${path}.real`, path);
        },
      ],
      [
        'a directory',
        () => {
          rmSync(path);
          mkdirSync(path);
          rmSync(path, { recursive: true });
        },
      ],
    ];
    if (isRoot) damage.push(["another user's", () => chownSync(path, NOBODY, NOBODY)]);
    for (const [title, act] of damage) {
      rmSync(path, { force: true });
      writeFileSync(path, record, { mode: 0o600 });
      t.same(world.exported().values, { A: SECRET });
      act();
      t.match(world.exported(), { values: {}, exitCode: 2 }, title);
    }
    t.equal((await world.allow()).status, 0);
    t.same(world.exported().values, { A: SECRET });
  },
);

t.test('99 a damaged plan is replaced', { buffered: true }, async (t) => {
  const world = new World();
  world.put(A);
  const plan = planPath(world.places.run, world.project);
  await world.allow();
  const good = readFileSync(plan);
  writeFileSync(plan, good.subarray(0, 50));
  await world.allow();
  t.same(readFileSync(plan), good);
  rmSync(plan);
  symlinkSync(world.put('keep me', 'victim'), plan);
  await world.allow();
  t.same(
    [readFileSync(plan), lstatSync(plan).isFile(), readFileSync(join(world.project, 'victim'), 'utf8')],
    [good, true, 'keep me'],
  );
});

t.test('what is stored is private and tells no value', { buffered: true }, async (t) => {
  const world = new World();
  world.put(`TOKEN=${SECRET}\nPIN=1234\nURL="$BASE/${SECRET}"\n`);
  await world.allow();
  await world.envhook(['export', 'bash']);
  await world.envhook(['deny']);
  await world.allow();
  const hashes = [SECRET, '1234'].flatMap((value) =>
    ['md5', 'sha1', 'sha256', 'sha512'].flatMap((algorithm) =>
      (['hex', 'base64', 'base64url'] as const).map((encoding) =>
        digest(algorithm, value).toString(encoding).slice(0, 20),
      ),
    ),
  );
  for (const path of filesBelow(world.places.data)) {
    const stats = lstatSync(path);
    t.equal(stats.mode & 0o077, 0, path);
    if (!stats.isFile() || path.includes('/plans/') || path.includes('/sessions/')) continue;
    const text = readFileSync(path, 'latin1');
    t.same(
      [SECRET, '1234', ...hashes].filter((value) => text.includes(value)),
      [],
      path,
    );
  }
  const { variables } = parseApproval(world.record() ?? '') ?? {};
  const other = new World();
  other.put(`TOKEN=${SECRET}\nPIN=1234\n`);
  await other.allow();
  t.not(
    parseApproval(other.record() ?? '')?.variables['PIN'],
    variables?.['PIN'],
    'keyed: another user, another digest',
  );
});

t.test('96 storage that is not private is not used', { buffered: true }, async (t) => {
  const cases: [title: string, prepare: (data: string) => void, skip?: false | string][] = [
    [
      'a link',
      (data) => {
        mkdirSync(`${data}.real`, { recursive: true, mode: 0o700 });
        symlinkSync(`${data}.real`, data);
      },
    ],
    [
      "another user's",
      (data) => mkdirSync(data, { recursive: true, mode: 0o700 }) && chownSync(data, NOBODY, NOBODY),
      needsRoot,
    ],
    [
      'a file',
      (data) => {
        mkdirSync(dirname(data), { recursive: true });
        writeFileSync(data, '');
      },
    ],
  ];
  for (const [title, prepare, skip = false] of cases) {
    await t.test(title, { skip }, async (t) => {
      const world = new World();
      world.put(A);
      prepare(world.places.data);
      for (const command of ['allow', 'deny', 'prune']) {
        const { stdout, stderr, status } = await world.envhook([command]);
        t.same([stdout, status], ['', 7], command);
        t.match(stderr, /^envhook: .*\/envhook.*; .*\n$/, command);
      }
      t.same(filesBelow(world.places.data), [], 'nothing is written');
    });
  }
});

t.test('96 storage that others could write is closed again, and the command does nothing else', async (t) => {
  for (const command of ['allow', 'deny', 'prune', 'status']) {
    const world = new World();
    world.put(A);
    mkdirSync(world.places.data, { recursive: true });
    chmodSync(world.places.data, 0o777);
    t.match(await world.envhook([command]), {
      status: 7,
      stdout: '',
      stderr: /^envhook: others could write to .*\/envhook; it is closed again, .*: envhook allow\n$/,
    });
    t.equal(statSync(world.places.data).mode & 0o777, 0o700, command);
    t.same(filesBelow(world.places.data), [], 'nothing is written');
  }
});

t.test(
  '97 98 a disk that is read-only or full',
  { buffered: true, skip: !mounts && 'needs root that may mount' },
  async (t) => {
    const world = new World();
    world.put(A);
    const disk = join(world.home, 'disk');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=128k,mode=700', 'none', disk]);
    t.teardown(() => void spawnSync('umount', [disk]));
    const env = { XDG_DATA_HOME: disk };
    t.equal((await world.envhook(['allow'], { env })).status, 0);
    const stored = () =>
      filesBelow(disk)
        .filter((path) => lstatSync(path).isFile() && !path.endsWith('/fill'))
        .map((path) => [path, readFileSync(path, 'hex')]);
    const old = stored();
    world.put(`A=${SECRET}2\n`);

    execFileSync('mount', ['-o', 'remount,ro', disk]);
    t.match(await world.envhook(['allow'], { env }), {
      status: 7,
      stdout: '',
      stderr: /^envhook: cannot write .*: the file system is read-only; .*\n$/,
    });
    t.same(stored(), old);

    execFileSync('mount', ['-o', 'remount,rw', disk]);
    spawnSync('dd', ['if=/dev/zero', `of=${disk}/fill`, 'bs=4k'], { stdio: 'ignore' });
    t.match(await world.envhook(['allow'], { env }), {
      status: 7,
      stdout: '',
      stderr: /^envhook: cannot write .*: the disk is full; make room and try again\n$/,
    });
    t.same(stored(), old, 'the old ones are as they were, and no half of a new one is there');
    rmSync(`${disk}/fill`);
    t.equal((await world.envhook(['allow'], { env })).status, 0);
  },
);

t.test('97 a home in which nothing can be made', { buffered: true }, async (t) => {
  const world = new World();
  world.put(A);
  writeFileSync(join(world.home, '.local'), '');
  const { stderr, status } = await world.allow();
  t.equal(status, 7);
  t.match(stderr, /^envhook: cannot make the directory .*: part of the path is no directory; .*\n$/);
});

t.test('93 94 places that do not count', { buffered: true }, async (t) => {
  const world = new World();
  world.put(A);
  const storage = async (env: Record<string, string>, cwd = world.project) =>
    JSON.parse((await run([launcher, 'status', '--json'], cwd, { PWD: cwd, ...env })).stdout).storage.data;
  const real = homeOnRecord();
  await t.test(
    'the home directory on record instead',
    { skip: real === undefined && 'there is none' },
    async (t) => {
      for (const env of [
        {},
        { HOME: '' },
        { HOME: 'project' },
        { HOME: '/dev/null' },
        { HOME: '/nowhere' },
      ]) {
        t.equal(
          await storage(env, world.home),
          join(real ?? '', '.local/share/envhook'),
          JSON.stringify(env),
        );
      }
    },
  );
  const HOME = world.home;
  t.equal(await storage({ HOME: `${HOME}//` }), world.places.data, 'slashes at the end');
  t.equal(await storage({ HOME, XDG_DATA_HOME: 'data' }), world.places.data, 'relative');
  t.equal(await storage({ HOME, XDG_DATA_HOME: '' }), world.places.data, 'empty');
  t.equal(await storage({ HOME, XDG_DATA_HOME: `${HOME}/data/` }), `${HOME}/data/envhook`, 'absolute');
  t.same(readdirSync(world.home), ['project']);
  t.same(readdirSync(world.project), ['.env']);
});

t.test("102 root with another user's home", { buffered: true, skip: needsRoot }, async (t) => {
  const world = new World();
  world.put(A);
  chownSync(world.home, NOBODY, NOBODY);
  for (const args of [['allow'], ['deny'], ['status'], ['export', 'bash'], ['prune']]) {
    const { stdout, stderr, status } = await world.envhook(args);
    t.same([stdout, status], ['', 3], args.join(' '));
    t.match(stderr, /^envhook: .* is another user's; use sudo -H, or log in as root\n$/);
  }
  t.same(readdirSync(world.home), ['project']);
});

// --- helpers -------------------------------------------------------------------------------------

/** Runs a program with this environment and nothing else: tap adds NODE_OPTIONS to that of every child. */
function run(command: readonly string[], cwd: string, env: Record<string, string>): Promise<Result> {
  const variables = Object.entries({ PATH: searchPath, ...env }).map(([name, value]) => `${name}=${value}`);
  const child = spawn('/usr/bin/env', ['-i', ...variables, ...command], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const result = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => {
    result.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    result.stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (status) => resolve({ ...result, status }));
  });
}

/** What `export json` printed, without what is there for editors. */
function parseExport(json: string): Record<string, string> {
  const entries = Object.entries(JSON.parse(json) as Record<string, string>);
  return Object.fromEntries(entries.filter(([name]) => !name.startsWith('DIRENV_')));
}

/** The environment after what `export json` printed. */
function loadedFrom(json: string, before: Record<string, string> = {}): Record<string, string> {
  return { ...before, ...parseExport(json) };
}

function shownSecrets(text: string): string {
  return text.includes(SECRET) ? text : '';
}

function manyLines(count: number, broken = -1): string {
  return Array.from({ length: count }, (_, n) => `N${n}=${n === broken ? '"' : '1'}\n`).join('');
}

function link(target: string): (world: World) => void {
  return ({ project }) => symlinkSync(target, join(project, '.env'));
}

// The address of a socket is short, so it is elsewhere.
function putSocket({ project }: World): void {
  const directory = mkdtempSync(join(tmpdir(), 'envhook-'));
  const server = createServer().listen(join(directory, 's'));
  symlinkSync(join(directory, 's'), join(project, '.env'));
  t.teardown(() => {
    server.close();
    rmSync(directory, { recursive: true });
  });
}

function putForeignLink(world: World): void {
  const theirs = world.put(A, 'theirs');
  linkSync(theirs, join(world.project, '.env'));
  chownSync(theirs, NOBODY, NOBODY);
}

/** The home directory that the user database has for whoever runs the tests. */
function homeOnRecord(): string | undefined {
  try {
    return userInfo().homedir;
  } catch {
    return undefined;
  }
}

/** A world that belongs to a user who is not root. */
function nobodysWorld(): World {
  const world = new World();
  for (const path of [world.home, world.project]) chownSync(path, NOBODY, NOBODY);
  return world;
}

function canMount(): boolean {
  const directory = mkdtempSync(join(tmpdir(), 'envhook-'));
  const mounted = succeeds('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'none', directory]);
  if (mounted) execFileSync('umount', [directory]);
  rmSync(directory, { recursive: true });
  return mounted;
}

function succeeds(program: string, args: string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}

function filesBelow(directory: string): string[] {
  if (!existsSync(directory) || !lstatSync(directory).isDirectory()) return [];
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((name) => join(directory, name));
}

function leftovers(directory: string): string[] {
  return filesBelow(directory).filter((path) => path.endsWith('.tmp'));
}

function digest(algorithm: string, text: string): Buffer {
  return createHash(algorithm).update(text).digest();
}

// Plans are beside those of the user who runs the tests where the system has a directory for that.
function removePlans(directory: string): void {
  const { run } = placesOf(process.env);
  const plans = join(run, 'plans');
  if (!existsSync(plans)) return;
  for (const depth of readdirSync(plans))
    rmSync(join(plans, depth, directory), { recursive: true, force: true });
}
