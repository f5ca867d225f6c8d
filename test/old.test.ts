import { chmodSync, existsSync, mkdirSync, rmdirSync, rmSync } from 'node:fs';
import t, { type Test } from 'tap';
import { Random } from '../proof/random.js';
import { describe, generateWalk, walkOnce } from '../proof/walks.js';
import {
  isClaimed,
  launcher,
  type OtherShell,
  otherShells,
  run,
  Shell,
  shells,
  skipUnlessStarts,
  World,
} from './shells.js';

/*
 * Real shells of other versions than the system's: a day in each, some random walks, and what only old ones do. They are
 * in the directory that ENVHOOK_SHELLS names; `npm run proof -- --part old` takes the tests of the hook through them.
 */

t.jobs = 3;

const WALKS = 10;
/** Half of what the proof takes. */
const STEPS = 10;
const others = otherShells();
const claimed = others.filter(isClaimed);

for (const name of shells) {
  const own = claimed.filter((it) => it.name === name);
  if (own.length === 0)
    t.test(
      `older versions of ${name}`,
      { skip: 'none in the directory that ENVHOOK_SHELLS names' },
      () => {},
    );
}

everyOne('a day in it', async (t, world, shell) => {
  await world.project('one', 'A=1\nONE="two words"\n');
  await world.project('one/sub', 'A=sub\nLIST=/sub:$LIST\n', 'LIST');
  await world.project('two', 'A=2\nTWO=$A-$HOME\n');
  const none = { A: null, ONE: null, TWO: null, LIST: '/mine' };
  const one = { ...none, A: '1', ONE: 'two words' };
  const sub = { ...one, A: 'sub', LIST: '/sub:/mine' };
  const two = { ...none, A: '2', TWO: `2-${world.home}` };
  const at = async (place: string, values: object) => {
    const { stderr } = await shell.cd(place);
    t.notMatch(stderr, /^(?!envhook: )./m, place);
    t.same(await shell.values('A', 'ONE', 'TWO', 'LIST'), values, place);
  };
  const round = { one, two, 'one/sub': sub, '': none };
  for (const [place, values] of [...Object.entries(round), ...Object.entries(round).reverse()])
    await at(place, values);

  world.write('one/.env', 'A=evil\n');
  t.match((await shell.run('')).said, [/~\/one\/\.env changed since you allowed it/]);
  t.same(await shell.values('A', 'ONE'), { A: null, ONE: null });
  await world.allow('one');
  t.match((await shell.run('')).said, [/loaded ~\/one\/\.env \(\+A\)/]);
  await shell.cd('one/sub');
  const child = await Shell.start(t, world, shell.name, {
    env: Object.fromEntries(await shell.environment()),
    cwd: world.path('one/sub'),
  });
  t.same(await child.values('A', 'LIST'), { A: 'sub', LIST: '/sub:/mine' }, 'a child has them');
  await child.cd('one');
  t.same(await child.values('A', 'LIST'), { A: 'evil', LIST: '/mine' }, 'and puts them back');
  world.deny('one');
  await shell.cd('');
  t.same(await shell.values('A', 'ONE', 'TWO', 'LIST'), none);
  t.same((await shell.cd('one')).said, [], 'denied');
  await shell.cd('two');
  t.same((await shell.run(shell.unhookLine())).stderr.trim(), 'envhook: unloaded ~/two/.env');
  t.same(await shell.values('A', 'ONE', 'TWO', 'LIST'), none);
});

for (const it of claimed) {
  const { name, version, path } = it;
  t.test(
    `${WALKS} random walks (${name} ${version})`,
    { skip: skipUnlessStarts(it), buffered: true },
    async (t) => {
      for (let index = 0; index < WALKS; index++) {
        const walk = generateWalk(new Random(index * 7919 + 1), shells, STEPS);
        const { failure } = await walkOnce(name, walk, path);
        t.equal(failure && (await describe(name, walk, failure, path)), undefined, `walk ${index}`);
      }
    },
  );
}

