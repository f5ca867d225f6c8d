// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references are what env files hold
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { recordPath } from '../src/trust.js';
import { isRoot, NOBODY, Shell, shells, skipWithout, type World } from '../test/shells.js';
import { BAD_ROWS } from './bad-rows.js';
import { type Options, type Part, type Row, skippedRow, Tally } from './part.js';
import { type Scratch, withScratch } from './scratch.js';

/*
 * Bad inputs through the command line and through the hook of each shell: the status, one line for a person, nothing
 * loaded, nothing left behind; or, for what only looks bad, the very values. Rows have the numbers of the list of bad
 * inputs; those about the state of a shell or of the storage are other parts of the proof, or of npm test: OTHERWISE.
 */

const SECRET = 's3cr3t';
const A = `A=${SECRET}\n`;
const STRICT = `# envhook: strict\n${A}`;

type Make = string | Uint8Array | ((directory: string) => unknown);

/** Number and title, what `allow` returns, what there is, and what is set then; nothing if that is left out. */
type Case = [title: string, status: number, make: Make, values?: Record<string, string>, consent?: string[]];

const file = (directory: string, content: string | Uint8Array, name = '.env') =>
  writeFileSync(join(directory, name), content);
const leading = (target: string) => (directory: string) => symlinkSync(target, join(directory, '.env'));
const many = (count: number, broken = -1) =>
  Array.from({ length: count }, (_, n) => `N${n}=${n === broken ? '"' : '1'}\n`).join('');
const withMode =
  (mode: number, content = A) =>
  (directory: string) => {
    file(directory, content);
    chmodSync(join(directory, '.env'), mode);
  };
const foreign = (directory: string) => {
  file(directory, A);
  chownSync(join(directory, '.env'), NOBODY, NOBODY);
};

