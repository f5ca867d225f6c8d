// biome-ignore-all lint/suspicious/noTemplateCurlyInString: shell code
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { recordPath } from '../src/trust.js';
import {
  asNobody,
  isRoot,
  launcher,
  NOBODY,
  program,
  run,
  Shell,
  type ShellName,
  type World,
} from '../test/shells.js';
import { mustBe, type Tally } from './part.js';
import type { Scratch } from './scratch.js';

/*
 * Bad inputs that are no single file: what happens to files, directories, the storage, approvals, and the state of a
 * shell. Each through the command line and through the hook.
 */

const needsRoot = !(isRoot && program('setpriv')) && 'needs root and setpriv';

interface Given {
  scratch: Scratch;
  world: World;
  /** With the hook, in the home directory. */
  shell: Shell;
  name: ShellName;
  tally: Tally;
}

/** One or more rows of the list: their numbers, what they are, and what is tried. */
export interface BadRow {
  rows: number[];
  what: string;
  body(given: Given): Promise<void>;
  skip?: string | false;
  only?: readonly ShellName[];
}

export const BAD_ROWS: BadRow[] = [
  { rows: [2], what: "another user's pipe above", skip: needsRoot, body: foreignPipe },
  { rows: [7], what: 'a link that is made to lead elsewhere', body: retargeted },
  { rows: [12, 13], what: 'what cannot be read or reached', skip: needsRoot, body: unreadable },
  { rows: [54, 55], what: "a caller's local, a function of that name", body: sameName },
  { rows: [56], what: 'a universal variable of that name', only: ['fish'], body: universal },
  { rows: [61], what: 'a file that grows while it is read', body: growing },
  { rows: [65], what: 'an environment that would be too big', body: tooBig },
  { rows: [67, 99], what: 'a damaged plan', body: damagedPlan },
  { rows: [68, 69, 72], what: 'odd and long directory names', body: oddDirectories },
  { rows: [70, 71], what: 'directory names that are refused', body: refusedDirectories },
  { rows: [73], what: 'a directory that is gone', body: goneDirectory },
  { rows: [74, 75], what: 'linked directories', body: linkedDirectories },
  { rows: [76, 111], what: "moved, copied, another one's approval", body: moved },
  { rows: [77], what: 'an inner directory that is blocked or broken', body: innerBlocked },
  { rows: [78], what: 'above the home directory', body: aboveHome },
  { rows: [89, 90], what: 'what was before, what the user changed', body: putBack },
  { rows: [91], what: 'the hook twice, and in a script', body: twice },
  { rows: [92], what: 'beside other hooks at the prompt', body: besideOthers },
  { rows: [94], what: 'XDG variables that are relative', body: relativeXdg },
  { rows: [96], what: 'storage that others can write', body: openStorage },
  { rows: [100], what: 'two shells make a plan at once', body: twoAtOnce },
  { rows: [102], what: "root in another user's home", skip: needsRoot, body: rootElsewhere },
  { rows: [105], what: 'envhook is killed while it works', body: killedNode },
  { rows: [106, 107, 108], what: 'times that lie, content that comes back', body: lyingTimes },
  { rows: [110], what: 'denied, pruned, removed', body: takenBack },
  { rows: [113, 114], what: 'nobody is asked, a directory above', body: notAsked },
];

/** What the command line says of a directory: the status of a command run with its variables. */
function verdict(world: World, place: string, env: Record<string, string> = {}): number | null {
  return world.envhook(['exec', '--', 'true'], world.path(place), env).status;
}

/** Goes to a place, and what A is there; at most one line may be said, and none again. */
async function look({ shell, tally }: Given, place: string, wanted: string, title: string): Promise<void> {
  const { said, stdout } = await shell.cd(place);
  tally.same([await shell.inside('A'), said.length <= 1, stdout], [wanted, true, ''], `${title}: ${said}`);
  tally.same((await shell.run('', '')).stderr, '', `${title}: said again`);
}

/** At the present place, after something happened. */
async function lookAgain({ shell, tally }: Given, wanted: string, title: string): Promise<void> {
  const { said } = await shell.run('');
  tally.same([await shell.inside('A'), said.length <= 1], [wanted, true], `${title}: ${said}`);
}