for (const { name, version, path } of others.filter((it) => it.name === 'fish' && !isClaimed(it))) {
  t.test(`one line says that ${name} ${version} is too old`, async (t) => {
    const world = new World(t, path);
    await world.project('one', 'A=1\n');
    const lines = [
      `'${launcher}' hook fish | source; echo "status $status"`,
      'cd one; echo "[$A]"; cd ..',
      'begin; set -n; functions -an; end | string match "*envhook*"',
      `'${launcher}' unhook fish | source; echo "status $status"`,
    ];
    const shell = (...options: string[]) =>
      run([name, ...options, '-c', lines.join('\n')], world.env, world.home);
    const { stdout, stderr } = shell('-i');
    t.equal(stderr, `envhook: fish ${version} is too old; envhook needs fish 3.2 or later\n`);
    t.ok(stdout.startsWith('status 0\n[]\nstatus 0\n'), stdout); // what follows is for the terminal
    t.equal(shell().stderr, '', 'a script hears nothing');
  });
}

for (const it of others.filter((it) => it.name === 'zsh' && !isClaimed(it))) {
  const title = `one line says that ${it.name} ${it.version} is too old`;
  t.test(title, { skip: skipUnlessStarts(it), buffered: true }, async (t) => {
    const world = new World(t, it.path);
    await world.project('api', 'A=1\n');
    const shell = await Shell.start(t, world, it.name, { bare: true });
    await shell.run('setopt err_exit no_unset ksh_arrays', `alias emulate='echo alias'`);
    t.same(await shell.run(shell.hookLine().replace(/$/, '; echo $?')), {
      stdout: '0\n',
      stderr: `envhook: zsh ${it.version} is too old; envhook needs zsh 5.0.3 or later\n`,
      said: [`envhook: zsh ${it.version} is too old; envhook needs zsh 5.0.3 or later`],
    });
    t.equal((await shell.cd('api')).stderr, '');
    const { stdout, stderr } = await shell.run(
      'setopt unset no_err_exit no_ksh_arrays',
      `print -r -- \${(M)\${(k)functions}:#*envhook*} \${(M)\${(k)parameters}:#*envhook*} \${A-}`,
      `${shell.unhookLine()}; echo $?`,
    );
    t.same([stdout, stderr], ['\n0\n', '']);
    const script = run([it.name, '-fc', shell.hookLine()], world.env, world.home);
    t.same([script.stdout, script.stderr, script.status], ['', '', 0], 'a script is told nothing');
  });
}

everyOne(
  'how much the user can read stays as it is',
  async (t, world, shell) => {
    await world.project('api', 'A=1\n');
    const size = async () => (await shell.run('string length (string repeat -n 9999 x)')).stdout.trim();
    t.equal(await size(), '9999');
    for (const place of ['api', 'api', '']) {
      await shell.cd(place);
      t.equal(await size(), '9999', place);
    }
    await shell.run('set -g fish_read_limit 5000');
    await shell.cd('api');
    t.equal(await size(), '', 'the limit of the user holds');
  },
  ({ name }) => name === 'fish',
);

everyOne(
  'functions called as builtins, and traps',
  async (t, world, shell) => {
    await world.project('api', 'A=1\n');
    await world.project('api/sub', 'B=$A-2\n');
    const names = ['local', 'typeset', 'exec', 'unset', 'trap', 'sysread', 'print', 'zmodload', 'set', ':'];
    await shell.run(
      'TRAPEXIT() { echo exits }',
      `\\builtin trap 'debugged=1' DEBUG`,
      ...names.map((it) => `function ${it} { echo function; false }`),
    );
    for (const [place, A, B] of [
      ['api', '1', null],
      ['api/sub', '1', '1-2'],
      ['', null, null],
    ] as const) {
      const { stdout, stderr, said } = await shell.cd(place);
      t.same([stdout, stderr.split('\n').length - 1], ['', said.length], stderr);
      t.same(await shell.values('A', 'B'), { A, B }, place);
    }
    t.equal((await shell.run('A=x', 'true || false', '')).stdout, '');
    t.match((await shell.run('\\builtin trap')).stdout, 'TRAPEXIT', 'the trap is there, and did not run');
    t.same((await shell.run(shell.unhookLine())).stderr, '');
  },
  ({ name }) => name === 'zsh',
);