const CASES: Case[] = [
  ['1 a named pipe', 3, (directory) => spawnSync('mkfifo', [join(directory, '.env')])],
  ['3 a directory', 3, (directory) => mkdirSync(join(directory, '.env'))],
  ['4 /dev/zero', 3, leading('/dev/zero')],
  ['4 /dev/null', 3, leading('/dev/null')],
  ['5 a broken link', 3, leading('nowhere')],
  ['5 a link in a circle', 3, leading('.env')],
  [
    '6 a link to a file elsewhere',
    0,
    (directory) => {
      file(directory, A, 'elsewhere');
      leading('elsewhere')(directory);
    },
    { A: SECRET },
  ],
  ['8 a file of /proc', 3, leading('/proc/self/environ')],
  ...(isRoot ? ([["9 another user's file", 3, foreign]] satisfies Case[]) : []),
  ['10 a file that everybody can write', 3, withMode(0o666)],
  ['11 a file that its group can write', 0, withMode(0o664), { A: SECRET }],
  ...(isRoot
    ? ([
        [
          '14 a hard link to a foreign file',
          3,
          (directory) => {
            file(directory, A, 'theirs');
            chownSync(join(directory, 'theirs'), NOBODY, NOBODY);
            linkSync(join(directory, 'theirs'), join(directory, '.env'));
          },
        ],
      ] satisfies Case[])
    : []),
  ['16 an empty file', 0, '', {}],
  ['16 only comments', 0, '# A=1\n', {}],
  ['17 no line end', 0, 'A=1', { A: '1' }],
  ['18 a NUL byte', 4, `${A}B=\0\n`],
  ['19 a byte order mark', 0, '\ufeffA=1\n', { A: '1' }],
  ['20 UTF-16', 4, Buffer.from(`\ufeff${A}`, 'utf16le')],
  ['20 UTF-16, big-endian', 4, Buffer.from(`\ufeff${A}`, 'utf16le').swap16()],
  ['21 CRLF', 0, 'A=1\r\nB="2"\r\n', { A: '1', B: '2' }],
  ['22 a lone CR', 0, 'A=1\rB=2', { A: '1', B: '2' }],
  ['23 invalid UTF-8', 4, Buffer.concat([Buffer.from(`${A}B=`), Buffer.of(0xff, 10)])],
  ['24 U+2028', 4, `${A}# \u2028B=2\n`],
  ['25 a control in a name', 4, `${A}B\u202eC=1\n`],
  ['26 controls in a value', 0, 'A="\x1b[31m\x07\u202e"\n', { A: '\x1b[31m\x07\u202e' }],
  ['27 several lines', 0, 'A="1\n2\n\n3"\n', { A: '1\n2\n\n3' }],
  ['28 no assignment', 0, 'source x\n[section]\nif\nA=1\n', { A: '1' }],
  ['28 no assignment, strict', 4, `${STRICT}source x\n`],
  ['29 no name', 0, '=x\nA=1\n', { A: '1' }],
  ['29 no name, strict', 4, `${STRICT}=x\n`],
  ['30 an open quote', 4, `${A}B="x\n`],
  ['30 an open single quote', 4, `${A}B='x\n`],
  ['31 text after a quote', 0, 'A="x" y\n', { A: '"x" y' }],
  ['31 text after a quote, strict', 4, `${STRICT}B="x" y\n`],
  ['32 blanks around =', 0, 'A = 1\n', { A: '1' }],
  ['33 a name twice', 0, `A=${SECRET}\nA=2\n`, { A: '2' }],
  ['33 a name twice, strict', 4, `${STRICT}A=2\n`],
  ['34 a hash', 0, 'A=a#b\nB=a #b\n', { A: 'a', B: 'a' }],
  ['35 commands', 0, 'A=$(touch pwned)\nB="`touch pwned`"\n', { A: '$(touch pwned)', B: '`touch pwned`' }],
  ['36 escapes', 0, 'A="a\\nb\\tc\\$x"\n', { A: 'a\nb\\tc$x' }],
  ['37 export', 0, 'export A=1\nexport  B=2\n', { A: '1', B: '2' }],
  ['38 a colon', 0, 'A: 1\n', { A: '1' }],
  ['39 one error among 50', 4, many(50, 25)],
  ['40 one line of 10 MB', 3, `A=${'x'.repeat(10_000_000)}`],
  ['41 an empty value', 0, 'A=\n', { A: '' }],
  ['42 names for exec only', 0, 'A-B=1\na.b=2\nC=3\n', { C: '3' }],
  ['43 names that are none', 0, '\u00c9=1\nA[0]=1\nA[$(touch pwned)]=1\nC=3\n', { C: '3' }],
  ['43 names that are none, strict', 4, `${STRICT}A[$(touch pwned)]=1\n`],
  ['44 a function', 0, 'BASH_FUNC_ls%%=() { touch pwned; }\nC=3\n', { C: '3' }],
  [
    '45 names of JavaScript',
    0,
    '__proto__=1\nconstructor=2\ntoString=3\n',
    { constructor: '2', toString: '3' },
  ],
  ['46 names of the shells', 0, 'UID=1000\nstatus=1\nargv=1\npath=1\nC=3\n', { C: '3' }],
  ['46 names of the shells, strict', 5, `${STRICT}UID=1000\n`],
  ['47 numeric names', 0, 'RANDOM=1\nCOLUMNS=1\nSHLVL=9\nC=3\n', { C: '3' }],
  ['48 names that change the shell', 0, 'IFS=x\nPS1=x\nPROMPT_COMMAND=x\nENV=x\nTMOUT=1\nC=3\n', { C: '3' }],
  ["49 112 envhook's names", 0, 'ENVHOOK_DISABLE=1\n__envhook_run=/tmp\nC=3\n', { C: '3' }],
  ['50 who one is', 0, 'HOME=/\nUSER=x\nXDG_DATA_HOME=/tmp\nPWD=/\nC=3\n', { C: '3' }],
  ['51 LD_PRELOAD', 5, `${A}LD_PRELOAD=x\n`],
  ['52 PATH', 5, `${A}PATH=./bin:$PATH\n`],
  ['52 NODE_OPTIONS', 5, `${A}NODE_OPTIONS=x\n`],
  ['52 with consent', 0, 'GIT_SSH_COMMAND=x\nA=1\n', { GIT_SSH_COMMAND: 'x', A: '1' }, ['GIT_SSH_COMMAND']],
  ['57 a name of 300 characters', 4, `${A}${'N'.repeat(300)}=1\n`],
  ['58 names that differ in case', 0, 'Abc=1\nABC=2\n', { Abc: '1', ABC: '2' }],
  ['59 64 KiB and a byte', 3, `${A}#${'x'.repeat(65536 - A.length)}`],
  ['59 exactly 64 KiB', 0, `A=1\n#${'x'.repeat(65531)}`, { A: '1' }],
  [
    '60 a hole of 3 GiB',
    3,
    (directory) => {
      file(directory, '');
      truncateSync(join(directory, '.env'), 3 * 2 ** 30);
    },
  ],
  ['62 a value of 32 KiB and a byte', 6, `${A}B=${'x'.repeat(32769)}\n`],
  ['62 a value of exactly 32 KiB', 0, `A=${'x'.repeat(32768)}`, { A: 'x'.repeat(32768) }],
  ['63 a value that grows', 6, `B=${'x'.repeat(20000)}\nD=$B$B\n`],
  ['64 1,001 names', 6, many(1001)],
  ['64 exactly 1,000 names', 0, many(1000), { N0: '1', N999: '1' }],
  ['115 a hostile file', 0, `A='${'\x1b[2J'.repeat(500)}'\n`, { A: '\x1b[2J'.repeat(500) }],
];

