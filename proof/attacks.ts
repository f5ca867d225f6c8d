// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references are what env files hold
import { spawn } from 'node:child_process';
import { once } from 'node:events';
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
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { planPath } from '../src/plan.js';
import { recordPath } from '../src/trust.js';
import { isRoot, Shell, type ShellName, type World } from '../test/shells.js';
import { countOf, mustBe, type Options, type Part, type Tally } from './part.js';
import { playScenes, type Scene } from './scenes.js';
import type { Scratch } from './scratch.js';

/*
 * What somebody tries who controls a file, a directory name, a variable, or another account. None of it may load a
 * value that was not allowed, run a command, or reach the terminal.
 */

const OTHER = 65534;
const needsRoot = !isRoot && 'needs root';
const NUMBERS = {
  shells: ['bash', 'zsh'],
  because: 'fish has no integer variables, arrays of numbers or name references',
} as const;

const SCENES: Scene[] = [
  { what: 'a file that is swapped all the time', body: swapRace },
  { what: 'a forged or copied plan', body: forgedPlan },
  { what: "another user's plan, record, session state", skip: needsRoot, body: foreignFiles },
  { what: 'links in the place of storage', body: plantedLinks },
  { what: 'XDG variables that lead to a prepared storage', body: changedXdg },
  { what: 'ENVHOOK_* and __envhook_* in the environment', body: hostileNames },
  { what: 'commands in names and values', body: hidingNames },
  { what: 'commands in directory names', body: hidingDirectories },
  { what: 'integer variables, arrays, name references', only: NUMBERS, body: integers },
  { what: "another user's .env in /tmp and above", skip: needsRoot, body: foreignDirectories },
  { what: 'terminal escapes in names, values, files, directories', body: escapes },
  { what: 'NODE_OPTIONS and the like against envhook', body: nodeOptions },
  { what: 'other programs on PATH', body: otherPrograms },
];

export const attacks: Part = {
  name: 'attacks',
  run: (options, report) => playScenes('attacks', SCENES, options, report),
};