everyOne(
  'every character of the first plane in a value',
  async (t, world, shell) => {
    const lines = [0, 1, 2, 3].map((it) =>
      Array.from({ length: 64 }, (_, row) => charactersFrom(it * 0x4000 + row * 0x100)).filter(Boolean),
    );
    for (const [it, values] of lines.entries()) {
      await world.project(`d${it}`, values.map((value, row) => `V${row}='${value}'\n`).join(''));
      await shell.cd(`d${it}`);
      const names = [...values.keys()].map((row) => `V${row}`);
      t.same(Object.values(await shell.values(...names)), values, `d${it}`);
      t.same((await shell.run('')).stderr.trim(), '');
      t.equal((await shell.cd('')).stderr.trim(), `envhook: unloaded ~/d${it}/.env`);
    }
  },
  ({ name }) => name === 'fish',
);

// With a few of what such a fish takes for a * that it is to expand, for a variable and for braces.
everyOne(
  'what fish before 3.6.2 keeps to itself is not loaded, nor looked at',
  async (t, world, shell) => {
    const old = (await shell.run("string unescape '\\ufdd0'")).stdout !== '';
    const refused =
      /^envhook: ~\/api\/\.env: fish 3\.\d\.\d cannot hold some of its characters \(U\+FDD0 to U\+FDEF\); nothing is loaded from it\n$/;
    for (const value of ['\ufdd0', '\ufdd2HOME', '\ufdd3HOME', 'a\ufdd4b', '\ufde1', '\ufdef']) {
      const title = escape(value);
      await world.project('api', `A='${value}'\n`);
      const { stderr } = await shell.cd('api');
      t.match(stderr.trimStart(), old ? refused : /^envhook: loaded ~\/api\/\.env \(\+A\)/, title);
      t.same(await shell.values('A'), { A: old ? null : value }, title);
      await world.project('api', 'A=1\n');
      t.match((await shell.run('')).stderr.trim(), /^envhook: loaded ~\/api\/\.env \([+~]A\)$/);
      world.write('api/.env', `A='${value}'\n`);
      t.match(
        (await shell.run('')).stderr.trim(),
        /^envhook: ~\/api\/\.env changed since you allowed it[^\n]*$/,
      );
      t.same(await shell.values('A'), { A: null }, title);
      await shell.cd('');
    }
    await world.project('odd', 'A=1\n');
    for (const value of ['x\ufdd5y', '\ufde1']) {
      const place = `${world.path('odd')}/${value}`;
      mkdirSync(place);
      const steps = [await shell.run(`builtin cd ${world.path('odd')}/*/`), await shell.run('')];
      t.equal((await shell.run('builtin pwd')).stdout, `${place}\n`);
      t.same(await shell.values('A'), { A: old ? null : '1' }, 'no other directory counts');
      steps.push(await shell.run('builtin cd ..'), await shell.run(''));
      t.same(await shell.values('A'), { A: '1' }, 'the shell goes on');
      t.notMatch(steps.map(({ stderr }) => stderr).join(''), /^(?!envhook: )./m);
      rmdirSync(place);
    }
    await world.project('sub', 'MINE=1\nB="[$MINE]"\n');
    await world.project('own', 'C="[$MINE]"\n');
    for (const MINE of ['a\ufdd5', '\ufde1']) {
      const user = await Shell.start(t, world, shell.name, { env: { MINE } });
      const steps = [await user.cd('sub'), await user.cd('own')];
      t.same(await user.values('C', 'MINE'), { C: old ? null : `[${MINE}]`, MINE });
      t.notMatch(steps.map(({ stderr }) => stderr).join(''), /^(?!envhook: )./m);
    }
  },
  ({ name }) => name === 'fish',
);