// Where the other rows are tried, or why they are not.
const OTHERWISE: [rows: number[], where: string][] = [
  [[15], 'npm test: a pipe that takes the place of a file, interrupted'],
  [[53, 95, 103, 109], 'attacks: attributes, XDG variables, NODE_OPTIONS, the swap race'],
  [[66, 86, 93, 97, 98, 104], 'faults: too big, Ctrl-C, no home, read-only, full, no Node'],
  [[81, 82, 83, 84, 85, 87], 'npm test: the shell stays as it was, in any mode'],
  [[88], 'walks: child shells; sudo and su to another user keep what they inherit: documented'],
  [[101], 'together: allow and deny at once'],
  [[79], 'not here: no file system that ignores case or normalises can be mounted'],
  [[80], 'not here: no automounter and no dead server; npm test counts the looks at each level'],
];
const ROWS = 115;

export const badInput: Part = {
  name: 'bad-input',
  async run(_options: Options, report: (row: Row) => void) {
    await withScratch((scratch) => tryAll(scratch, report));
    await tryRows(report);
    report(coveredRows());
  },
};

/** Each row of the list must be tried here or have its place. */
function coveredRows(): Row {
  const tally = new Tally('bad-input', 'rows of the list that are tried, here or elsewhere');
  const here = new Set([
    ...CASES.flatMap(([title]) => [...title.matchAll(/(?<=^|\d )\d+(?= )/g)].map(([row]) => Number(row))),
    ...BAD_ROWS.flatMap(({ rows }) => rows),
  ]);
  const elsewhere = OTHERWISE.flatMap(([rows]) => rows);
  for (let row = 1; row <= ROWS; row++)
    tally.ok(here.has(row) || elsewhere.includes(row), () => `row ${row} is nowhere`);
  const places = OTHERWISE.map(([rows, where]) => `${rows.join(' ')}: ${where}`);
  return tally.row(`${here.size} here; ${places.join('; ')}`);
}

/** Rows that are no single file, in each shell. */
async function tryRows(report: (row: Row) => void): Promise<void> {
  const what = `${BAD_ROWS.length} more: both, and what happens to files, places, approvals, the storage, the shell`;
  for (const name of shells) {
    const reason = skipWithout(name);
    if (reason) {
      report(skippedRow('bad-input', what, name, reason));
      continue;
    }
    const tally = new Tally('bad-input', what, name);
    const left: string[] = [];
    for (const { rows, what, body, skip, only } of BAD_ROWS) {
      if (only !== undefined && !only.includes(name)) continue;
      if (skip) left.push(`not here: ${what}: ${skip}`);
      else
        await withScratch((scratch) =>
          tally.holds(`${rows.join(' ')} ${what}`, async () => {
            const world = scratch.world();
            const shell = await Shell.start(scratch.test, world, name);
            await body({ scratch, world, shell, name, tally });
          }),
        );
    }
    report(tally.row(left.length > 0 ? left.join('; ') : undefined));
  }
}