async function foreignPipe(given: Given): Promise<void> {
  const { world, tally } = given;
  await world.project('up/mine', 'A=1\n');
  spawnSync('mkfifo', [world.path('up/.env')]);
  chownSync(world.path('up/.env'), NOBODY, NOBODY);
  const { said } = await given.shell.cd('up/mine');
  tally.same(said, ['envhook: loaded ~/up/mine/.env (+A)'], 'nothing about the pipe');
  tally.same(verdict(world, 'up/mine'), 0, 'exec');
  await look(given, '', 'unset', 'left');
}

async function retargeted(given: Given): Promise<void> {
  const { world, tally } = given;
  world.write('one', 'A=1\n');
  world.write('two', 'A=2\n');
  mkdirSync(world.path('api'));
  symlinkSync('../one', world.path('api/.env'));
  await world.allow('api');
  await look(given, 'api', 'set 1', 'as it was allowed');
  rmSync(world.path('api/.env'));
  symlinkSync('../two', world.path('api/.env'));
  await lookAgain(given, 'unset', 'made to lead elsewhere');
  tally.same(verdict(world, 'api'), 2, 'exec');
}

async function unreadable(given: Given): Promise<void> {
  const { scratch, world, name, tally } = given;
  chmodSync(world.path('..'), 0o755);
  world.write('closed/api/.env', 'A=1\n');
  spawnSync('chown', ['-R', `${NOBODY}:${NOBODY}`, world.path('')]);
  const api = world.path('closed/api');
  const envhook = (...args: string[]) =>
    run([...asNobody(), launcher, ...args], { ...world.env, PWD: api }, api);
  tally.same(envhook('allow').status, 0, 'while it can be read');
  const shell = await Shell.start(scratch.test, world, name, { under: asNobody() });
  const theirs = { ...given, shell };
  await look(theirs, 'closed/api', 'set 1', 'while it can be read');
  chmodSync(join(api, '.env'), 0);
  await lookAgain(theirs, 'unset', 'mode 000');
  const { status, stderr } = envhook('allow');
  const lines = stderr.split('\n').filter((line) => line.startsWith('envhook: '));
  tally.same([status, lines.length], [3, 1], `allow: ${stderr}`);
  chmodSync(join(api, '.env'), 0o644);
  await lookAgain(theirs, 'set 1', 'readable again');
  chmodSync(world.path('closed'), 0);
  await lookAgain(theirs, 'unset', 'cannot be reached');
  chmodSync(world.path('closed'), 0o755);
  await lookAgain(theirs, 'set 1', 'can be reached again');
  shell.stop();
}

async function sameName(given: Given): Promise<void> {
  const { world, shell, name, tally } = given;
  await world.project('api', 'A=1\n');
  const api = shell.quote(world.path('api'));
  const define =
    name === 'fish'
      ? `function f; set -l A mine; cd ${api}; echo $A; end; function A; echo called; end`
      : `f() { local A=mine; cd ${api}; echo $A; }; A() { echo called; }`;
  const { stdout } = await shell.run(define, 'f');
  tally.same(stdout.trim(), 'mine', "a caller's local stays");
  tally.same(await shell.inside('A'), 'set 1', 'loaded at the next prompt');
  tally.same((await shell.run('A')).stdout.trim(), 'called', 'a function of that name');
  await look(given, '', 'unset', 'left');
  tally.same((await shell.run('A')).stdout.trim(), 'called', 'it is still there');
}

async function universal(given: Given): Promise<void> {
  const { scratch, world, name, tally } = given;
  await world.project('api', 'A=1\n');
  // The shells of these tests have no universal variables, since they read no configuration: this one does.
  writeFileSync(world.path('../bin/fish'), `#!/bin/sh\nshift\nexec '${program('fish')}' "$@"\n`, {
    mode: 0o755,
  });
  // Its configuration has it tell a terminal of pastes, from the first prompt on.
  const quiet = 'functions -e __fish_enable_bracketed_paste __fish_disable_bracketed_paste';
  const shell = await Shell.start(scratch.test, world, name, { before: ['', quiet, 'set -Ux A universal'] });
  const theirs = { ...given, shell };
  const scopes = async () => (await shell.run('set -qU A; and echo U; set -qg A; and echo g')).stdout.trim();
  await look(theirs, 'api', 'set 1', 'goes over it');
  tally.same(await scopes(), 'U\ng', 'both are there');
  tally.same((await shell.environment()).get('A'), '1', 'a child sees it');
  await look(theirs, '', 'set universal', 'left');
  tally.same(await scopes(), 'U', 'the universal one alone');
  shell.stop();
}