/** The 256 characters from a number on, without those that a file cannot hold, ASCII and what fish keeps to itself. */
function charactersFrom(first: number): string {
  return Array.from({ length: 256 }, (_, index) => first + index)
    .filter((it) => it >= 0x80 && !(it >= 0xd800 && it < 0xe000) && !(it >= 0xfdd0 && it < 0xfdf0))
    .map((it) => String.fromCharCode(it))
    .filter((it) => !'\u2028\u2029'.includes(it))
    .join('');
}

everyOne(
  'variables of any attributes are loaded, or block their directory, and nothing in a value runs',
  async (t, world, shell) => {
    const evil = `path[$(touch ${world.path('pwned')})]`;
    await world.project('api', `A=1\nEVIL='${evil}'\n`);
    const loaded = ['', '-T EVIL evil', '-T EVIL evil ,', '-UT EVIL evil', '-xT EVIL evil'];
    const words = [...loaded, '-U EVIL=x', '-h EVIL=x', '-H EVIL', '-t EVIL=x', '-x EVIL'];
    const other = ['-i EVIL', '-xi EVIL=3', '-F 2 EVIL', '-E EVIL=1', '-a EVIL', '-A EVIL', '-T LIVE EVIL'];
    other.push('-Z 5 EVIL', '-R 5 EVIL=x', '-L 5 EVIL', '-u EVIL=x', '-l EVIL', '-aU EVIL', '-iU EVIL=3');
    const state = `print -r -- "\${(t)EVIL} $+EVIL <$EVIL>"`;
    for (const [attributes, works] of [
      ...words.map((it) => [it, true] as const),
      ...other.map((it) => [it, false] as const),
    ]) {
      await shell.run(attributes && `typeset ${attributes}`);
      const before = (await shell.run(state)).stdout;
      const { said } = await shell.cd('api');
      t.match(said.join(), works ? /loaded ~/ : /EVIL is an? |EVIL is padded|EVIL changes case/, attributes);
      t.same(
        await shell.values('A', 'EVIL'),
        works ? { A: '1', EVIL: evil } : { A: null, EVIL: attributes.startsWith('-x') ? '3' : null },
        attributes,
      );
      await shell.cd('');
      if (!attributes.startsWith('-h')) t.equal((await shell.run(state)).stdout, before, attributes);
      await shell.run('unset EVIL evil LIVE');
    }
    t.notOk(existsSync(world.path('pwned')));
  },
  ({ name }) => name === 'zsh',
);

everyOne(
  'a ZERR trap hears of nothing that fails in the hook',
  async (t, world, shell) => {
    await world.project('api', 'A=1\n');
    const steps = [
      await shell.run(shell.unhookLine(), `trap 'echo failed' ZERR`),
      await shell.run(shell.hookLine()),
      await shell.cd('api'),
    ];
    world.write('api/.env.local', 'B=1\n');
    steps.push(await shell.run(''));
    rmSync(world.path('api/.env.local'));
    steps.push(await shell.run(''), await shell.cd(''), await shell.run(shell.unhookLine()));
    t.same(
      steps.map(({ stdout, said }) => [stdout, said.length]),
      [0, 0, 1, 1, 1, 1, 0].map((count) => ['', count]),
    );
  },
  ({ name }) => name === 'zsh',
);

/** For everyOne: the versions of bash. */
const isBash = ({ name }: OtherShell) => name === 'bash';

// What a variable NAME may be, since which version of bash, and what is said of it: 'loaded' where it is nothing in the way.
const ATTRIBUTES: [line: string, since: number, said: RegExp][] = [
  ['export NAME', 302, /loaded/],
  ['declare -t NAME', 302, /loaded/],
  ['export NAME=1', 302, /loaded/],
  ['readonly NAME', 302, /read-only/],
  ['readonly NAME=$\'1\\ndeclare -- OTHER=""\'', 302, /read-only/],
  ['declare -i NAME', 302, /integer/],
  ['declare -i NAME=1', 302, /integer/],
  ['declare -ix NAME', 302, /integer/],
  ['declare -ir NAME', 302, /read-only/],
  ['declare -a NAME', 302, /array/],
  ['declare -ia NAME', 302, /array/],
  ['NAME=([3]=x)', 302, /array/],
  ['declare -A NAME', 402, /array/],
  ['declare -A NAME; NAME[x]=1', 402, /array/],
  ...['u', 'l', 'c'].flatMap((letter): [string, number, RegExp][] => [
    [`declare -${letter} NAME`, 402, /changes case/],
    [`declare -${letter} NAME=x`, 402, /changes case/],
  ]),
  ['declare -n NAME=HOME', 403, /reference/],
  ['declare -n NAME=B; declare -i B', 403, /reference|integer/],
  ['declare -n NAME', 403, /reference|loaded/],
  ['declare -in NAME', 403, /integer|loaded/],
];