async function tryAll(scratch: Scratch, report: (row: Row) => void): Promise<void> {
  const world = scratch.world();
  const cli = new Tally('bad-input', `${CASES.length} bad inputs: allow`);
  for (const [index, it] of CASES.entries()) cli.add(allow(world, `p${index}`, it));
  report(cli.row());
  for (const name of shells) {
    const reason = skipWithout(name);
    const what = `${CASES.length} bad inputs: the hook`;
    if (reason) {
      report(skippedRow('bad-input', what, name, reason));
      continue;
    }
    const tally = new Tally('bad-input', what, name);
    const shell = await Shell.start(scratch.test, world, name);
    for (const [index, it] of CASES.entries()) tally.add(await enter(shell, `p${index}`, it));
    tally.ok(!existsSync(world.path('pwned')), () => 'a command was run');
    report(tally.row());
  }
}

/** What is wrong with how `allow` takes it. */
function allow(
  world: World,
  place: string,
  [title, status, make, values, consent = []]: Case,
): string | undefined {
  mkdirSync(world.path(place));
  if (typeof make === 'function') make(world.path(place));
  else world.write(`${place}/.env`, make);
  const words = consent.flatMap((it) => ['--consent', it]);
  const result = world.envhook(['allow', ...words], world.path(place));
  const text = `${title}: ${result.status} ${JSON.stringify(result.stderr.slice(0, 300))}`;
  if (result.status !== status) return `${text}, not ${status}`;
  if (result.stdout !== '' || result.stderr.includes(SECRET)) return `${text}: says a value`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  if (/[^\n -~]|\x1b/.test(result.stderr)) return `${text}: what a terminal obeys`;
  if (!result.stderr.split('\n').every((line) => line === '' || line.startsWith('envhook: '))) return text;
  const record = existsSync(recordPath(world.places, world.path(place)));
  if (record !== (values !== undefined)) return `${text}: ${record ? 'a' : 'no'} record`;
  const plan = existsSync(world.plan(place))
    ? readFileSync(world.plan(place), 'latin1').split('\0')[2]
    : undefined;
  return (plan === 'load') === (values !== undefined) ? undefined : `${text}: plan ${plan}`;
}

/** What is wrong with how the hook takes it: entering, waiting, leaving. */
async function enter(shell: Shell, place: string, [title, , , values]: Case): Promise<string | undefined> {
  const before = await ownNames(shell);
  const { stdout, stderr } = await shell.cd(place);
  const said = stderr.split('\n').filter(Boolean);
  if (stdout !== '' || said.length > 1 || stderr.includes(SECRET))
    return `${title}: ${JSON.stringify(stderr + stdout)}`;
  const inside = await ownNames(shell);
  const wanted = new Map([...before, ...Object.entries(values ?? {})]);
  if ([...inside].sort().join() !== namesOnly(inside, wanted)) return `${title}: ${[...inside].slice(0, 5)}`;
  const again = await shell.run('', '');
  if (again.stderr !== '') return `${title}: says again ${again.stderr}`;
  await shell.cd('');
  const after = await ownNames(shell);
  return [...after].join() === [...before].join()
    ? undefined
    : `${title}: left behind ${[...after].slice(0, 5)}`;
}

async function ownNames(shell: Shell): Promise<Map<string, string>> {
  const all = await shell.environment();
  const own = [...all].filter(([name]) => !['_', 'PWD', 'OLDPWD', 'SHLVL', 'ENVHOOK_SESSION'].includes(name));
  return new Map(own.sort(([a], [b]) => (a < b ? -1 : 1)));
}

// Of files with 1,000 names the first and the last are listed.
function namesOnly(inside: ReadonlyMap<string, string>, wanted: Map<string, string>): string {
  const listed = [...inside].filter(([name]) => wanted.has(name) || !/^N\d+$|^__proto__$/.test(name));
  const rest = [...inside].filter(([name]) => !wanted.has(name) && /^N\d+$|^__proto__$/.test(name));
  const expected = [...wanted].sort().join() === listed.sort().join() ? [...listed, ...rest] : [...wanted];
  return expected.sort().join();
}