async function growing(given: Given): Promise<void> {
  const { scratch, world, tally } = given;
  world.write('api/.env', 'A=1\n');
  const grow = `
    const { appendFileSync, truncateSync } = require('node:fs');
    for (let i = 0; ; i++) { appendFileSync('.env', 'B=' + 'x'.repeat(500) + '\\n'); if (i % 300 === 0) truncateSync('.env', 4); }`;
  const child = spawn(process.execPath, ['-e', grow], { cwd: world.path('api'), stdio: 'ignore' });
  scratch.teardown(() => child.kill('SIGKILL'));
  for (let tries = 0; tries < 8; tries++) {
    const { status, stderr } = world.envhook(['allow'], world.path('api'));
    tally.ok([0, 3, 4].includes(status ?? -1), () => `allow: ${status} ${stderr}`);
    await given.shell.cd('api');
    const inside = await given.shell.inside('A');
    tally.ok(['unset', 'set 1'].includes(inside), () => inside);
    await given.shell.cd('');
  }
  child.kill('SIGKILL');
}

async function tooBig(given: Given): Promise<void> {
  const { world, shell, tally } = given;
  const big = Array.from({ length: 40 }, (_, n) => `B${n}=$HUGE$HUGE\n`).join('');
  await world.project('api', `A=1\n${big}`);
  await shell.run(shell.exportLine('HUGE', 'x'.repeat(15_000)));
  const { said } = await shell.cd('api');
  tally.same(
    [await shell.inside('A'), await shell.inside('B0'), said.length],
    ['unset', 'unset', 1],
    `${said}`,
  );
  tally.same(verdict(world, 'api', { HUGE: 'x'.repeat(15_000) }), 6, 'exec');
  await shell.run(shell.unsetLine('HUGE'));
}

async function damagedPlan(given: Given): Promise<void> {
  const { scratch, world, name, tally } = given;
  await world.project('api', 'A=1\n');
  const path = world.plan('api');
  const whole = readFileSync(path);
  const text = whole.toString('latin1');
  const count = /\0(1)\0[\d ]*\0text\0/.exec(text)?.index ?? 0;
  const withCount = (it: string) =>
    Buffer.from(`${text.slice(0, count + 1)}${it}${text.slice(count + 2)}`, 'latin1');
  const damages: [title: string, bytes: Uint8Array][] = [
    ...[0, 1, 100, whole.length >> 1, whole.length - 1].map((size): [string, Buffer] => [
      `${size} bytes of it`,
      whole.subarray(0, size),
    ]),
    ['another magic', Buffer.from(text.replace('envhook-plan', 'envhook-plen'), 'latin1')],
    ['another version', Buffer.from(text.replace('envhook-plan\x002', 'envhook-plan\x009'), 'latin1')],
    ...['99999999', '-1', 'x', 'path[$(touch pwned)]', '', '2', '0'].map((it): [string, Buffer] => [
      `count ${it}`,
      withCount(it),
    ]),
    ['noise', Buffer.from(Array.from({ length: 4000 }, (_, n) => (n * n * 31) % 256))],
    ['twice', Buffer.concat([whole, whole])],
    ['too long', Buffer.concat([whole, Buffer.alloc(3_000_000, 'x\0')])],
  ];
  for (const [title, bytes] of damages) {
    writeFileSync(path, bytes, { mode: 0o600 });
    const shell = await Shell.start(scratch.test, world, name);
    await shell.cd('api');
    tally.same(await shell.inside('A'), 'set 1', title);
    shell.stop();
  }
  tally.ok(
    !existsSync(world.path('pwned')) && !existsSync(world.path('api/pwned')),
    () => 'a command was run',
  );
  rmSync(path);
  symlinkSync('/dev/zero', path);
  await look(given, 'api', 'set 1', 'a link');
}