everyOne(
  'what a variable is, with a value or without, blocks its directory and runs nothing',
  async (t, world, shell) => {
    const number = await version(shell);
    const pwned = world.path('pwned');
    const tried = ATTRIBUTES.filter(([, since]) => since <= number);
    for (const [index, [line, , wanted]] of tried.entries()) {
      const name = `V${index}`;
      await world.project(`p${index}`, `AFTER=1\n${name}='path[$(touch ${pwned})]'\nBEFORE=1\n`);
      const step = await shell.run(
        line.replaceAll('NAME', name),
        `cd ${shell.quote(world.path(`p${index}`))}; echo "$?/\${AFTER-}\${BEFORE-}"; cd ..`,
      );
      t.match(step.said[0], wanted, line);
      t.equal(step.stdout, /envhook: loaded/.test(step.said[0] ?? '') ? '0/11\n' : '0/\n', line);
      t.notMatch(step.stderr, /bash: /, line);
    }
    t.notOk(existsSync(pwned));
  },
  isBash,
);

everyOne(
  'what comes back is not computed, whatever the variable has become meanwhile',
  async (t, world, shell) => {
    const pwned = world.path('pwned');
    const before = `path[$(touch ${pwned})] Mixed`;
    await world.project('api', 'A=x\nB=y\n');
    await shell.run(shell.exportLine('A', before), shell.setLine('B', before));
    for (const kind of ['-i', '-u', '-a', '-A', '-l']) {
      await shell.cd('api');
      await shell.run(`declare ${kind} A B`);
      await shell.cd('');
      t.same([await shell.values('A'), await shell.inside('B')], [{ A: before }, `set ${before}`], kind);
    }
    const { stdout } = await shell.run('declare -i PROMPT_COMMAND ENVHOOK_SESSION', 'cd api; echo "$A"; cd');
    t.equal(stdout, 'x\n');
    t.notOk(existsSync(pwned));
  },
  isBash,
);

everyOne(
  "options are the user's before and after, and nothing of ours is exported",
  async (t, world, first) => {
    await world.project('api', 'A=1\nPATH=/p/bin:$PATH\n', 'PATH');
    const functrace = (await version(first)) >= 402 ? 'T' : '';
    const modes = [
      'set -eu; set -o pipefail; IFS=0123456789',
      `set -aE${functrace}; IFS=$'\\n'`,
      'set -o posix; shopt -s nocasematch nullglob failglob extglob; IFS=/',
      'unset IFS',
    ];
    const api = first.quote(world.path('api'));
    for (const mode of modes) {
      const shell = await Shell.start(t, world, 'bash', { bare: true, before: [mode] });
      const state = `set -o; shopt; printf "%s|" "\${IFS-unset}" "$-"`;
      const before = (await shell.run(state)).stdout;
      await shell.run(shell.hookLine());
      t.equal((await shell.run(state)).stdout, before, `${mode}: the hook line`);
      // In an eval, too, where a prompt of 4.4 and 5.0 got stuck.
      await shell.run(`eval "cd ${api}"`, '');
      t.equal((await shell.run(state)).stdout, before, `${mode}: a load`);
      const environment = await shell.environment();
      t.equal(environment.get('A'), '1', mode);
      t.same(
        [...environment.keys()].filter((it) => it.includes('__envhook')),
        [],
        mode,
      );
      const child = await Shell.start(t, world, 'bash', {
        env: Object.fromEntries(environment),
        cwd: world.path('api'),
        before: [mode],
      });
      t.same(await child.values('PATH'), { PATH: environment.get('PATH') }, `${mode}: a child`);
      await child.cd('');
      t.same(
        await child.values('A', 'PATH'),
        { A: null, PATH: world.env['PATH'] },
        `${mode}: a child leaves`,
      );
      t.notMatch((await shell.run(shell.unhookLine())).stderr, /bash: /, mode);
      t.equal((await shell.run(state)).stdout, before, `${mode}: unhook`);
      t.same(await shell.values('A', 'PATH'), { A: null, PATH: world.env['PATH'] }, mode);
      await child.stop();
      await shell.stop();
    }
  },
  isBash,
);