async function swapRace(scratch: Scratch, name: ShellName, tally: Tally, options: Options): Promise<void> {
  const world = scratch.world();
  await world.project('api', 'A=good\n');
  world.write('evil', 'A=evil\n');
  cpSync(world.path('api/.env'), world.path('good'));
  const swaps = countOf(options, 10_000, 1000);
  // Counts its exchanges, and goes on until the shell has seen enough of them.
  const program = `
    const { linkSync, renameSync, writeFileSync } = require('node:fs');
    process.on('disconnect', () => process.exit());
    for (let i = 1; ; i++) {
      linkSync(i % 2 ? 'good' : 'evil', 'next');
      renameSync('next', 'api/.env');
      if (i % 100 === 0) writeFileSync('count', String(i));
      if (i === 1) process.stdout.write('.');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, i % 7 ? 0 : 0.3);
    }`;
  const swapper = spawn(process.execPath, ['-e', program], {
    cwd: world.home,
    env: {},
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  scratch.teardown(() => swapper.kill('SIGKILL'));
  await once(swapper.stdout, 'data');
  const shell = await Shell.start(scratch.test, world, name, { env: { ENVHOOK_LOG: 'off' } });
  const api = shell.quote(world.path('api'));
  const loop =
    name === 'fish'
      ? `for i in (seq 100); cd ${api}; set -a seen "<$A>"; cd ..; end; printf '%s\\n' $seen; set -e seen`
      : `seen=; for i in {1..100}; do cd ${api}; seen="$seen<\${A-}>"; cd ..; done; printf '%s\\n' "$seen"`;
  const counted = () =>
    existsSync(world.path('count')) ? Number(readFileSync(world.path('count'), 'utf8')) : 0;
  let good = 0;
  for (let rounds = 0; counted() < swaps || rounds < 3; rounds++) {
    const { stdout } = await shell.run(loop);
    for (const value of stdout.match(/<[^>]*>/g) ?? []) {
      tally.ok(value === '<>' || value === '<good>', () => `loaded ${value}`);
      if (value === '<good>') good++;
    }
    const exported = world.envhook(['export', 'json'], world.path('api'));
    tally.ok(!exported.stdout.includes('evil'), () => `export printed ${exported.stdout}`);
  }
  tally.ok(good > 0, () => 'the good file was never loaded');
}

async function forgedPlan(scratch: Scratch, name: ShellName, tally: Tally): Promise<void> {
  const world = scratch.world();
  await world.project('good', 'A=good\n');
  world.write('evil/.env', 'A=evil\n');
  const plan = readFileSync(world.plan('good'), 'latin1');
  const evil = plan
    .replaceAll(world.path('good'), world.path('evil'))
    .replaceAll('A=good', 'A=evil')
    .replaceAll('\0good\0', '\0evil\0');
  const record = recordPath(world.places, world.path('good'));
  const place = world.plan('evil');
  const forgeries: [title: string, bytes: string][] = [
    ['a plan for another directory', plan],
    ['made from another plan', evil],
    ['with an empty record head', evil.replace(/\{"envhook"[^\0]*/, '')],
    ['with no record', evil.replaceAll(record, '').replace(/\{"envhook"[^\0]*/, '')],
    ['with a record that is no file', evil.replaceAll(record, '/dev/null').replace(/\{"envhook"[^\0]*/, '')],
    ["with the good one's record", evil.replaceAll(recordPath(world.places, world.path('evil')), record)],
    [
      'with the real directory of the good one',
      evil.replace(
        `${world.path('evil')}\0${world.path('evil')}`,
        `${world.path('evil')}\0${world.path('good')}`,
      ),
    ],
    ['with a path to climb', evil.replaceAll('\0.env\0', '\0../good/.env\0')],
  ];
  for (const [title, bytes] of forgeries) {
    mkdirSync(dirname(place), { recursive: true, mode: 0o700 });
    writeFileSync(place, Buffer.from(bytes, 'latin1'), { mode: 0o600 });
    for (const node of ['with', 'without']) {
      const shell = await Shell.start(scratch.test, world, name);
      if (node === 'without') await shell.run(); // a plan that Node has replaced is tried in the first round
      await shell.cd('evil');
      const inside = await shell.inside('A');
      // Whoever can write plans as this user can do anything; but a plan alone, beside true records, is not believed.
      if (!FORGED_BY_ONESELF.has(title)) tally.same(inside, 'unset', title);
      shell.stop();
    }
  }
}

// What only somebody who can write as the user can make, and who needs no plan then: a plan for the very bytes that
// are there, and for the record that is there or for none.
const FORGED_BY_ONESELF = new Set([
  'made from another plan',
  "with the good one's record",
  'with no record',
  'with a record that is no file',
]);

async function foreignFiles(scratch: Scratch, name: ShellName, tally: Tally): Promise<void> {
  const world = scratch.world();
  const targets: [what: string, path: () => string][] = [
    ['plan', () => world.plan('api')],
    ['record', () => recordPath(world.places, world.path('api'))],
    ['run directory', () => world.places.run],
    ['data directory', () => world.places.data],
  ];
  for (const [what, path] of targets) {
    await world.project('api', 'A=1\n');
    const shell = await Shell.start(scratch.test, world, name);
    world.removeNode(); // nobody can make it good again
    chownSync(path(), OTHER, OTHER);
    await shell.cd('api');
    const inside = await shell.inside('A');
    // The record's owner is Node's matter: the shell compares its first line only, which holds what nobody can guess.
    if (what !== 'record' && what !== 'data directory') tally.same(inside, 'unset', what);
    chownSync(path(), 0, 0);
    restoreNode(world);
    chownSync(path(), OTHER, OTHER);
    const { status, stdout } = world.envhook(['export', 'json'], world.path('api'));
    if (what !== 'plan')
      tally.same([status === 0, stdout.includes('"A"')], [false, false], `${what}: export`);
    chownSync(path(), 0, 0);
    shell.stop();
  }
  await world.project('api', 'A=1\n');
  const parent = await Shell.start(scratch.test, world, name, { env: { A: 'old' } });
  await parent.cd('api');
  const env = Object.fromEntries(await parent.environment());
  chownSync(join(world.places.run, 'sessions', env['ENVHOOK_SESSION'] ?? ''), OTHER, OTHER);
  const child = await Shell.start(scratch.test, world, name, { env: { ...env, A: '1' } });
  tally.same(await child.inside('A'), 'set 1', 'a session state of another user puts nothing back');
}

function restoreNode(world: World): void {
  const path = join(world.home, '../bin/node');
  writeFileSync(path, `#!/bin/sh\nexec '${process.execPath}' "$@"\n`);
  chmodSync(path, 0o755);
}

async function plantedLinks(scratch: Scratch, name: ShellName, tally: Tally): Promise<void> {
  const targets: [what: string, path: (world: World) => string][] = [
    ['plan', (world) => world.plan('api')],
    ['record', (world) => recordPath(world.places, world.path('api'))],
    ['key', (world) => join(world.places.data, 'key')],
    ['run directory', (world) => world.places.run],
    ['sessions', (world) => join(world.places.run, 'sessions')],
  ];
  for (const [what, pathOf] of targets) {
    const world = scratch.world();
    await world.project('api', 'A=1\n');
    const path = pathOf(world);
    const aside = world.path('../aside');
    const shell = await Shell.start(scratch.test, world, name);
    renameSync(path, aside);
    symlinkSync(aside, path);
    const before = listing(aside);
    const key = what === 'key' ? readFileSync(aside, 'hex') : '';
    if (what !== 'key' && what !== 'sessions') {
      world.removeNode();
      await shell.cd('api');
      if (what !== 'record') tally.same(await shell.inside('A'), 'unset', `a link as ${what}`);
      await shell.cd('');
      restoreNode(world);
    } else {
      await shell.cd('api');
      await shell.cd('');
    }
    const { status } = world.envhook(['allow'], world.path('api'));
    if (what === 'key')
      tally.same(readFileSync(aside, 'hex'), key, 'the file that a link as key leads to stays');
    else if (what !== 'plan' && what !== 'record')
      tally.same(listing(aside), before, `nothing is written through ${what}, status ${status}`);
    if (what === 'run directory') tally.same(status, 7, `${what}: allow`);
  }
}

function listing(path: string): string {
  try {
    return readdirSync(path, { recursive: true, encoding: 'utf8' }).sort().join();
  } catch {
    return readFileSync(path, 'hex');
  }
}

async function changedXdg(scratch: Scratch, name: ShellName, tally: Tally): Promise<void> {
  const evil = scratch.world();
  const world = scratch.world();
  // The other storage allows just this file at just this place.
  world.write('api/.env', 'A=evil\n');
  const XDG_DATA_HOME = join(evil.home, '.local/share');
  const allowed = world.envhook(['allow'], world.path('api'), { XDG_DATA_HOME });
  mustBe(allowed.status, 0, allowed.stderr);
  const run = join(XDG_DATA_HOME, 'envhook/run');
  tally.ok(existsSync(planPath(run, world.path('api'))), () => 'there is no plan to be found');
  const shell = await Shell.start(scratch.test, world, name);
  for (const [variable, value] of [
    ['XDG_DATA_HOME', XDG_DATA_HOME],
    ['XDG_RUNTIME_DIR', dirname(run)],
    ['XDG_RUNTIME_DIR', run],
    ['HOME', evil.home],
    ['TMPDIR', run],
  ] as const) {
    await shell.run(shell.exportLine(variable, value));
    await shell.cd('api');
    tally.same(await shell.inside('A'), 'unset', `${variable} changed after the start`);
    await shell.cd('');
    await shell.run(variable === 'HOME' ? shell.exportLine('HOME', world.home) : shell.unsetLine(variable));
  }
  const inherited = await Shell.start(scratch.test, world, name, { env: { XDG_RUNTIME_DIR: run } });
  await inherited.cd('api');
  tally.same(await inherited.inside('A'), 'unset', 'XDG_RUNTIME_DIR from the start');
}

async function hostileNames(scratch: Scratch, name: ShellName, tally: Tally): Promise<void> {
  const world = scratch.world();
  await world.project('api', 'A=1\n');
  world.write('new/.env', 'A=2\n');
  const pwned = world.path('pwned');
  const source = readFileSync(join(import.meta.dirname, `../shell/envhook.${name}`), 'utf8');
  const own = [...new Set(source.match(/__envhook_[a-z_]+/g))];
  const settings = [
    'ENVHOOK_LOG',
    'ENVHOOK_DISABLE',
    'ENVHOOK_BASH_CD',
    'ENVHOOK_SESSION',
    'ENVHOOK_DAEMON_IDLE',
    'ENVHOOK_DEBUG',
  ];
  const values = [
    `path[$(touch ${pwned})]`,
    `$(touch ${pwned})`,
    `;touch ${pwned};`,
    `(touch ${pwned})`,
    '1',
    `../../../${pwned}`,
  ];
  for (const value of values) {
    for (const names of [settings, own]) {
      if (value === '1' && names === settings) continue; // ENVHOOK_DISABLE=1 means something
      const env = Object.fromEntries(names.map((it) => [it, value]));
      const shell = await Shell.start(scratch.test, world, name, { env });
      const said = [...(await shell.cd('api')).said, ...(await shell.cd('new')).said];
      tally.same(await shell.inside('A'), 'unset', `${value}: what is not allowed ${said}`);
      await shell.cd('api');
      tally.same(
        await shell.inside('A'),
        'set 1',
        `${value} in ${names === own ? '__envhook_*' : 'ENVHOOK_*'}: ${said}`,
      );
      await shell.cd('');
      tally.same(await shell.inside('A'), 'unset', `${value}: left`);
      tally.ok(!existsSync(pwned), () => `${value} was run`);
      shell.stop();
    }
  }
}

const COMMANDS = (pwned: string) => [
  ...[
    `path[$(touch ${pwned})]`,
    `$(touch ${pwned})`,
    `\`touch ${pwned}\``,
    `;touch ${pwned};`,
    `(touch ${pwned})`,
  ],
  ...[`x=$(touch ${pwned})`, `'; touch ${pwned}; '`, `"; touch ${pwned}; "`, `\\'; touch ${pwned}; \\'`],
  ...[
    `\${x:-$(touch ${pwned})}`,
    `\${(e):-$(touch ${pwned})}`,
    `<(touch ${pwned})`,
    `@(touch ${pwned})`,
    `!touch`,
  ],
];

async function hidingNames(scratch: Scratch, name: ShellName, tally: Tally): Promise<void> {
  const world = scratch.world();
  const pwned = world.path('pwned');
  for (const [index, command] of COMMANDS(pwned).entries()) {
    const place = `api${index}`;
    world.write(`${place}/.env`, `${command}=1\nGOOD=1\nA=${quoteFor(command)}\n`);
    try {
      await world.allow(place);
    } catch (error) {
      tally.ok(error instanceof Error, () => 'refused'); // refused is fine
      continue;
    }
    const shell = await Shell.start(scratch.test, world, name);
    await shell.cd(place);
    tally.same(await shell.inside('GOOD'), 'set 1', command);
    tally.same((await shell.environment()).get('A'), command, 'the value as it stands');
    await shell.run('true', 'true');
    await shell.cd('');
    tally.same(await shell.inside('A'), 'unset', command);
    tally.ok(!existsSync(pwned), () => `${command} was run`);
    shell.stop();
  }
}

// In the quotes that the text does not have.
function quoteFor(text: string): string {
  if (!text.includes("'")) return `'${text}'`;
  return text.includes('"') ? `\`${text.replaceAll('$', '\\$')}\`` : `"${text.replaceAll('$', '\\$')}"`;
}

async function hidingDirectories(scratch: Scratch, name: ShellName, tally: Tally): Promise<void> {
  const world = scratch.world();
  const pwned = 'pwned'; // a slash ends a name
  for (const directory of COMMANDS(pwned)) {
    await world.project(directory, 'A=1\n');
    const shell = await Shell.start(scratch.test, world, name);
    await shell.cd(directory);
    tally.same(await shell.inside('A'), 'set 1', directory);
    world.write(`${directory}/.env`, 'A=2\n');
    await shell.run('', '');
    tally.same(await shell.inside('A'), 'unset', directory);
    await shell.cd('');
    const made = [world.home, world.path(directory), '/'].filter((at) => existsSync(join(at, pwned)));
    tally.same(made, [], `${directory} was run`);
    shell.stop();
  }
}

async function integers(scratch: Scratch, name: ShellName, tally: Tally): Promise<void> {
  const world = scratch.world();
  const pwned = world.path('pwned');
  // The subscript of a list that is there: zsh does not look at that of any other.
  const values = { A: `path[$(touch ${pwned})]`, B: `fpath[\`touch ${pwned}\`]` };
  await world.project('api', `OTHER=1\nA='${values.A}'\nB='${values.B}'\n`);
  for (const [variable, value] of name === 'fish' ? [] : Object.entries(values)) {
    const bare = await Shell.start(scratch.test, world, name, { bare: true });
    await bare.run(`typeset -i ${variable}`, `${variable}='${value}'`);
    tally.ok(existsSync(pwned), () => `${value} runs nothing where nobody checks`);
    bare.stop();
    rmSync(pwned, { force: true });
  }
  const lines = {
    bash: ['-i', '-xi', '-ai', '-a', '-A', '-u', '-l', '-c', '-n', '-in'].map((it) => `declare ${it} A`),
    zsh: ['-i', '-xi', '-F', '-E', '-a', '-A', '-u', '-l', '-Z5', '-L5', '-R5', '-T'].map(
      (it) => `typeset ${it} A${it === '-T' ? ' a' : ''}`,
    ),
    fish: [],
  }[name];
  for (const line of [...lines, ...lines.map((it) => `${it}; ${it.replace(/ A/, ' B')}`)]) {
    const shell = await Shell.start(scratch.test, world, name, { before: [line] });
    const { said } = await shell.cd('api');
    // A reference that leads nowhere becomes a plain variable, and the text that is tied to a list is one.
    const wanted = / -i?n | -T /.test(line) ? 'set 1' : 'unset';
    tally.same([await shell.inside('OTHER'), said.length], [wanted, 1], `${line}: ${said}`);
    await shell.run('true');
    await shell.cd('');
    tally.same(await shell.inside('OTHER'), 'unset', `${line}, left`);
    shell.stop();
    tally.ok(!existsSync(pwned), () => `${line} ran a command`);
    rmSync(pwned, { force: true });
    // Made one while it is loaded: nothing of it may run when it is left. (bash itself follows a name reference.)
    if (/ -i?n /.test(line)) continue;
    const later = await Shell.start(scratch.test, world, name);
    await later.cd('api');
    await later.run(line);
    rmSync(pwned, { force: true }); // what the shell itself made of it
    await later.cd('');
    tally.same(await later.inside('OTHER'), 'unset', `${line}, later`);
    tally.ok(!existsSync(pwned), () => `${line}, later, ran a command`);
    rmSync(pwned, { force: true });
    later.stop();
  }
}

async function foreignDirectories(scratch: Scratch, name: ShellName, tally: Tally): Promise<void> {
  const world = scratch.world();
  const tmp = scratch.testdir();
  chmodSync(tmp, 0o1777);
  const put = (path: string, content: string) => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    chownSync(path, OTHER, OTHER);
  };
  put(join(tmp, '.env'), 'A=evil\nLD_PRELOAD=/evil.so\n');
  put(join(tmp, 'theirs/.env'), 'A=evil\n');
  chownSync(join(tmp, 'theirs'), OTHER, OTHER);
  mkdirSync(join(tmp, 'mine/deep'), { recursive: true });
  writeFileSync(join(tmp, 'mine/deep/.env'), 'B=1\n');
  const shell = await Shell.start(scratch.test, world, name);
  for (const place of ['', 'theirs', 'mine', 'mine/deep']) {
    const { said } = await shell.run(`cd ${shell.quote(join(tmp, place))}`);
    tally.same(await shell.inside('A'), 'unset', place);
    tally.ok(said.length <= 2, () => `${place}: ${said}`);
    tally.same((await shell.run('', '')).said, [], 'said once');
    const { status } = world.envhook(['allow'], join(tmp, place));
    tally.same(status, { '': 3, theirs: 3, mine: 64, 'mine/deep': 0 }[place], `allow in ${place}`);
  }
  await shell.run('', '');
  tally.same(
    [await shell.inside('A'), await shell.inside('B')],
    ['unset', 'set 1'],
    "one's own below theirs",
  );
}

async function escapes(scratch: Scratch, name: ShellName, tally: Tally): Promise<void> {
  const world = scratch.world();
  const nasty = '\x1b]0;owned\x07\x1b[31m\x9b1m\u202e\u200b\r\x7f';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  const control = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/;
  const files: [title: string, directory: string, content: string][] = [
    ['a directory', `dir${nasty}`, 'A=1\n'],
    ['a value', 'value', `A='${nasty.replace('\r', '')}'\nB="${nasty.replace('\r', '')}"\n`],
    ['a name', 'name', `A${nasty}=1\nB=1\n`],
    ['a comment and junk', 'junk', `# ${nasty}\n${nasty}\nA=1\n`],
    ['a message', 'message', `A="\${NOPE:?${nasty.replace('\r', '')}}"\n`],
    ['a directive', 'directive', `# envhook: ${nasty}\nA=1\n`],
    ['a broken quote', 'quote', `A="${nasty}\n`],
  ];
  for (const [title, directory, content] of files) {
    world.write(`${directory}/.env`, content);
    world.write(`${directory}/.env.example`, `${nasty.replace('\r', '')}=1\nMISSING=1\n`);
    for (const args of [
      ['allow'],
      ['diff'],
      ['diff', '--reveal'],
      ['status'],
      ['check'],
      ['list'],
      ['why', 'A'],
      ['get', nasty],
      ['use', nasty],
      ['set', `${nasty}=1`],
      ['doctor'],
      ['deny'],
      ['allow', nasty],
      [nasty],
      ['prune'],
    ]) {
      const { stdout, stderr } = world.envhook(args, world.path(directory));
      tally.ok(
        !control.test(stdout + stderr),
        () => `${title}: ${args.map((it) => JSON.stringify(it))}: ${JSON.stringify(stdout + stderr)}`,
      );
    }
    const shell = await Shell.start(scratch.test, world, name);
    const said = [await shell.cd(directory)];
    world.envhook(['allow'], world.path(directory));
    said.push(await shell.run(''), await shell.run(''));
    world.write(`${directory}/.env`, `${content}X=1\n`);
    said.push(await shell.run(''), await shell.cd(''));
    const text = said.map(({ stderr, stdout }) => stderr + stdout).join('');
    tally.ok(!control.test(text), () => `${title}: the hook says ${JSON.stringify(text)}`);
    shell.stop();
  }
}

async function nodeOptions(scratch: Scratch, name: ShellName, tally: Tally): Promise<void> {
  const world = scratch.world();
  const pwned = world.path('pwned');
  world.write('evil.cjs', `require('node:fs').writeFileSync(${JSON.stringify(pwned)}, 'x')`);
  world.write('evil.cnf', 'openssl_conf = nothing\n');
  const evil = world.path('evil.cjs');
  const variables: [name: string, value: string][] = [
    ['NODE_OPTIONS', `--require=${evil}`],
    ['NODE_OPTIONS', `--import=file://${evil}`],
    ['NODE_OPTIONS', '--bogus'],
    ['NODE_OPTIONS', '--inspect=0'],
    ['NODE_REPL_EXTERNAL_MODULE', evil],
    ['NODE_PATH', world.home],
    ['NODE_V8_COVERAGE', world.path('coverage')],
    ['NODE_DEBUG', 'fs,module'],
    ['NODE_EXTRA_CA_CERTS', '/nowhere'],
    ['NODE_REDIRECT_WARNINGS', world.path('warnings')],
    ['NODE_COMPILE_CACHE', world.path('cache')],
    ['OPENSSL_CONF', world.path('evil.cnf')],
    ['LD_PRELOAD', '/nowhere.so'],
    ['LD_LIBRARY_PATH', '/nowhere'],
  ];
  for (const [index, [variable, value]] of variables.entries()) {
    const place = `api${index}`;
    await world.project(place, 'A=1\n');
    rmSync(world.plan(place)); // so that the hook starts Node
    const shell = await Shell.start(scratch.test, world, name);
    await shell.run(shell.exportLine(variable, value));
    const runs = world.nodeRuns();
    const { stderr } = await shell.cd(place);
    tally.same(
      [await shell.inside('A'), world.nodeRuns() - runs],
      ['set 1', 1],
      `${variable}=${value}: ${stderr}`,
    );
    // The shell's own processes may complain of LD_PRELOAD; envhook says its line and nothing else.
    const words = stderr.split('\n').filter((line) => line !== '' && !line.startsWith('ERROR: ld.so'));
    tally.same(words, [`envhook: loaded ~/${place}/.env (+A)`], `${variable}=${value}`);
    tally.same((await shell.environment()).get(variable), value, 'the user keeps it');
    const cli = world.envhook(['status'], world.path(place), { [variable]: value });
    tally.same([cli.status, cli.stdout.includes('allowed')], [0, true], `${variable}: ${cli.stderr}`);
    for (const trace of ['pwned', 'coverage', 'warnings', 'cache'])
      tally.ok(!existsSync(world.path(trace)), () => `${variable}=${value} made ${trace}`);
    shell.stop();
  }
}

async function otherPrograms(scratch: Scratch, name: ShellName, tally: Tally): Promise<void> {
  const world = scratch.world();
  await world.project('api', 'A=1\nPATH=$PWD/bin:$PATH\n', 'PATH');
  await world.project('api/sub', 'B=1\n');
  const pwned = world.path('pwned');
  for (const program of [
    'node',
    'sh',
    'cat',
    'ls',
    'date',
    'stat',
    'readlink',
    'seq',
    'id',
    'env',
    'envhook',
    'mkdir',
    'chmod',
  ]) {
    world.write(`api/bin/${program}`, `#!/bin/sh\necho ${program} >>${pwned}\n`);
    chmodSync(world.path(`api/bin/${program}`), 0o755);
  }
  rmSync(world.plan('api/sub'));
  const shell = await Shell.start(scratch.test, world, name);
  await shell.cd('api');
  await shell.cd('api/sub'); // starts Node, with the other one first on PATH
  tally.same([await shell.inside('A'), await shell.inside('B')], ['set 1', 'set 1'], 'loaded');
  world.write('api/sub/.env', 'B=2\n');
  await shell.run('', '');
  await shell.cd('');
  tally.same(await shell.inside('A'), 'unset', 'left');
  tally.ok(!existsSync(pwned), () => `ran ${readFileSync(pwned, 'utf8')}`);
}