async function oddDirectories(given: Given): Promise<void> {
  const names = [
    '$(touch pwned)',
    '`touch pwned`',
    `'"`,
    '%s%n',
    '*',
    '-n',
    'a b',
    '\x1b[31m\x07\x9b\u202e',
    '\\',
    '~',
    '!',
    'x'.repeat(255),
  ];
  const deep = Array.from({ length: 12 }, () => 'd'.repeat(200)).join('/');
  for (const directory of [...names, deep]) {
    const { world, shell, tally } = given;
    const title = directory.slice(0, 20);
    world.write(`${directory}/.env`, 'A=1\n');
    const { status, stderr } = world.envhook(['allow'], world.path(directory));
    tally.ok(status === 0 && !/[^\n -~]/.test(stderr), () => `${title}: ${status} ${JSON.stringify(stderr)}`);
    const { stderr: said } = await shell.cd(directory);
    tally.ok(!/[^\n -~]/.test(said), () => `${title}: ${JSON.stringify(said)}`);
    tally.same([await shell.inside('A'), existsSync(world.path('pwned'))], ['set 1', false], title);
    await look(given, '', 'unset', title);
  }
}

async function refusedDirectories(given: Given): Promise<void> {
  const { world, shell, tally } = given;
  const odd = [Buffer.from('\nb'), Buffer.of(0xff, 0xfe)];
  for (const [index, end] of odd.entries()) {
    const path = Buffer.concat([Buffer.from(world.path(`odd${index}`)), end]);
    mkdirSync(path);
    writeFileSync(Buffer.concat([path, Buffer.from('/.env')]), 'A=1\n');
    const shown = JSON.stringify(path.toString('latin1'));
    const pattern = `${world.home}/odd${index}*`;
    const script = `cd ${pattern} && exec '${launcher}' allow`;
    const { status } = run(['sh', '-c', script], { ...world.env, LC_ALL: 'C' }, world.home);
    // 64 where no directory has the name that a lossy decoding makes of it: there is none of that name.
    tally.ok(status === 3 || (status === 64 && index === 1), () => `${shown}: allow: ${status}`);
    const { said } = await shell.run(`cd ${pattern}`);
    tally.same([await shell.inside('A'), said.length <= 1], ['unset', true], `${shown}: ${said}`);
    await shell.cd('');
  }
}

async function goneDirectory(given: Given): Promise<void> {
  const { world, shell, tally } = given;
  await world.project('api', 'A=1\n');
  await look(given, 'api', 'set 1', 'there');
  rmSync(world.path('api'), { recursive: true });
  await lookAgain(given, 'unset', 'gone');
  tally.same((await shell.run('', '')).stderr.includes('envhook'), false, 'nothing more');
  await look(given, '', 'unset', 'left');
}

async function linkedDirectories(given: Given): Promise<void> {
  const { world, tally } = given;
  await world.project('v1', 'A=1\n');
  world.write('v2/.env', 'A=2\n');
  symlinkSync('v1', world.path('current'));
  await look(given, 'current', 'set 1', 'through a link');
  tally.same(verdict(world, 'current'), 0, 'exec through a link');
  await look(given, '', 'unset', 'left');
  symlinkSync('v2', world.path('next'));
  renameSync(world.path('next'), world.path('current'));
  await look(given, 'current', 'unset', 'the link leads elsewhere');
  tally.same(verdict(world, 'current'), 2, 'exec where it leads elsewhere');
}

async function moved(given: Given): Promise<void> {
  const { world, tally } = given;
  await world.project('api', 'A=1\n');
  cpSync(world.path('api'), world.path('copy'), { recursive: true });
  await look(given, 'copy', 'unset', 'a copy');
  tally.same(verdict(world, 'copy'), 2, 'exec in a copy');
  const [from, to] = ['api', 'copy'].map((place) => recordPath(world.places, world.path(place)));
  cpSync(from ?? '', to ?? '');
  await look(given, 'copy', 'unset', 'with the record of the other');
  tally.same(verdict(world, 'copy') === 0, false, 'exec with the record of the other');
  await look(given, 'api', 'set 1', 'the true one');
  await given.shell.cd('');
  renameSync(world.path('api'), world.path('moved'));
  await look(given, 'moved', 'unset', 'moved');
  tally.same(verdict(world, 'moved'), 2, 'exec where it was moved to');
}