everyOne(
  'programs are the ones of the system',
  async (t, world) => {
    for (const name of ['date', 'ps', 'umask']) {
      world.write(`../bin/${name}`, `#!/bin/sh\necho ${name} >>'${world.path('started')}'\n`);
      chmodSync(world.path(`../bin/${name}`), 0o755);
    }
    await world.project('api', 'A=1\n');
    const shell = await Shell.start(t, world, 'bash');
    t.same((await shell.cd('api')).said, ['envhook: loaded ~/api/.env (+A)']);
    t.match((await shell.values('ENVHOOK_SESSION'))['ENVHOOK_SESSION'], /^\d+-\d{10}-\d+$/);
    t.notOk(existsSync(world.path('started')));
  },
  isBash,
);

everyOne(
  'what cannot work is said once, and the shell is left alone',
  async (t, world, first) => {
    await world.project('api', 'A=1\n');
    const api = first.quote(world.path('api'));
    const cases: [before: string, said: RegExp, a: string | null][] = [
      ['readonly IFS', /^envhook: IFS is read-only in this shell: nothing is loaded or unloaded$/, null],
      [
        'BASH_VERSION="3.1.17(1)-release"',
        /^envhook: bash 3\.1\.17 is too old; envhook needs bash 3\.2 or later$/,
        null,
      ],
      ['BASH_VERSION=2.05b.0', /^envhook: bash 2\.05 is too old; envhook needs bash 3\.2 or later$/, null],
      ['declare -i PROMPT_COMMAND', /^envhook: PROMPT_COMMAND is an integer variable: only cd /, '1'],
    ];
    for (const [before, said, a] of cases) {
      const shell = await Shell.start(t, world, 'bash', { bare: true, before: [before] });
      const step = await shell.run(`${shell.hookLine()}; echo "$?"`, `cd ${api}; (exit 7)`, 'echo "$?"');
      t.match(step.said[0], said, before);
      t.equal(step.stdout, '0\n7\n', before);
      t.notMatch(step.stderr, /bash: |not found/, before);
      t.same(await shell.values('A'), { A: a }, before);
      const { stderr } = await shell.run(shell.unhookLine(), `cd ${api}`, 'cd ..');
      t.notMatch(stderr, /bash: |not found/, `${before}: unhook`);
      // Whoever calls our entry from elsewhere finds one that does nothing.
      const left = before.includes('PROMPT_COMMAND') ? '__envhook_prompt\n' : '';
      t.equal((await shell.run('compgen -A function __envhook; compgen -v __envhook')).stdout, left, before);
      await shell.stop();
    }
  },
  isBash,
);

/** The version of a bash, as 302 or 501. */
async function version(shell: Shell): Promise<number> {
  return Number((await shell.run('echo "$((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1]))"')).stdout);
}

/** One test per shell of a claimed version. */
function everyOne(
  title: string,
  body: (t: Test, world: World, shell: Shell) => Promise<void>,
  only: (shell: OtherShell) => boolean = () => true,
): void {
  for (const it of claimed.filter(only)) {
    t.test(
      `${title} (${it.name} ${it.version})`,
      { skip: skipUnlessStarts(it), buffered: true },
      async (t) => {
        const world = new World(t, it.path);
        await body(t, world, await Shell.start(t, world, it.name, { env: { LIST: '/mine' } }));
      },
    );
  }
}