async function innerBlocked(given: Given): Promise<void> {
  const { world, shell, tally } = given;
  await world.project('mono', 'A=1\nB=outer\n');
  for (const content of ['B=2\n', 'B="open\n', 'B=\0\n']) {
    world.write('mono/api/.env', content);
    const { said } = await shell.cd('mono/api');
    tally.ok(said.length <= 2, () => `${said}`); // one for each directory
    tally.same(await shell.inside('A'), 'set 1', content);
    tally.same(await shell.inside('B'), 'set outer', content);
    tally.same(verdict(world, 'mono/api') === 0, false, `${content}: exec wants all`);
    await look(given, '', 'unset', content);
  }
}

async function aboveHome(given: Given): Promise<void> {
  const { world, tally } = given;
  await world.project('api', 'A=1\n');
  world.write('../.env', 'B=1\n');
  await world.allow('..');
  await look(given, 'api', 'set 1', 'below the home directory');
  tally.same(await given.shell.inside('B'), 'unset', 'above it');
  tally.same(
    world.envhook(['exec', '--', 'sh', '-c', 'echo "<$B>"'], world.path('api')).stdout,
    '<>\n',
    'exec',
  );
  await given.shell.cd('');
  rmSync(world.path('../.env'));
}

async function putBack(given: Given): Promise<void> {
  const { world, shell, tally } = given;
  await world.project('api', 'A=1\nB=1\nC=1\nD=1\nE=1\n');
  const before = ['set ', 'set exported', 'set hidden'];
  await shell.run(shell.exportLine('B', ''), shell.exportLine('C', 'exported'), shell.setLine('D', 'hidden'));
  for (const _ of [1, 2]) {
    await shell.cd('api');
    await shell.run(shell.exportLine('E', 'mine'));
    await shell.cd('');
    tally.same(
      [await shell.inside('B'), await shell.inside('C'), await shell.inside('D')],
      before,
      'put back',
    );
    const env = await shell.environment();
    tally.same(
      [env.get('A'), env.get('B'), env.get('C'), env.get('D')],
      [undefined, '', 'exported', undefined],
      'in kind',
    );
    tally.same(await shell.inside('E'), 'set mine', "the user's own stays");
    await shell.run(shell.unsetLine('E'));
  }
}

async function twice(given: Given): Promise<void> {
  const { world, shell, name, tally } = given;
  await world.project('api', 'A=1\n');
  await shell.run(shell.hookLine(), shell.hookLine());
  const { said } = await shell.cd('api');
  tally.same(said, ['envhook: loaded ~/api/.env (+A)'], 'said once');
  await look(given, '', 'unset', 'left');
  const words = {
    bash: ['bash', '--norc', '-c'],
    zsh: ['zsh', '-f', '-c'],
    fish: ['fish', '--no-config', '-c'],
  }[name];
  const show = name === 'fish' ? 'echo "<$A>"' : 'echo "<${A-}>"';
  const { stdout, stderr } = run(
    [...words, `${shell.hookLine()}; cd ${world.path('api')}; ${show}`],
    world.env,
    world.home,
  );
  tally.same([stdout, stderr], ['<>\n', ''], 'in a script');
}

// As bash-preexec, powerlevel10k and the like do it: they are not among the packages that can be had here.
const OTHERS: Record<ShellName, string[]> = {
  bash: [
    'mine() { local status=$?; seen="$seen$status"; return $status; }',
    'before() { [[ -n ${COMP_LINE-} ]] || preexec="$BASH_COMMAND"; }',
    "PROMPT_COMMAND='mine; '${PROMPT_COMMAND-}$'\\n'': last'",
    'trap \'before "$_"\' DEBUG',
    "trap 'echo bye' EXIT",
  ],
  zsh: [
    'autoload -Uz add-zsh-hook',
    'mine() { seen="$seen$?" }; add-zsh-hook precmd mine; add-zsh-hook preexec mine; add-zsh-hook chpwd mine',
    // Output goes to a file until the first prompt.
    'exec {out}>&1 {err}>&2 >/dev/null 2>/dev/null; first() { exec >&$out 2>&$err {out}>&- {err}>&-; add-zsh-hook -d precmd first }; add-zsh-hook precmd first',
    "trap 'echo bye' EXIT",
  ],
  fish: [
    'function mine --on-event fish_prompt --on-variable PWD; set -g seen "$seen$status"; end',
    'function bye --on-event fish_exit; echo bye; end',
  ],
};

async function besideOthers(given: Given): Promise<void> {
  const { scratch, world, name, tally } = given;
  await world.project('api', 'A=1\n');
  for (const order of ['before', 'after']) {
    const shell = await Shell.start(scratch.test, world, name, { bare: true });
    if (order === 'before') await shell.run(...OTHERS[name], shell.hookLine());
    else await shell.run(shell.hookLine(), ...OTHERS[name]);
    const { stdout, said } = await shell.cd('api');
    tally.same([stdout, said], ['', ['envhook: loaded ~/api/.env (+A)']], `others ${order} it`);
    tally.same(await shell.inside('A'), 'set 1', `others ${order} it`);
    // The prompt of these fish shells is an `emit`, which has a status of its own: npm test asks at a terminal.
    if (name !== 'fish') {
      const { stdout: status } = await shell.run('false', 'echo "status $?"');
      tally.same(status.trim(), 'status 1', 'the status');
    }
    tally.ok(/set ./.test(await shell.inside('seen')), () => 'the others are called no more');
    await shell.cd('');
    tally.same(await shell.inside('A'), 'unset', 'left');
    shell.stop();
  }
}

async function relativeXdg(given: Given): Promise<void> {
  const { scratch, world, name, tally } = given;
  world.write('api/.env', 'A=1\n');
  const env = { XDG_DATA_HOME: 'data', XDG_RUNTIME_DIR: 'run', XDG_CONFIG_HOME: '.' };
  tally.same(world.envhook(['allow'], world.path('api'), env).status, 0, 'allow');
  const shell = await Shell.start(scratch.test, world, name, { env });
  await look({ ...given, shell }, 'api', 'set 1', 'loaded');
  tally.same(readdirSync(world.path('api')), ['.env'], 'nothing is made where one happens to be');
  shell.stop();
}

async function openStorage(given: Given): Promise<void> {
  const { scratch, world, name, tally } = given;
  await world.project('api', 'A=1\n');
  chmodSync(world.places.data, 0o777);
  const { status, stderr } = world.envhook(['allow'], world.path('api'));
  tally.same([status, stderr.split('\n').length], [7, 2], `allow: ${stderr}`);
  chmodSync(world.places.data, 0o777);
  const shell = await Shell.start(scratch.test, world, name, { bare: true });
  const { said } = await shell.run(shell.hookLine());
  await shell.cd('api');
  tally.same([await shell.inside('A'), said.length], ['unset', 1], `${said}`);
  shell.stop();
  chmodSync(world.places.data, 0o700);
}

async function twoAtOnce(given: Given): Promise<void> {
  const { scratch, world, name, tally } = given;
  await world.project('api', 'A=1\n');
  const other = await Shell.start(scratch.test, world, name);
  for (let round = 0; round < 5; round++) {
    rmSync(world.plan('api'), { force: true });
    await Promise.all([given.shell.cd('api'), other.cd('api')]);
    tally.same(
      [await given.shell.inside('A'), await other.inside('A')],
      ['set 1', 'set 1'],
      `round ${round}`,
    );
    await Promise.all([given.shell.cd(''), other.cd('')]);
  }
  const left = readdirSync(dirname(world.plan('api'))).filter((it) => it.endsWith('.tmp'));
  tally.same(left, [], 'left over');
  other.stop();
}

async function rootElsewhere(given: Given): Promise<void> {
  const { scratch, world, name, tally } = given;
  world.write('api/.env', 'A=1\n');
  rmSync(world.path('.local'), { recursive: true, force: true });
  chownSync(world.home, NOBODY, NOBODY);
  chownSync(world.path('api'), NOBODY, NOBODY);
  chownSync(world.path('api/.env'), NOBODY, NOBODY);
  const { status } = world.envhook(['allow'], world.path('api'));
  tally.same(status, 3, 'allow');
  const shell = await Shell.start(scratch.test, world, name, { bare: true });
  await shell.run(shell.hookLine());
  await shell.cd('api');
  tally.same(
    [await shell.inside('A'), existsSync(world.places.data)],
    ['unset', false],
    'nothing read or written',
  );
  shell.stop();
  chownSync(world.home, 0, 0);
}

async function killedNode(given: Given): Promise<void> {
  const { scratch, world, name, tally } = given;
  const node = world.path('../bin/node');
  const true_ = readFileSync(node);
  for (const [title, text] of [
    ['at once', 'kill -9 $$'],
    ['after some output', 'printf "export A=2\\nexport B"; kill -9 $$'],
    ['after an answer that is none', 'echo A=2; echo "envhook: A=2" >&2; exit 0'],
  ] as const) {
    await world.project('api', 'A=1\n');
    rmSync(world.plan('api'));
    writeFileSync(node, `#!/bin/sh\n${text}\n`);
    const shell = await Shell.start(scratch.test, world, name); // one that knows no plan
    const { stdout } = await shell.cd('api');
    tally.same([await shell.inside('A'), await shell.inside('B'), stdout], ['unset', 'unset', ''], title);
    await shell.cd('');
    writeFileSync(node, true_);
    await world.allow('api');
    await look({ ...given, shell }, 'api', 'set 1', `${title}, and mended`);
    shell.stop();
  }
}

async function lyingTimes(given: Given): Promise<void> {
  const { world, tally } = given;
  const path = world.path('api/.env');
  for (const seconds of [0, 4_294_967_295, 1_000_000_000]) {
    await world.project('api', 'A=1\n');
    utimesSync(path, seconds, seconds);
    await look(given, 'api', 'set 1', `as of ${seconds}`);
    writeFileSync(path, 'A=2\n');
    utimesSync(path, seconds, seconds);
    await lookAgain(given, 'unset', `changed, as of ${seconds}`);
    tally.same(verdict(world, 'api'), 2, 'exec');
    writeFileSync(path, 'A=1\n');
    utimesSync(path, seconds, seconds);
    await lookAgain(given, 'set 1', 'changed back');
    tally.same(verdict(world, 'api'), 0, 'exec, changed back');
    truncateSync(path, 2);
    await lookAgain(given, 'unset', 'cut off');
    await given.shell.cd('');
  }
}

async function takenBack(given: Given): Promise<void> {
  const { world, tally } = given;
  await world.project('api', 'A=1\n');
  await look(given, 'api', 'set 1', 'allowed');
  tally.same(world.envhook(['deny'], world.path('api')).status, 0, 'deny');
  await lookAgain(given, 'unset', 'denied');
  tally.same([verdict(world, 'api'), readPlan(world)], [2, 'no plan to load'], 'denied');
  await world.allow('api');
  await lookAgain(given, 'set 1', 'allowed again');
  await given.shell.cd('');
  rmSync(world.path('api'), { recursive: true });
  tally.same(world.envhook(['prune']).status, 0, 'prune');
  tally.same(existsSync(recordPath(world.places, world.path('api'))), false, 'forgotten');
  world.write('api/.env', 'A=1\n');
  await look(given, 'api', 'unset', 'made again');
}

function readPlan(world: World): string {
  const kind = existsSync(world.plan('api')) ? readFileSync(world.plan('api'), 'latin1').split('\0')[2] : '';
  return kind === 'load' ? 'a plan to load' : 'no plan to load';
}

async function notAsked(given: Given): Promise<void> {
  const { scratch, world, name, tally } = given;
  world.write('api/.env', 'A=1\n');
  world.write('api/sub/file', '');
  const shell = await Shell.start(scratch.test, world, name, { env: { CI: 'true' } });
  await look({ ...given, shell }, 'api', 'unset', 'with CI=true');
  tally.same(verdict(world, 'api', { CI: 'true' }), 2, 'exec with CI=true');
  tally.same(world.envhook(['allow', '..'], world.path('api/sub')).status, 64, 'allow of a directory above');
  tally.same(world.envhook(['allow'], world.path('api/sub')).status, 64, 'allow below it');
  shell.stop();
  mustBe(existsSync(recordPath(world.places, world.path('api'))), false, 'no record');
}
