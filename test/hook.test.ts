import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { compile } from '../src/compile.js';
import { identityOf } from '../src/processes.js';
import {
  isRoot,
  launcher,
  NOBODY,
  parseEnvironment,
  processesBetweenMarks,
  program,
  run,
  Shell,
  type ShellName,
  type StartOptions,
  shells,
  skipWithout,
  skipWithoutTrace,
  Terminal,
  tracedInto,
  World,
} from './shells.js';

// Shells mostly wait for each other's prompts: two at a time keep two cores busy.
t.jobs = 3;

const BATCH = 800;

// The ways to write a value. Not every value can be written in each; `parsedValue` tells.
const FORMS: ((value: string) => string)[] = [
  (value) => `'${value}'`,
  (value) => `\`${value.replaceAll('$', '\\$')}\``,
  (value) => `"${value.replaceAll('$', '\\$').replaceAll('\n', '\\n').replaceAll('\r', '\\r')}"`,
  (value) => value.replaceAll('$', '\\$'),
];

// What a terminal would obey or hide.
const UNSAFE = /(?!\n)\p{Cc}|\p{Cf}|\ufffd/u;

const LOOK = 'look: envhook diff, accept: envhook allow';

/** The version of the bash that is tried, as 302 or 501. */
const bash = bashVersion();

scenario('a project from nothing to loaded to edited to left', async (t, world, shell) => {
  world.write('api/.env', 'A=one\nB="two words"\n');
  world.write('api/deep/er/file', '');

  t.same((await shell.cd('api')).said, [`envhook: ~/api/.env is not allowed; ${LOOK}`]);
  t.same((await shell.run('', 'true')).said, [], 'said once');
  t.same(await shell.values('A', 'B'), { A: null, B: null });

  await world.allow('api');
  t.same((await shell.run('')).said, ['envhook: loaded ~/api/.env (+A +B)']);
  t.same(await shell.values('A', 'B'), { A: 'one', B: 'two words' });

  t.same((await shell.cd('api/deep/er')).said, []);
  t.same(await shell.values('A', 'B'), { A: 'one', B: 'two words' }, 'a directory below keeps them');

  world.write('api/.env', 'A=evil\nB="two words"\n');
  t.same((await shell.run('')).said, [`envhook: ~/api/.env changed since you allowed it (~A); ${LOOK}`]);
  t.same((await shell.run('')).said, [], 'said once');
  t.same(await shell.values('A', 'B'), { A: null, B: null });

  world.write('api/.env', 'A=one\nB="two words"\n');
  t.same((await shell.run('')).said, ['envhook: loaded ~/api/.env (+A +B)'], 'the allowed bytes are back');

  world.write('api/.env', 'A=other\nC=3\n');
  await world.allow('api');
  await shell.run('');
  t.same(await shell.values('A', 'B', 'C'), { A: 'other', B: null, C: '3' });

  utimesSync(world.path('api/.env'), 1, 1);
  t.same((await shell.run('')).said, [], 'another time stamp is no change');
  world.write('api/.env', 'A=other\nC=3\n');
  t.same((await shell.run('')).said, [], 'the same bytes again are no change');

  world.write('api/.env.local', 'C=4\n');
  t.same((await shell.run('')).said, [
    `envhook: ~/api/.env.local is new since you allowed this directory (+C); ${LOOK}`,
  ]);
  t.same(await shell.values('A', 'C'), { A: null, C: null });
  await world.allow('api');
  t.same((await shell.run('')).said, ['envhook: loaded ~/api/{.env,.env.local} (+A +C)']);
  t.same(await shell.values('A', 'C'), { A: 'other', C: '4' });
  unlinkSync(world.path('api/.env.local'));
  t.same((await shell.run('')).said, [`envhook: ~/api/.env.local is gone since you allowed it; ${LOOK}`]);
  world.write('api/.env.local', 'C=4\n');
  await shell.run('');

  t.same((await shell.cd('')).said, ['envhook: unloaded ~/api/{.env,.env.local}']);
  t.same(await shell.values('A', 'C', 'ENVHOOK_SESSION'), { A: null, C: null, ENVHOOK_SESSION: null });
  await shell.cd('api');
  unlinkSync(world.path('api/.env'));
  unlinkSync(world.path('api/.env.local'));
  t.same((await shell.run('')).said, ['envhook: unloaded ~/api/{.env,.env.local}'], 'deleted');
  t.same(await shell.values('A'), { A: null });
});

scenario('a plan that another spelling of the directory’s path made', async (t, world, shell) => {
  await world.project('proj', 'A=one\n');
  // As a disk has it that ignores case: two names, one real path, one plan.
  symlinkSync('proj', world.path('PROJ'));
  symlinkSync('proj', dirname(world.plan('PROJ')));
  t.same((await shell.cd('PROJ')).said, ['envhook: loaded ~/proj/.env (+A)']);
  t.same(await shell.values('A'), { A: 'one' });
  t.match((await shell.run(`${shell.quote(launcher)} status`)).stdout, /^~\/PROJ\/\.env: allowed, loaded$/m);
  t.same((await shell.cd('proj')).said, [
    'envhook: loaded ~/proj/.env (+A)',
    'envhook: unloaded ~/proj/.env',
  ]);
  await shell.cd('PROJ');
  t.equal(world.nodeRuns(), 1, 'neither makes it again: the one is that of status');

  world.write('proj/.env', 'A=evil\n');
  t.match(
    (await shell.run('')).said,
    [/^envhook: ~\/proj\/\.env changed since you allowed it/],
    'and no more',
  );
  t.same(await shell.values('A'), { A: null });
  world.write('proj/.env', 'A=one\n');
  await shell.run('');
  world.deny('proj');
  t.same((await shell.run('')).said, ['envhook: unloaded ~/proj/.env']);
  t.same(await shell.values('A'), { A: null });

  await world.project('other', 'A=other\n');
  rmSync(dirname(world.plan('PROJ')));
  symlinkSync('other', dirname(world.plan('PROJ')));
  await world.allow('proj');
  const before = world.nodeRuns();
  t.same((await shell.run('')).said, ['envhook: loaded ~/PROJ/.env (+A)'], 'not by another directory’s');
  t.same(await shell.values('A'), { A: 'one' });
  t.equal(world.nodeRuns(), before + 1);
});

scenario('what was before comes back', async (t, world, shell) => {
  await world.project('api', 'UNSET=x\nEMPTY=x\nHIDDEN=x\nSHOWN=x\nSAME=same\n');
  await shell.run(
    shell.exportLine('EMPTY', ''),
    shell.setLine('HIDDEN', 'mine'),
    shell.exportLine('SHOWN', "it's \\"),
    shell.exportLine('SAME', 'same'),
  );
  t.same((await shell.cd('api')).said, ['envhook: loaded ~/api/.env (~EMPTY ~HIDDEN ~SHOWN +UNSET)']);
  t.same(await shell.values('UNSET', 'EMPTY', 'HIDDEN', 'SHOWN'), {
    UNSET: 'x',
    EMPTY: 'x',
    HIDDEN: 'x',
    SHOWN: 'x',
  });
  await shell.cd('');
  t.same(await shell.values('UNSET', 'EMPTY', 'HIDDEN', 'SHOWN', 'SAME'), {
    UNSET: null,
    EMPTY: '',
    HIDDEN: null,
    SHOWN: "it's \\",
    SAME: 'same',
  });
  t.equal(await shell.inside('HIDDEN'), 'set mine', 'a shell variable, and not exported');
  t.equal(await shell.inside('UNSET'), 'unset');

  await shell.cd('api');
  await shell.run(shell.exportLine('UNSET', 'changed'), shell.unsetLine('SHOWN'));
  await shell.cd('');
  t.same(
    await shell.values('UNSET', 'EMPTY', 'SHOWN'),
    { UNSET: 'changed', EMPTY: '', SHOWN: null },
    'what the user changed meanwhile stays',
  );
});

scenario('an addition to a list goes, whatever else was done to the list', async (t, world, shell) => {
  await world.project('api', 'PATH=./bin:$PATH\nMY_LIST=$MY_LIST:last\nNEW_LIST=first:$NEW_LIST\n', 'PATH');
  await shell.run(shell.exportLine('MY_LIST', 'a:b'));
  const before = await shell.values('PATH');
  await shell.cd('api');
  t.same(await shell.values('PATH', 'MY_LIST', 'NEW_LIST'), {
    PATH: `./bin:${before['PATH']}`,
    MY_LIST: 'a:b:last',
    NEW_LIST: 'first:',
  });
  await shell.run(shell.name === 'fish' ? 'set -gx PATH /mine $PATH' : 'export PATH="/mine:$PATH"');
  await shell.run(shell.exportLine('MY_LIST', 'z:a:b:last:c'));
  await shell.cd('');
  t.same(await shell.values('PATH', 'MY_LIST', 'NEW_LIST'), {
    PATH: `/mine:${before['PATH']}`,
    MY_LIST: 'z:a:b:c',
    NEW_LIST: null,
  });
});

scenario('directories stack', async (t, world, shell) => {
  await world.project('mono', 'NAME=root\nROOT=1\nBASE=mono\n');
  await world.project('mono/packages/api', `NAME=api\nAPI=1\nDERIVED=\${BASE}/api\n`);
  await world.project('mono/packages/web', 'NAME=web\nWEB=1\n');
  await world.project('mono/alone', '# envhook: root\nNAME=alone\n');
  await shell.run(shell.exportLine('NAME', 'mine'));
  const at = (directory: string) => [directory, 'NAME', 'ROOT', 'API', 'WEB', 'DERIVED'] as const;
  const check = async (
    [directory, ...names]: ReturnType<typeof at>,
    values: (string | null)[],
    said: string[],
  ) => {
    const step = await shell.cd(directory);
    t.same(
      step.said.map((line) => line.replace('envhook: ', '')),
      said,
      directory,
    );
    t.same(
      await shell.values(...names),
      Object.fromEntries(names.map((name, i) => [name, values[i]])),
      directory,
    );
  };
  await check(
    at('mono/packages/api'),
    ['api', '1', '1', null, 'mono/api'],
    ['loaded ~/mono/.env (+BASE ~NAME +ROOT)', 'loaded ~/mono/packages/api/.env (+API +DERIVED ~NAME)'],
  );
  await check(at('mono/packages'), ['root', '1', null, null, null], ['unloaded ~/mono/packages/api/.env']);
  await check(
    at('mono/packages/web'),
    ['web', '1', null, '1', null],
    ['loaded ~/mono/packages/web/.env (~NAME +WEB)'],
  );
  await check(
    at('mono/packages/api'),
    ['api', '1', '1', null, 'mono/api'],
    ['loaded ~/mono/packages/api/.env (+API +DERIVED ~NAME)', 'unloaded ~/mono/packages/web/.env'],
  );

  world.write('mono/.env', 'NAME=root\nROOT=2\nBASE=other\n');
  await world.allow('mono');
  await shell.run('');
  t.same(await shell.values('NAME', 'ROOT', 'DERIVED'), { NAME: 'api', ROOT: '2', DERIVED: 'other/api' });

  world.write('mono/packages/api/.env', 'NAME=evil\n');
  t.same((await shell.run('')).said, [
    `envhook: ~/mono/packages/api/.env changed since you allowed it (-API -DERIVED ~NAME); ${LOOK}`,
  ]);
  t.same(await shell.values('NAME', 'ROOT', 'DERIVED'), { NAME: 'root', ROOT: '2', DERIVED: null });

  await check(
    at('mono/alone'),
    ['alone', null, null, null, null],
    ['loaded ~/mono/alone/.env (~NAME)', 'unloaded ~/mono/.env'],
  );
  await check(at(''), ['mine', null, null, null, null], ['unloaded ~/mono/alone/.env']);
});

scenario('allow and deny elsewhere take hold at the next prompt', async (t, world, shell) => {
  await world.project('real', 'A=1\n');
  symlinkSync('real', world.path('link'));
  for (const place of ['real', 'link']) {
    t.same((await shell.cd(place)).said.at(-1), `envhook: loaded ~/${place}/.env (+A)`);
    world.deny('real');
    t.same((await shell.run('')).said, [`envhook: unloaded ~/${place}/.env`]);
    t.same(await shell.values('A'), { A: null });
    t.same((await shell.run('', '')).said, [], 'and no word more');
    t.same((await shell.cd('')).said, []);
    t.same((await shell.cd(place)).said, [], 'silent when it is entered');
    await world.allow('real');
    t.same((await shell.run('')).said, [`envhook: loaded ~/${place}/.env (+A)`]);
    await shell.cd('');
  }
});

scenario('an approval is for one real directory', async (t, world, shell) => {
  await world.project('one', 'A=1\n');
  world.write('two/.env', 'A=1\n');
  symlinkSync('one', world.path('current'));
  t.same((await shell.cd('current')).said, ['envhook: loaded ~/current/.env (+A)']);
  unlinkSync(world.path('current'));
  symlinkSync('two', world.path('current'));
  await shell.run('');
  t.same(await shell.values('A'), { A: null }, 'the link leads elsewhere, to the same bytes');

  cpSync(world.path('one'), world.path('copy'), { recursive: true });
  await shell.cd('copy');
  t.same(await shell.values('A'), { A: null }, 'copied');
  await shell.cd('one');
  t.same(await shell.values('A'), { A: '1' });
  renameSync(world.path('one'), world.path('moved'));
  await shell.cd('moved');
  t.same(await shell.values('A'), { A: null }, 'moved');
  rmSync(world.path('moved'), { recursive: true });
});

scenario(
  'Node runs once for what only it can tell, and not again in the next shell',
  async (t, world, shell) => {
    await world.project('allowed', 'A=1\n');
    await world.project('changed', 'A=1\n');
    await world.project('denied', 'A=1\n');
    world.write('changed/.env', 'A=2\n');
    world.write('new/.env', 'A=1\n');
    world.deny('denied');
    const cases: [directory: string, runs: number][] = [
      ['allowed', 0],
      ['changed', 0],
      ['denied', 0],
      ['new', 1],
    ];
    const next = await Shell.start(t, world, shell.name);
    for (const [directory, runs] of cases) {
      const before = world.nodeRuns();
      for (const to of [directory, '', directory]) await shell.cd(to);
      await shell.run('', '');
      t.equal(world.nodeRuns() - before, runs, directory);
      await next.cd(directory);
      t.equal(world.nodeRuns() - before, runs, `${directory} in the next shell`);
    }
    rmSync(world.plan('allowed'));
    const before = world.nodeRuns();
    // A shell may remember a plan, a new one cannot.
    const last = await Shell.start(t, world, shell.name);
    t.same((await last.cd('allowed')).said, ['envhook: loaded ~/allowed/.env (+A)'], 'no plan any more');
    t.equal(world.nodeRuns() - before, 1);
  },
);

for (const name of shells) {
  const title = `nothing changed, no process (${name})`;
  t.test(title, { skip: skipWithout(name) || skipWithoutTrace(), buffered: true }, async (t) => {
    const world = new World(t);
    const log = `${world.home}/strace.log`;
    const under = tracedInto(log);
    const shell = await Shell.start(t, world, name, { under });
    await world.project('mono', 'A=1\nPATH=$PWD/bin:$PATH\n', 'PATH');
    await world.project('mono/api', 'A=2\nB=$A\n');
    await world.project('denied', 'A=1\n');
    await world.project('changed', 'A=1\n');
    world.deny('denied');
    world.write('changed/.env', 'A=2\n');
    world.write('new/.env', 'A=1\n');
    mkdirSync(world.path('venv/.env'), { recursive: true });
    const places = ['', 'mono', 'mono/api', 'denied', 'changed', 'new', 'venv'];
    for (const place of places) await shell.cd(place);

    const mark = () => shell.run(`${program('true')} mark`);
    await mark();
    for (const place of places) {
      await shell.cd(place);
      await shell.run(...Array<string>(100).fill(''));
      await mark();
    }
    const counts = processesBetweenMarks(readFileSync(log, 'utf8'));
    // A load in an old bash takes one, for what the variables are.
    const load = name === 'bash' && bash < 404 ? 2 : 1;
    const expected = places.map((place) => (place.startsWith('mono') ? load : 1));
    t.same(counts, expected, `only the marks: ${places.join()}`);
  });
}

scenario('a child shell of any kind can leave', async (t, world, outer) => {
  await world.project('api', 'NEW=x\nSHOWN=x\nHIDDEN=x\nMINE=x\nLIST=$PWD:$LIST\n');
  await outer.run(
    outer.exportLine('SHOWN', `a'b\\\n$(c)"`),
    outer.setLine('HIDDEN', 'hidden'),
    outer.exportLine('LIST', 'l'),
  );
  await outer.cd('api');
  const inherited = Object.fromEntries(await outer.environment());
  t.match(inherited, { NEW: 'x', SHOWN: 'x' });
  for (const name of shells.filter((it) => !skipWithout(it))) {
    let env = inherited;
    for (const generation of ['child', 'grandchild']) {
      const shell = await Shell.start(t, world, name, { env, cwd: world.path('api') });
      t.same((await shell.run('')).said, [], `${generation} ${name}`);
      env = Object.fromEntries(await shell.environment());
      await shell.run(shell.exportLine('MINE', 'changed'));
      await shell.cd('');
      t.same(
        await shell.values('NEW', 'SHOWN', 'HIDDEN', 'MINE', 'LIST', 'ENVHOOK_SESSION'),
        { NEW: null, SHOWN: `a'b\\\n$(c)"`, HIDDEN: null, MINE: 'changed', LIST: 'l', ENVHOOK_SESSION: null },
        `${generation} ${name}`,
      );
      await shell.stop();
    }
    const elsewhere = await Shell.start(t, world, name, { env });
    t.same(await elsewhere.values('NEW', 'LIST'), { NEW: null, LIST: 'l' }, `${name} started outside`);
    await elsewhere.stop();
  }
  t.equal(world.nodeRuns(), 0);
});

scenario('a child shell can leave a stack that sets the same name', async (t, world, outer) => {
  await world.project('mono', 'NAME=mono\n');
  await world.project('mono/api', 'NAME=api\n');
  await outer.run(outer.exportLine('NAME', 'before'));
  await outer.cd('mono/api');
  const env = Object.fromEntries(await outer.environment());
  for (const name of shells.filter((it) => !skipWithout(it))) {
    const child = await Shell.start(t, world, name, { env, cwd: world.path('mono/api') });
    t.same(await child.values('NAME'), { NAME: 'api' }, name);
    await child.cd('mono');
    t.same(await child.values('NAME'), { NAME: 'mono' }, name);
    await child.cd('');
    t.same(await child.values('NAME'), { NAME: 'before' }, name);
    await child.stop();
  }
});

scenario(
  'an addition that is no longer in place is put there again by a child',
  async (t, world, outer) => {
    await world.project('mono', 'A=1\nPATH=$PWD/bin:$PATH\nLIST=$LIST:/last\n', 'PATH');
    await world.project('mono/api', 'PATH=$PWD/bin:$PATH\n', 'PATH');
    await outer.run(outer.exportLine('LIST', 'l'));
    await outer.cd('mono/api');
    await outer.run(outer.exportLine('A', 'mine'));
    const env = Object.fromEntries(await outer.environment());
    const base = world.env['PATH'] ?? '';
    const mono = world.path('mono/bin');
    const both = `${world.path('mono/api/bin')}:${mono}`;
    const login = ['bash', '-c', 'exec -a "-$0" "$0" "$@"'];
    const own = outer.name === 'fish' ? 'set -gx PATH /mine $PATH' : 'PATH=/mine:$PATH';
    type Case = [title: string, options: StartOptions, path: string[], list: string[]];
    const cases: Case[] = [
      [
        'moved behind, as by path_helper',
        { env: { PATH: `${base}:${both}`, LIST: '/last:l' } },
        [`${both}:${base}`, `${mono}:${base}`, base],
        ['l:/last', 'l'],
      ],
      [
        'behind what an rc file has',
        { before: [own] },
        [`${both}:/mine:${base}`, `${mono}:/mine:${base}`, `/mine:${base}`],
        ['l:/last', 'l'],
      ],
      [
        'the outer one in front of the inner',
        { env: { PATH: `${mono}:/mine:${world.path('mono/api/bin')}:${base}`, LIST: 'l:/last:m' } },
        [`${both}:/mine:${base}`, `${mono}:/mine:${base}`, `/mine:${base}`],
        ['l:m:/last', 'l:m'],
      ],
      [
        'taken out by hand',
        { env: { PATH: `/mine:${mono}:${base}`, LIST: '' } },
        [`${mono}:/mine:${base}`, `${mono}:/mine:${base}`, `/mine:${base}`],
        ['', ''],
      ],
      [
        'gone, in a login shell',
        { env: { PATH: base, LIST: 'm' }, under: login },
        [`${both}:${base}`, `${mono}:${base}`, base],
        ['m:/last', 'm'],
      ],
    ];
    for (const [title, options, [inner, between, outside], [list, left]] of cases) {
      const start = { ...options, env: { ...env, ...options.env }, cwd: world.path('mono/api') };
      const child = await Shell.start(t, world, outer.name, start);
      t.same((await child.run('')).said, [], title);
      t.same(await child.values('PATH', 'LIST', 'A'), { PATH: inner, LIST: list, A: 'mine' }, title);
      await child.cd('mono');
      t.same(await child.values('PATH', 'LIST'), { PATH: between, LIST: list }, `${title}, a level up`);
      await child.cd('');
      t.same(await child.values('PATH', 'LIST'), { PATH: outside, LIST: left }, `${title}, outside`);
      await child.stop();
      const elsewhere = await Shell.start(t, world, outer.name, { ...start, cwd: world.home });
      t.same(
        await elsewhere.values('PATH', 'LIST'),
        { PATH: outside, LIST: left },
        `${title}, started outside`,
      );
      await elsewhere.stop();
    }
    t.equal(world.nodeRuns(), 0);
  },
  { only: ['zsh', 'fish'], programs: ['bash'] },
);

scenario('an approval for one shell counts for it and its children', async (t, world, shell) => {
  world.write('api/.env', 'A=1\n');
  await shell.cd('api');
  await shell.run(`'${launcher}' allow --session --quiet`);
  t.same(await shell.values('A'), { A: '1' });
  const env = Object.fromEntries(await shell.environment());
  for (const name of shells.filter((it) => !skipWithout(it))) {
    const child = await Shell.start(t, world, name, { env, cwd: world.path('api') });
    await child.cd('');
    t.same(await child.values('A'), { A: null }, `${name} outside`);
    await child.cd('api');
    t.same(await child.values('A'), { A: '1' }, `${name} back`);
    await child.stop();
    const other = await Shell.start(t, world, name);
    const { said } = await other.cd('api');
    t.same(said, [`envhook: ~/api/.env is allowed in another shell only; ${LOOK}`], name);
    t.same(await other.values('A'), { A: null }, `${name} elsewhere`);
    await other.stop();
  }
});

scenario('an approval for one shell is none for another with its number', async (t, world, shell) => {
  const own = identityOf(shell.pid) ?? '';
  const [pid, start, ...boot] = own.split('-');
  const others: [title: string, identity: string][] = [
    ['a later process', [pid, `${start}1`, ...boot].join('-')],
    ['in another container', [pid, start, ...boot.map((it) => it.replaceAll(/./g, '0'))].join('-')],
    ['another shell', ['1', start, ...boot].join('-')],
    ['a number alone', String(pid)],
    ['none', ''],
    ['a pattern', `${pid}-*`],
    ['a part', own.slice(0, -1)],
  ];
  const give = async (directory: string, identity: string, message = '') => {
    await world.project(directory, 'A=1\n');
    const fields = readFileSync(world.plan(directory), 'latin1').split('\0');
    fields[7] = ` session=${identity} `;
    fields[11] = message;
    writeFileSync(world.plan(directory), fields.join('\0'), 'latin1');
  };
  const status = shell.name === 'fish' ? '$status' : '$?';
  for (const [index, [title, identity]] of others.entries()) {
    await give(`other${index}`, identity, title);
    const { stdout, said } = await shell.run(
      `cd ${shell.quote(world.path(`other${index}`))}; echo ${status}`,
    );
    t.equal(stdout, '0\n', title);
    t.same(said, [`envhook: ${title}`]);
    t.same(await shell.values('A'), { A: null }, title);
  }
  await give('own', own);
  t.same((await shell.cd('own')).said, ['envhook: loaded ~/own/.env (+A)']);
  t.equal(world.nodeRuns(), 0);
});

scenario("storage that is not the user's alone is not believed", async (t, world, shell) => {
  await world.project('api', 'A=1\n');
  await world.project('outer', 'B=1\n');
  await shell.cd('outer');
  const env = Object.fromEntries(await shell.environment());
  const { run: directory, data } = world.places;
  const records = readdirSync(join(data, 'approvals')).map((name) => join(data, 'approvals', name));
  const session = join(directory, 'sessions', env['ENVHOOK_SESSION'] ?? '');
  writeFileSync(world.path('../bin/node'), '#!/bin/sh\nexit 1\n'); // or else it would make and close all of it again
  const check = async (title: string) => {
    const fresh = await Shell.start(t, world, shell.name);
    await fresh.cd('api');
    t.same(await fresh.values('A'), { A: null }, title);
    await fresh.stop();
    const child = await Shell.start(t, world, shell.name, { env, cwd: world.path('outer') });
    await child.cd('');
    t.same(await child.values('ENVHOOK_SESSION'), { ENVHOOK_SESSION: null }, title);
    await child.stop();
  };
  if (isRoot) {
    for (const path of [...records, world.plan('api'), world.plan('outer'), session])
      chownSync(path, NOBODY, NOBODY);
    await check("another user's");
    for (const path of [...records, world.plan('api'), world.plan('outer'), session]) chownSync(path, 0, 0);
  }
  // Other shells cannot see a mode.
  for (const mode of shell.name === 'zsh' ? [0o640, 0o602] : []) {
    for (const path of [world.plan('api'), session]) chmodSync(path, mode);
    await check(`plan and session ${mode.toString(8)}`);
    for (const path of [world.plan('api'), session]) chmodSync(path, 0o600);
    for (const path of records) chmodSync(path, mode);
    const fresh = await Shell.start(t, world, shell.name);
    await fresh.cd('api');
    t.same(await fresh.values('A'), { A: null }, `records ${mode.toString(8)}`);
    await fresh.stop();
    for (const path of records) chmodSync(path, 0o600);
  }
  if (shell.name === 'zsh') {
    const fresh = await Shell.start(t, world, shell.name);
    chmodSync(directory, 0o711);
    await fresh.cd('api');
    t.same(await fresh.values('A'), { A: null }, 'a run directory that others may enter');
    chmodSync(directory, 0o700);
  }
  const fresh = await Shell.start(t, world, shell.name);
  t.same((await fresh.cd('api')).said, ['envhook: loaded ~/api/.env (+A)'], 'and closed again it is');
});

scenario('what is inherited is not believed', async (t, world, shell) => {
  await world.project('api', 'VICTIM=seen\n');
  await shell.run(shell.exportLine('VICTIM', 'old'));
  await shell.cd('api');
  const id = (await shell.values('ENVHOOK_SESSION'))['ENVHOOK_SESSION'] ?? '';
  const sessions = join(world.places.run, 'sessions');
  const state = readFileSync(join(sessions, id));
  writeFileSync(join(world.places.run, 'forged'), state, { mode: 0o600 });
  writeFileSync(join(world.home, 'forged'), state, { mode: 0o600 });
  const put = (name: string, bytes: Uint8Array) => {
    writeFileSync(join(sessions, name), bytes, { mode: 0o600 });
    return name;
  };
  symlinkSync('../forged', join(sessions, '1-1-1'));
  const cuts = [20, Math.floor(state.length / 2), state.length - 13, state.length - 2];
  const cases: [title: string, id: string][] = [
    ['empty', ''],
    ['a path upwards', '../forged'],
    ['an absolute path', world.path('forged')],
    ['a link', '1-1-1'],
    ['no file', '9-9-9'],
    ['a pattern', '*'],
    ['a command', `$(touch ${world.path('pwned')})`],
    ...cuts.map((cut): [string, string] => [`cut at ${cut}`, put(`2-2-${cut}`, state.subarray(0, cut))]),
    ['a huge count', put('3-3-1', replaced(state, '\x001\0', '\x0099999999\0', 1))],
    ['a command as the count', put('3-3-2', replaced(state, '\x001\0', '\0path[$(touch pwned)]\0', 1))],
    ['another version', put('3-3-3', replaced(state, '\x001\0', '\x002\0', 0))],
    ['a command as the name', put('3-3-4', replaced(state, 'VICTIM', 'path[$(touch pwned)]', 0))],
  ];
  if (process.getuid?.() === 0) {
    chownSync(join(sessions, put('4-4-4', state)), 65534, 65534);
    cases.push([`another user's`, '4-4-4']);
  }
  const env = { VICTIM: 'seen' };
  for (const [title, session] of cases) {
    const victim = await Shell.start(t, world, shell.name, { env: { ...env, ENVHOOK_SESSION: session } });
    t.same(
      await victim.values('VICTIM', 'ENVHOOK_SESSION'),
      { VICTIM: 'seen', ENVHOOK_SESSION: null },
      title,
    );
    await victim.stop();
  }
  const child = await Shell.start(t, world, shell.name, {
    env: { ...env, ENVHOOK_SESSION: put('5-5-5', state) },
  });
  t.same(await child.values('VICTIM'), { VICTIM: 'old' }, 'a true one is believed');
  const source = readFileSync(join(dirname(launcher), `../shell/envhook.${shell.name}`), 'utf8');
  const names = [...new Set(source.match(/__envhook_[a-z_]+/g))];
  for (const value of [`path[$(touch ${world.path('pwned')})]`, '1']) {
    const hostile = Object.fromEntries(names.map((name) => [name, value]));
    const confused = await Shell.start(t, world, shell.name, { env: hostile });
    await confused.cd('api');
    t.equal(await confused.inside('VICTIM'), 'set seen', `every name of the hook is ${value}`);
    await confused.cd('');
    t.equal(await confused.inside('VICTIM'), 'unset');
  }
  t.notOk(existsSync(world.path('pwned')));
});

scenario('a secret is in its variable and nowhere else', async (t, world, shell) => {
  await world.project('api', 'SECRET=s3cr3t-value\nREPLACED=n3w-value\n');
  await shell.run(shell.exportLine('REPLACED', '0ld-value'));
  const step = await shell.cd('api');
  const environment = Array.from(await shell.environment(), ([name, value]) => `${name}=${value}`).join('\0');
  for (const [text, count] of [
    ['s3cr3t-value', 1],
    ['n3w-value', 1],
    ['0ld-value', 0],
  ] as const) {
    t.equal(environment.split(text).length - 1, count, text);
    t.notMatch(step.stderr + step.stdout, text);
  }
  t.same(environment.match(/__envhook\w*/g), null);
  t.match(environment, /ENVHOOK_SESSION=[\d-]+\0|ENVHOOK_SESSION=[\d-]+$/);
  for (const file of filesBelow(world.places.data)) t.equal(statSync(file).mode & 0o777, 0o600, file);
});

t.test('any value arrives as it is, by plan and by export', { buffered: true }, async (t) => {
  const seed = Date.now() & 0x7fffffff;
  const batches = sampleBatches(seed);
  const total = batches.reduce((sum, values) => sum + values.size, 0);
  t.ok(total >= 1000, `${total} values, seed ${seed}`);
  await Promise.all(
    shells.map((name) =>
      t.test(name, { skip: skipWithout(name) }, async (t) => {
        const world = new World(t);
        const shell = await Shell.start(t, world, name);
        const bare = await Shell.start(t, world, name, { bare: true });
        for (const [index, values] of batches.entries()) {
          const lines = Array.from(values, ([variable, { text }]) => `${variable}=${text}\n`);
          await world.project(`batch${index}`, lines.join(''));
          const { said } = await shell.cd(`batch${index}`);
          await bare.cd(`batch${index}`);
          world.write('exported', world.exportText(name, `batch${index}`));
          const exported = bare.quote(world.path('exported'));
          await bare.run(name === 'fish' ? `cat ${exported} | source` : `eval "$(cat ${exported})"`);
          for (const [way, environment] of [
            ['plan', await shell.environment()],
            ['export', await bare.environment()],
          ] as const) {
            const wrong = [...values].filter(([variable, { value }]) => environment.get(variable) !== value);
            t.same(
              wrong
                .slice(0, 3)
                .map(([variable, { text, value }]) => [text, value, environment.get(variable)]),
              [],
              `${way}, seed ${seed}, ${wrong.length} wrong; ${said.join()}`,
            );
          }
        }
        await shell.cd('');
        t.same(
          [...(await shell.environment()).keys()].filter((it) => /^V\d+$/.test(it)),
          [],
        );
      }),
    ),
  );
});

scenario('the launcher exports', async (t, world, shell) => {
  await world.project('api', `A='it$HOME'\nB=2\n`);
  const bare = await Shell.start(t, world, shell.name, { bare: true });
  await bare.cd('api');
  await bare.run(
    shell.name === 'fish'
      ? `${launcher} export fish | source`
      : `eval "$('${launcher}' export ${shell.name})"`,
  );
  t.same(await bare.values('A', 'B'), { A: 'it$HOME', B: '2' });
});

scenario('bytes that are no UTF-8 stay', async (t, world, shell) => {
  await world.project('api', 'REPLACED=x\nOTHER=x\n');
  const line = (name: string) =>
    shell.name === 'fish' ? `set -gx ${name} caf\\Xe9` : `export ${name}=$'caf\\xe9'`;
  await shell.run(line('REPLACED'), line('UNRELATED'));
  await shell.cd('api');
  const inside = await shell.environment('latin1');
  t.same([inside.get('REPLACED'), inside.get('UNRELATED')], ['x', 'caf\xe9']);
  await shell.cd('');
  const outside = await shell.environment('latin1');
  t.same([outside.get('REPLACED'), outside.get('UNRELATED')], ['caf\xe9', 'caf\xe9']);
});

// What a person may have set before the hook, and what a hook must be at home in.
const MODES: Record<ShellName, [title: string, ...lines: string[]][]> = {
  bash: [
    ['set -u', 'set -u'],
    ['set -e and pipefail', 'set -e -o pipefail'],
    ['set -x', 'set -x'],
    ['set -v', 'set -v'],
    ['set -f', 'set -f'],
    ['noclobber', 'set -C'],
    ['allexport', 'set -a'],
    ['posix', 'set -o posix'],
    ['nullglob, failglob, nocasematch', 'shopt -s nullglob failglob nocasematch nocaseglob dotglob'],
    ['no extglob, extdebug', 'shopt -u extglob; shopt -s extdebug'],
    ['DEBUG trap with functrace', `set -T; trap 'debugged=$BASH_COMMAND; : "$debugged"' DEBUG`],
    ['ERR, EXIT and INT traps', `set -E; trap 'echo error >&2' ERR; trap : EXIT; trap 'echo int' INT`],
    ['IFS of letters', 'IFS="it s@\\\\012345/envhook"'],
    ['an empty IFS', 'IFS='],
    ['no IFS', 'unset IFS'],
    [
      'aliases',
      ...[
        'export',
        'declare',
        'typeset',
        'local',
        'unset',
        'source',
        'builtin',
        '[',
        'mapfile',
        'printf',
      ].map((it) => `alias ${it}='echo alias; false'`),
      'unalias printf builtin',
    ],
    [
      'functions',
      ...[
        'export',
        'declare',
        'typeset',
        'local',
        'unset',
        'source',
        'read',
        'mapfile',
        'eval',
        '[',
        'umask',
        'set',
      ].map((it) => `function ${it} { echo function; false; }`),
    ],
    ['umask', 'umask 027'],
    ['PROMPT_COMMAND is an array', 'PROMPT_COMMAND=(": one" ": two")'],
    ['PROMPT_COMMAND is a string with a comment at its end', 'PROMPT_COMMAND=": one # two"'],
  ],
  zsh: [
    ...[
      'ksh_arrays',
      'sh_word_split',
      'glob_subst',
      'rc_quotes',
      'csh_junkie_quotes',
      'no_unset',
      'err_return',
    ],
    ...['err_exit', 'posix_builtins', 'all_export', 'warn_create_global', 'xtrace', 'verbose'],
    ...[
      'null_glob no_clobber pipe_fail',
      'extended_glob ksh_glob brace_ccl',
      'no_nomatch no_bad_pattern no_equals',
    ],
    ...['posix_identifiers no_multibyte', 'magic_equal_subst auto_cd no_function_argzero typeset_silent'],
    ...['no_short_loops ignore_braces', 'c_bases octal_zeroes ksh_zero_subscript', 'auto_pushd chase_links'],
  ].map((options): [string, string] => [options, `setopt ${options}`]),
  fish: [
    ['fish_trace', 'set -g fish_trace 1'],
    [
      'functions',
      ...['export', 'declare', 'unset', 'typeset'].map(
        (it) => `function ${it}; echo function; return 1; end`,
      ),
    ],
    ['aliases', `alias export 'echo alias'`, `alias printenv 'echo alias'`],
    ['umask', 'umask 027'],
    ['IFS', 'set -g IFS its'],
  ],
};
MODES.zsh.push(
  ['emulate sh', 'emulate sh'],
  ['emulate ksh', 'emulate ksh'],
  ['emulate csh', 'emulate csh'],
  ['IFS of letters', 'IFS="it s@\\\\012345/envhook"'],
  [
    'aliases',
    ...['export', 'declare', 'typeset', 'local', 'unset', 'source', '[', 'read', 'emulate', 'setopt'].map(
      (it) => `alias ${it}='echo alias; false'`,
    ),
  ],
  ['global aliases', `alias -g set='echo alias'`, `alias -g local='echo alias'`],
  [
    'functions',
    ...[
      'export',
      'declare',
      'typeset',
      'local',
      'unset',
      'source',
      'read',
      'eval',
      '[',
      'umask',
      'emulate',
      'setopt',
    ].map((it) => `function ${it} { echo function; false }`),
  ],
  [
    'traps',
    `trap 'debugged=$ZSH_DEBUG_CMD' DEBUG`,
    `trap 'echo int' INT`,
    'TRAPEXIT() { : }',
    'TRAPZERR() { : }',
  ],
  ['umask', 'umask 027'],
);

// Everything about a shell that a user may rely on, but for variables that .env files name.
const STATE: Record<ShellName, string> = {
  bash: `set -o; shopt; trap -p; umask; printf "<%s>\\n" "\${IFS-unset}" "$*" "$OPTIND" "$PWD"; compgen -A function; compgen -v; compgen -e; alias`,
  zsh:
    'print -r -- "<$IFS><$*><$OPTIND><$PWD>"; \\builtin set -o; trap; umask; ' +
    `\\builtin emulate zsh -c 'print -rl -- \${(ok)parameters} \${(ok)functions} \${(ok)aliases} \${(ok)galiases}'`,
  fish: 'trap; umask; set -n; set -xn; functions -a -n; echo "<$IFS><$argv>"',
};

for (const name of shells) {
  const title = `the shell stays as it was, in any mode (${name})`;
  t.test(title, { skip: skipWithout(name), buffered: true }, async (t) => {
    const world = new World(t);
    await world.project('api', 'S=1\nQ="it s @0 1234 envhook"\nREPLACED=secret-new\nADDED=secret-added\n');
    await world.project('api/sub', 'Q=secret-inner\n');
    for (const [mode, ...lines] of MODES[name]) {
      const shell = await Shell.start(t, world, name, { bare: true, env: { REPLACED: "be'fore \\" } });
      // Aliases and functions would otherwise stand in the way of this test's own means.
      const installed = await shell.run(
        ...(['xtrace', 'functions'].includes(mode) || name === 'fish'
          ? [shell.hookLine(), ...lines]
          : [...lines, shell.hookLine()]),
      );
      t.notMatch(installed.stderr, /__envhook_\w+:\d/, `${mode}: zsh complains about nothing of ours`);
      const before = (await shell.run(STATE[name])).stdout;
      const steps = [await shell.cd('api'), await shell.cd('api/sub'), await shell.run('')];
      const inside = await shell.environment();
      t.same(
        ['S', 'Q', 'REPLACED', 'ADDED'].map((it) => inside.get(it)),
        ['1', 'secret-inner', 'secret-new', 'secret-added'],
        mode,
      );
      t.same(
        [...inside.keys()].filter((it) => it.startsWith('__envhook')),
        [],
        mode,
      );
      steps.push(await shell.cd('api'));
      t.equal((await shell.environment()).get('Q'), 'it s @0 1234 envhook', mode);
      steps.push(await shell.cd(''), await shell.run(''));
      t.same(
        await shell.values('S', 'Q', 'REPLACED', 'ADDED'),
        { S: null, Q: null, REPLACED: "be'fore \\", ADDED: null },
        mode,
      );
      t.equal(
        steps.map(({ said }) => said.length).join(),
        '1,1,0,1,1,0',
        `${mode}: ${steps.flatMap(({ said }) => said).join('\n')}`,
      );
      t.notMatch(
        steps.map(({ stderr, stdout }) => stderr + stdout).join(),
        /secret-|command not found|not found:|bad |invalid|unbound|parameter not set/,
        mode,
      );
      t.equal(steps.map(({ stdout }) => stdout).join(''), '', mode);
      const others = (state: string) => ownLines(state).filter((line) => !line.startsWith('__envhook_'));
      t.same(others((await shell.run(STATE[name])).stdout), others(before), mode);
      await shell.stop();
    }
  });
}

scenario(
  "the last status and argument are the user's",
  async (t, world, shell) => {
    await world.project('api', 'A=1\n');
    await shell.cd('api');
    const pipe = shell.name === 'bash' ? `\${PIPESTATUS[*]}` : '$pipestatus';
    const cases: [line: string, question: string, answer: string][] = [
      ['(exit 7)', 'echo $?', '7'],
      [': one two', 'echo $_', 'two'],
      ['true | false | (exit 3)', `echo ${pipe}`, '0 1 3'],
    ];
    for (const [line, question, answer] of cases) {
      for (const content of ['A=1\n', 'A=2\n', 'A=2\n', 'A=1\n']) {
        world.write('api/.env', content);
        const { stdout } = await shell.run(line, question);
        t.equal(stdout, `${answer}\n`, `${line} ${content}`);
      }
    }
  },
  { only: ['bash', 'zsh'] },
);

scenario(
  'a function called builtin gets one line and nothing else',
  async (t, world, shell) => {
    await world.project('api', 'A=1\n');
    const api = shell.quote(world.path('api'));
    t.same((await shell.run('builtin() { echo function; }', `command cd ${api}`, '', '')).said, [
      'envhook: a function called builtin is in the way; type: unset -f builtin',
    ]);
    t.same(await shell.values('A'), { A: null });
    t.same((await shell.run('unset -f builtin', '')).said, ['envhook: loaded ~/api/.env (+A)']);
  },
  { only: ['bash'] },
);

const IN_NEW_BASH: [line: string, what: RegExp][] = [
  ['declare -A A', /array/],
  ['declare -u A', /case/],
  ['declare -l A=x', /case/],
];

scenario(
  'a name that this shell uses otherwise blocks its directory',
  async (t, world, shell) => {
    const pwned = world.path('pwned');
    const value = `'path[$(touch ${pwned})]'`;
    await world.project('api', `OTHER=1\nA=${value}\n`);
    const bare = await Shell.start(t, world, shell.name, { bare: true });
    await bare.run('typeset -i A', `A=${value}`);
    t.ok(existsSync(pwned), 'where nobody checks, it runs');
    rmSync(pwned);
    const attributes: [line: string, what: RegExp][] =
      shell.name === 'bash'
        ? [
            ['declare -r A=1', /read-only/],
            ['declare -i A', /integer/],
            ['declare -i A=1', /integer/],
            ['declare -xi A=1', /integer/],
            ['declare -a A', /array/],
            ['A=(1 2)', /array/],
            ['declare -ai A', /array|integer/],
            ...(bash < 402 ? [] : IN_NEW_BASH),
            ...(bash < 403 ? [] : ([['declare -n A=B', /reference/]] satisfies typeof IN_NEW_BASH)),
          ]
        : [
            ['typeset -r A=1', /read-only/],
            ['integer A', /integer/],
            ['typeset -xi A=1', /integer/],
            ['float A', /float|number/],
            ['typeset -a A', /array/],
            ['typeset -A A', /array/],
            ['A=(1 2)', /array/],
            ['typeset -u A', /case/],
            ['typeset -l A=x', /case/],
            ['typeset -L5 A', /pad|justif|width/],
            ['typeset -Z5 A', /pad|justif|width|zero/],
          ];
    for (const [line, what] of attributes) {
      const special = await Shell.start(t, world, shell.name, { before: [line] });
      const { said } = await special.cd('api');
      t.equal(said.length, 1, line);
      t.match(said[0], /^envhook: ~\/api\/\.env: A .*; nothing is loaded from it$/, line);
      t.match(said[0], what, line);
      t.same((await special.run('', '')).said, [], line);
      t.equal(await special.inside('OTHER'), 'unset', line);
      await special.stop();
    }
    t.notOk(existsSync(pwned));
  },
  { only: ['bash', 'zsh'] },
);

scenario(
  'a name reference that is an integer, too, and leads nowhere is overwritten, nothing of it computed',
  async (t, world, shell) => {
    const pwned = world.path('pwned');
    await world.project('api', `A='path[$(touch ${pwned})]'\n`);
    // bash lists no attribute of it.
    await shell.run('declare -in A');
    t.same((await shell.cd('api')).said, ['envhook: loaded ~/api/.env (+A)']);
    t.same(await shell.values('A'), { A: `path[$(touch ${pwned})]` });
    t.notOk(existsSync(pwned));
  },
  { only: bash < 500 ? [] : ['bash'] }, // an older one blocks it: see old.test.ts
);

scenario('doctor knows whether the shell that asks is hooked', async (t, world, shell) => {
  await world.project('api', 'A=1\n');
  const doctor = async (asked: Shell) =>
    (await asked.run(`${launcher} doctor | grep ' hook: [tn~].*'`)).stdout.trim();
  await shell.cd('api');
  t.equal(await doctor(shell), `ok      hook: this ${shell.name} is hooked: it has loaded what belongs here`);
  await shell.cd('');
  t.match(await doctor(shell), /^note {4}hook: nothing is to be loaded here/);
  const bare = await Shell.start(t, world, shell.name, { bare: true });
  await bare.cd('api');
  t.match(await doctor(bare), /^warning hook: ~\/api\/\.env is allowed, and this \w+ has not loaded it: /);
});

scenario('what is installed twice works once, and unhook leaves nothing', async (t, world, shell) => {
  await world.project('api', 'A=1\nPATH=/api:$PATH\n', 'PATH');
  const list = {
    bash: 'compgen -v; compgen -A function; declare -p PROMPT_COMMAND; trap -p; shopt; set -o',
    zsh: `print -rl -- \${(ok)parameters} \${(ok)functions} $precmd_functions $chpwd_functions; setopt`,
    fish: 'set -n; functions -a -n; set -q SHLVL',
  }[shell.name];
  const fresh = await Shell.start(t, world, shell.name, { bare: true });
  // The first use of some things makes names by itself.
  await fresh.run(list, 'PROMPT_COMMAND=": mine"');
  for (const start of ['', 'api']) {
    await fresh.cd('');
    const before = (await fresh.run(list)).stdout;
    await fresh.run(fresh.hookLine(), fresh.hookLine());
    t.same((await fresh.cd('api')).said, ['envhook: loaded ~/api/.env (+A ~PATH)']);
    await fresh.cd('');
    await fresh.cd(start);
    await fresh.run(fresh.unhookLine());
    t.same(await fresh.values('A', 'ENVHOOK_SESSION', 'PATH'), {
      A: null,
      ENVHOOK_SESSION: null,
      PATH: world.env['PATH'],
    });
    await fresh.cd('');
    t.same(ownLines((await fresh.run(list)).stdout), ownLines(before));
    t.same((await fresh.cd('api')).said, []);
  }
});

scenario('a shell that is not interactive is left alone', async (t, world, shell) => {
  await world.project('api', 'A=1\n');
  const show = shell.name === 'fish' ? 'set -n; functions -a -n' : 'set; typeset -f';
  const command = COMMANDS_WITHOUT_PROMPT[shell.name];
  const script = `${shell.hookLine()}; cd ${shell.quote(world.path('api'))}; echo "[$A]"; ${show}`;
  const { stdout, stderr, status } = run([...command, script], world.env, world.home);
  t.equal(stderr, '');
  t.equal(status, 0);
  t.equal(stdout.split('\n')[0], '[]');
  t.notMatch(stdout.replaceAll(/BASH_EXECUTION_STRING=.*|ZSH_EXECUTION_STRING=.*/g, ''), /^_*envhook/m);
});

scenario('a script that reads the rc file starts nothing of ours', async (t, world, shell) => {
  const rc = { bash: '.bashrc', zsh: '.zshrc', fish: '.config/fish/config.fish' }[shell.name];
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [, line = ''] = new RegExp(`\\| ${shell.name} \\| \`~/${rc}\` \\| \`(.*)\` \\|`).exec(readme) ?? [];
  t.match(line, `envhook hook ${shell.name}`, 'the line that the README gives');
  world.write(rc, `${line.replaceAll('\\|', '|')}\n`);
  world.write('../bin/envhook', `#!/bin/sh\necho "$@" >>~/started\nexec '${launcher}' "$@"\n`);
  world.write('started', '');
  chmodSync(world.path('../bin/envhook'), 0o755);
  await world.project('api', 'A=1\n');
  const script = `cd ${shell.quote(world.path('api'))}; echo "[$A]"`;
  const start = (words: string[], text: string) => run([shell.name, ...words, text], world.env, world.home);
  t.match(start(['-c'], script), { stdout: /^\[\]\n$/, stderr: '', status: 0 });
  // What a script reads by itself, as fish does.
  t.match(start(['-c'], `. ~/${rc}; ${script}`), {
    stdout: shell.name === 'zsh' ? String : /^\[\]\n$/,
    status: 0,
  });
  if (shell.name === 'fish') t.equal(readFileSync(world.path('started'), 'utf8'), '', 'no process');
  t.match(start(['-i', '-c'], script).stdout, '[1]', 'an interactive one is served');
  t.match(readFileSync(world.path('started'), 'utf8'), `hook ${shell.name}\n`);
});

scenario(
  'whoever works at the prompt sees the variables of the place, also who came first',
  async (t, world, shell) => {
    await world.project('api', 'A=1\n');
    await world.project('new', 'A=3\n');
    // fish calls handlers in the order of their definition: at the prompt `other` comes before the hook.
    const at = async (line: string) => (await shell.run(`${line}; emit fish_postexec x`)).stdout;
    t.match(await at('cd api'), '[1]\n');
    t.match(await at('echo A=2 >.env'), '[]\n', 'an edit');
    t.match(await at('echo A=1 >.env'), '[1]\n');
    t.equal(
      (await shell.run('echo A=2 >.env')).said.length,
      1,
      'no command before the prompt: it looks, too',
    );
    t.match(await at('cd ../new'), '[3]\n');
  },
  { only: ['fish'], before: ['function other --on-event fish_prompt; echo "[$A]"; end'] },
);

scenario('functions without their state leave cd alone', async (t, world, shell) => {
  await world.project('api', 'A=1\n');
  const runs = world.nodeRuns();
  const dumps = {
    bash: ['declare -f', 'declare -f $(compgen -A function | grep -v ^_)'],
    zsh: ['typeset -f', `typeset -f \${(k)functions:#_*}`],
    fish: ['for it in (functions -a -n | string match "__envhook_*"); functions $it; end', 'true'],
  }[shell.name];
  for (const [which, dump] of dumps.entries()) {
    const file = shell.quote(world.path(`functions-${which}`));
    await shell.run(`${dump} >${shell.name === 'fish' ? '' : '|'}${file}`);
    const copy = await Shell.start(t, world, shell.name, { bare: true });
    t.equal((await copy.run(`source ${file}`)).stderr, '', dump);
    for (const place of ['api', '', 'api']) {
      const { stdout, stderr } = await copy.run(`cd ${shell.quote(world.path(place))}; echo "[$PWD][$A]"`);
      t.same([stdout, stderr], [`[${world.path(place)}][]\n`, ''], `${dump}: cd ${place}`);
    }
    t.equal((await copy.run('cd .')).stderr, '', `${dump}: the prompt`);
  }
  t.equal(world.nodeRuns(), runs, 'no Node');
});

scenario('its settings', async (t, world, shell) => {
  await world.project('api', 'A=1\n');
  world.write('new/.env', 'A=2\n');
  await shell.cd('api');
  t.same((await shell.run(shell.exportLine('ENVHOOK_DISABLE', '1'))).said, ['envhook: unloaded ~/api/.env']);
  t.same(await shell.values('A'), { A: null });
  t.same((await shell.cd('')).said.concat((await shell.cd('api')).said), [], 'ENVHOOK_DISABLE=1: rests');
  t.same((await shell.run(shell.unsetLine('ENVHOOK_DISABLE'))).said, ['envhook: loaded ~/api/.env (+A)']);
  await shell.cd('');
  for (const [level, lines] of [
    ['off', 0],
    ['error', 1],
    ['info', 3],
  ] as const) {
    await shell.run(shell.exportLine('ENVHOOK_LOG', level));
    const said = [await shell.cd('api'), await shell.cd('new'), await shell.cd('')].flatMap(
      ({ said }) => said,
    );
    t.equal(said.length, lines, `ENVHOOK_LOG=${level}: ${said.join('\n')}`);
  }
});

scenario('the next command on the line of a cd sees the variables', async (t, world, shell) => {
  await world.project('api', 'A=1\n');
  await world.project('api/sub', 'A=2\n');
  const api = shell.quote(world.path('api'));
  const see = shell.name === 'fish' ? 'echo "[$A]"' : `echo "[\${A-}]"`;
  const steps: [line: string, output: string][] = [
    [`cd ${api} && ${see}`, '[1]\n'],
    [`pushd ${api}/sub >/dev/null && ${see}; popd >/dev/null && ${see}`, '[2]\n[1]\n'],
    [`cd .. && ${see}`, '[]\n'],
  ];
  for (const [line, output] of steps) t.equal((await shell.run(line)).stdout, output, line);
  if (shell.name === 'bash') {
    await shell.run('ENVHOOK_BASH_CD=0');
    t.equal(
      (await shell.run(`cd ${api} && ${see}`, see)).stdout,
      '[]\n[1]\n',
      'ENVHOOK_BASH_CD=0: the prompt does it',
    );
    await shell.cd('');
    await shell.run('unset ENVHOOK_BASH_CD');
  }
  const local = {
    bash: `f() { local A=local; cd ${api}; ${see}; }; f; ${see}`,
    zsh: `f() { local A=local; cd ${api}; ${see}; }; f; ${see}`,
    fish: `function f; set -lx A local; cd ${api}; ${see}; end; f; ${see}`,
  }[shell.name];
  const { stdout } = await shell.run(local, see);
  t.match(stdout, /^\[local\]\n\[1?\]\n\[1\]\n$/, `a caller's local is nobody else's`);
  await shell.cd('');
  t.equal(await shell.inside('A'), 'unset');
});

// As zoxide and rvm do it.
const THEIR_CD = 'their() { builtin cd "$@"; }; cd() { local A=theirs; their "$@"; }';

for (const when of ['before', 'after'] as const)
  scenario(
    `a cd that is somebody else's function, ${when} our line, loads at once, too`,
    async (t, world, shell) => {
      await world.project('api', 'A=1\n');
      const api = shell.quote(world.path('api'));
      const type = 'declare -f cd';
      if (when === 'after') {
        await shell.run(shell.unhookLine());
        await shell.run(`${shell.hookLine()}; ${THEIR_CD}`);
      }
      t.equal((await shell.run(`cd ${api} && echo "$A"`, `cd .. && echo "[\${A-}]"`)).stdout, '1\n[]\n');
      await shell.run('their() { builtin cd "$@"; return 3; }');
      t.equal((await shell.run(`cd ${api} || echo "$? $A"`, 'cd ..')).stdout, '3 1\n', 'its status');
      t.equal(
        (await shell.run('unset -f their; cd api || echo "$?"')).stdout,
        '127\n',
        'it is theirs that is called',
      );
      await shell.run('their() { builtin cd "$@"; }');
      const wrapped = (await shell.run(type)).stdout;
      await shell.run(shell.hookLine(), '');
      t.equal((await shell.run(type)).stdout, wrapped, 'put on once');
      t.equal(
        (await shell.run(`bash -c "$(declare -f cd); cd ${api}; pwd"`)).stdout,
        `${world.path('api')}\n`,
        'replayed without what begins with _, it is the builtin',
      );
      await shell.run(shell.unhookLine());
      t.match(
        (await shell.run(type)).stdout,
        /^cd \(\)\s+\{\s+local A=theirs;\s+their "\$@"\s+\}\n$/,
        'unhook gives it back',
      );
      t.equal((await shell.run('declare -F | grep -c __envhook')).stdout, '0\n');
    },
    {
      only: ['bash'],
      before: when === 'before' ? [THEIR_CD] : [],
    },
  );

// What prompt programs do: `drawn` notes what it sees of $? and of a pipe at each prompt, and of A at all of them.
const PROMPTS = {
  bash: {
    program: `drawn() { seen="$?/\${PIPESTATUS[*]}"; draws+=" \${A-}"; }; PROMPT_COMMAND=drawn`,
    inFront: `other() { others+=" \${A-}"; }; PROMPT_COMMAND="other; $PROMPT_COMMAND"`,
    alone: 'PROMPT_COMMAND=drawn',
  },
  zsh: {
    program: 'drawn() { seen="$?/$pipestatus"; draws+=" $A" }; precmd_functions=(drawn)',
    inFront: 'other() { others+=" $A" }; precmd_functions=(other $precmd_functions)',
    alone: 'precmd_functions=(drawn)',
  },
};

for (const name of ['bash', 'zsh'] as const) {
  const { program, inFront, alone } = PROMPTS[name];
  scenario(
    'whoever draws the prompt sees the variables of the place',
    async (t, world, shell) => {
      await world.project('api', 'A=0\n');
      await shell.cd('api');
      let value = 0;
      // What was drawn at the two prompts before `allow` in another terminal and at the two after it.
      const drawn = async () => {
        await shell.run('draws= others=');
        world.write('api/.env', `A=${++value}\n`);
        await world.allow('api');
        await shell.run('');
        return (await shell.run('echo "$draws,$others"')).stdout;
      };
      t.equal(await drawn(), ' 0 0 1 1,\n', 'our line was the last in the rc file');
      // A function leaves its own status where a string of commands goes on; a list has the user's.
      const seen = shell.name === 'bash' ? '3/3\n' : '3/1 3\n';
      t.equal((await shell.run('false | (exit 3)', 'echo "$seen"')).stdout, seen);
      await shell.run(inFront, '');
      t.equal(await drawn(), ' 1 1 2 2, 1 1 2 2\n', 'somebody came before us');
      await shell.run(alone);
      await shell.cd('');
      await shell.cd('api');
      t.equal(await drawn(), ' 2 2 3 3,\n', 'somebody put himself in the place of us all');
    },
    { only: [name], before: [program] },
  );
}

// What bash-preexec does: first at every prompt, where it calls functions by name.
const PREEXEC = [
  `mine() { seen=$?; draws+=" \${A-}"; }; precmd_functions=(mine); __bp_status() { return "$1"; }`,
  `__bp_first() { local rest="\${PROMPT_COMMAND//__bp_precmd}"; PROMPT_COMMAND=__bp_precmd$'\\n'"\${rest#$'\\n'}"; }`,
  `__bp_call() { for f in "\${precmd_functions[@]}"; do __bp_status "$1"; "$f"; done; }`,
  '__bp_precmd() { local status=$?; __bp_first; __bp_call "$status"; return "$status"; }',
  `PROMPT_COMMAND="\${PROMPT_COMMAND-}"$'\\n'__bp_precmd`,
];

for (const when of ['before', 'after'] as const)
  scenario(
    `bash-preexec ${when} our line: its functions see the variables of the place`,
    async (t, world, shell) => {
      await world.project('api', 'A=0\n');
      if (when === 'after') await shell.run(PREEXEC.join('; '));
      await shell.cd('api');
      await shell.run('', '', '', 'draws=');
      world.write('api/.env', 'A=1\n');
      await world.allow('api');
      await shell.run('');
      t.equal((await shell.run('echo "$draws"')).stdout, ' 0 0 1 1\n', 'not one prompt late');
      t.equal((await shell.run('(exit 3)', 'echo "$seen"')).stdout, '3\n');
      await shell.run(
        'eval "real$(declare -f __envhook_unchanged)"; __envhook_unchanged() { looks+=x; real__envhook_unchanged; }',
      );
      t.equal((await shell.run('looks=', 'echo "$looks"')).stdout, 'x\n', 'one look a prompt');
      const { stderr } = await shell.run(shell.unhookLine(), '');
      t.notMatch(stderr, /__envhook/);
      const { stdout } = await shell.run(`echo "$PROMPT_COMMAND,\${precmd_functions[*]}"`);
      t.match(stdout, /^__bp_precmd\n+,mine\n$/);
    },
    { only: ['bash'], before: when === 'before' ? PREEXEC : [] },
  );

scenario(
  'unhook leaves PROMPT_COMMAND as others made it',
  async (t, world, shell) => {
    const ours = '__envhook_prompt "$_"';
    const cases: [set: string, left: string][] = [
      [`'${ours};x'`, 'x'],
      [`'${ours}; x'`, 'x'],
      [`'${ours} ; x;'`, 'x;'],
      [`'${ours}'$'\\nx'`, 'x'],
      [`'x;${ours}'`, 'x'],
      [`'x; ${ours}'`, 'x'],
      [`'x; ${ours};'`, 'x;'],
      [`'x; ${ours}; y'`, 'x; y'],
      [`'x;${ours};y'`, 'x;y'],
      [`$'x\\n''${ours}'$'\\ny'`, 'x\ny'],
      [`'x;; ${ours}'`, 'x;'],
      [`'x && ${ours}'`, 'x && :'],
      [`'{ ${ours}; }; x'`, '{ : ; }; x'],
      [`'x; ${ours} # mine'`, 'x; : # mine'],
      [`'${ours}; ${ours}; x'`, 'x'],
      [`'${ours}'`, ''],
      [`'${ours};'`, ''],
    ];
    for (const [set, left] of cases) {
      await shell.run(shell.hookLine(), `unset PROMPT_COMMAND; PROMPT_COMMAND=${set}`);
      const { stderr } = await shell.run(shell.unhookLine());
      const { stdout } = await shell.run(`echo "[\${PROMPT_COMMAND-}]\${#PROMPT_COMMAND[@]}"`);
      t.equal(stdout, `[${left}]${left === '' ? 0 : 1}\n`, set);
      t.notMatch(stderr, /__envhook|syntax/, set);
    }
    if (bash < 501) return; // which runs the first entry of a list only
    await shell.run('unset PROMPT_COMMAND; PROMPT_COMMAND=(": one")', shell.hookLine());
    const list = 'declare -p PROMPT_COMMAND';
    t.match((await shell.run(list)).stdout, /\[0\]="__envhook_prompt \\"\\\$_\\"" \[1\]=": one"\)/);
    await shell.run(`PROMPT_COMMAND+=(": two"); PROMPT_COMMAND[0]="\${PROMPT_COMMAND[0]}; : three"`);
    await shell.run(shell.unhookLine());
    t.match((await shell.run(list)).stdout, /\(\[0\]=": three" \[1\]=": one" \[2\]=": two"\)/);

    // VS Code's script takes over the first entry of a list, and only that.
    await shell.run(
      'TERM_PROGRAM=vscode; unset PROMPT_COMMAND; PROMPT_COMMAND=(": one" ": two")',
      shell.hookLine(),
    );
    t.match((await shell.run(list)).stdout, /\(\[0\]=\$'__envhook_prompt "\$_"\\n: one' \[1\]=": two"\)/);
    await shell.run(shell.unhookLine());
    t.match((await shell.run(list)).stdout, /\(\[0\]=": one" \[1\]=": two"\)/);
    await shell.run('unset TERM_PROGRAM');

    // Somebody who took the entry over goes on calling it.
    await shell.run('unset PROMPT_COMMAND', shell.hookLine());
    await shell.run('kept=$PROMPT_COMMAND; f() { seen=$?; eval "$kept"; }; PROMPT_COMMAND=f');
    await world.project('api', 'A=1\n');
    t.same((await shell.run(`builtin cd ${shell.quote(world.path('api'))}`)).said, [
      'envhook: loaded ~/api/.env (+A)',
    ]);
    await shell.run('cd ..', '');
    t.equal((await shell.run('echo "$PROMPT_COMMAND"')).stdout, 'f\n', 'and cd does not put ours beside it');
    await shell.run(shell.unhookLine());
    t.equal((await shell.run('false', 'echo $seen')).stderr, '');
  },
  { only: ['bash'] },
);

scenario(
  'PROMPT_COMMAND that was set anew or is read-only',
  async (t, world, shell) => {
    await world.project('api', 'A=1\n');
    const back = '__envhook_prompt "$_"\n: mine\n';
    await shell.run('PROMPT_COMMAND=": mine"');
    t.equal(
      (await shell.run('(cd api; echo "$PROMPT_COMMAND")')).stdout,
      ': mine\n',
      'a subshell has no prompt',
    );
    const first = await shell.run('cd api', 'echo A=2 >.env', 'echo "$PROMPT_COMMAND"');
    t.equal(first.stdout, back, 'the first cd puts it back');
    t.match(
      first.said.join('\n'),
      /^envhook: loaded ~\/api\/\.env \(\+A\)\n.*changed since you allowed it[^\n]*$/,
    );
    await shell.run('PROMPT_COMMAND=": mine"');
    const lost =
      'envhook: PROMPT_COMMAND was set without envhook again: only cd loads and unloads, no prompt does';
    t.same((await shell.run('cd .')).said, [lost]);
    const { said } = await shell.run('cd ..', 'cd api', 'PROMPT_COMMAND=": other"', 'cd ..');
    t.notMatch(said.join('\n'), /PROMPT_COMMAND/, 'said once, before');
    t.equal((await shell.run('echo "$PROMPT_COMMAND"')).stdout, ': other\n', 'and is not put back twice');
    await world.allow('api');

    const anew: [how: string, left: string][] = [
      ['PROMPT_COMMAND=": mine"; cd .', back],
      ['unset PROMPT_COMMAND', '__envhook_prompt "$_"\n'],
      ['unset PROMPT_COMMAND; PROMPT_COMMAND=(": mine" ": two")', '__envhook_prompt "$_"\n: mine\n: two\n'],
    ];
    for (const [how, left] of anew) {
      await shell.run(shell.unhookLine(), shell.hookLine(), '', how, 'cd .');
      t.equal((await shell.run(`printf '%s\\n' "\${PROMPT_COMMAND[@]}"`)).stdout, left, how);
    }
    await shell.run(shell.unhookLine(), 'unset PROMPT_COMMAND');
    await shell.run(`${shell.hookLine()}; PROMPT_COMMAND=": mine"`, 'cd .');
    t.equal((await shell.run('echo "$PROMPT_COMMAND"')).stdout, back, 'before the first prompt');

    const other = await Shell.start(t, world, shell.name, {
      bare: true,
      before: ['readonly PROMPT_COMMAND=": mine"'],
    });
    const step = await other.run(other.hookLine(), other.hookLine());
    t.same(step.said, ['envhook: PROMPT_COMMAND is read-only: only cd loads and unloads, no prompt does']);
    t.notMatch(step.stderr, /readonly variable/);
    t.same((await other.cd('api')).said, ['envhook: loaded ~/api/.env (+A)']);
    t.same((await other.cd('')).said, ['envhook: unloaded ~/api/.env']);
  },
  { only: ['bash'] },
);

scenario(
  'who insists on the first place keeps it',
  async (t, world, shell) => {
    await world.project('api', 'A=1\n');
    const insist = (list: string) => `${list}=(insist_${list} \${${list}:#insist_${list}})`;
    for (const list of ['precmd_functions', 'preexec_functions', 'chpwd_functions']) {
      await shell.run(`insist_${list}() { ${insist(list)} }`, insist(list), '', '');
      t.equal((await shell.run(`print $${list}`)).stdout, `insist_${list} __envhook_prompt\n`);
    }
    t.same((await shell.cd('api')).said, ['envhook: loaded ~/api/.env (+A)']);
    await shell.run('readonly preexec_functions');
    t.notMatch((await shell.run(shell.unhookLine())).stderr, /__envhook/);
    const rest = await shell.run(
      'print $precmd_functions $chpwd_functions $A; typeset -f | grep -c __envhook',
    );
    t.equal(rest.stdout, 'insist_precmd_functions insist_chpwd_functions\n0\n', 'and unhook leaves it alone');
  },
  { only: ['zsh'] },
);

// As Python's venv and nodeenv do it.
const VENV: Record<ShellName, (saved: string) => string[]> = {
  bash: (saved) => [
    `activate() { ${saved}=$PATH; PATH=/venv/bin:$PATH; export PATH; }`,
    `deactivate() { PATH=$${saved}; export PATH; unset ${saved}; }`,
  ],
  zsh: (saved) => VENV.bash(saved),
  fish: (saved) => [
    `function activate; set -gx ${saved} $PATH; set -gx PATH /venv/bin $PATH; end`,
    `function deactivate; set -gx PATH $${saved}; set -e ${saved}; end`,
  ],
};

scenario(
  'what a virtual environment brings back has nothing of a directory that was left',
  async (t, world, shell) => {
    await world.project('mono', 'PATH=$PWD/bin:$PATH\n', 'PATH');
    await world.project('mono/api', 'PATH=$PWD/bin:$PATH:$PWD/last\n', 'PATH');
    const before = await shell.values('PATH');
    const enter = `cd ${shell.quote(world.path('mono/api'))}`;
    const leave = `cd ${shell.quote(world.home)}`;
    const more = shell.name === 'fish' ? 'set -gx PATH /mine $PATH' : 'PATH=/mine:$PATH';
    const orders: string[][] = [
      [enter, 'activate', leave, 'deactivate'],
      [enter, 'activate', 'cd ..', leave, 'deactivate'],
      [enter, 'activate', more, leave, 'deactivate'],
      [enter, 'activate', 'deactivate', leave],
      ['activate', enter, leave, 'deactivate'],
      ['activate', enter, 'deactivate', leave],
      [`cd ${shell.quote(world.path('mono'))}`, 'activate', enter, leave, 'deactivate'],
    ];
    for (const saved of ['_OLD_VIRTUAL_PATH', '_OLD_NODE_VIRTUAL_PATH']) {
      await shell.run(...VENV[shell.name](saved));
      for (const order of saved === '_OLD_VIRTUAL_PATH' ? orders : orders.slice(0, 1)) {
        await shell.run(...order);
        t.same(await shell.values('PATH', saved), { ...before, [saved]: null }, order.join('; '));
      }
    }
    const mine =
      shell.name === 'fish' ? 'set -g _OLD_VIRTUAL_PATH /mine /other' : '_OLD_VIRTUAL_PATH=/mine:/other';
    await shell.run(mine, enter, leave);
    t.match(
      await shell.inside('_OLD_VIRTUAL_PATH'),
      /^set \/mine[ :]\/other$/,
      'what has nothing of it stays',
    );
  },
);

scenario(
  'a number of zsh takes no text, also after unset',
  async (t, world, shell) => {
    const kinds = (await shell.run(`for n in \${(ok)parameters}; do print $n \${(tP)n}; done`)).stdout.split(
      '\n',
    );
    const names = kinds
      .filter((it) => /^[A-Z_]+ integer(?!.*readonly).*special/.test(it))
      .map((it) => it.split(' ')[0] ?? '');
    t.ok(names.length >= 14, names.join());
    const pwned = world.path('pwned');
    for (const name of names) {
      await world.project(name, `SECRET='path[$(touch ${pwned})]'\n`);
      const plan = readFileSync(world.plan(name));
      writeFileSync(world.plan(name), replaced(plan, '\0SECRET\0', `\0${name}\0`, 0));
    }
    for (const unset of ['', `unset ${names.join(' ')}`]) {
      await shell.run(unset);
      for (const name of names) {
        const { said } = await shell.cd(name);
        t.same(said, [
          `envhook: ~/${name}/.env: ${name} is an integer variable in this shell; nothing is loaded from it`,
        ]);
      }
    }
    t.notOk(existsSync(pwned));
  },
  { only: ['zsh'] },
);

t.test(
  'nothing is said before the first prompt (zsh)',
  { skip: skipWithout('zsh'), buffered: true },
  async (t) => {
    const world = new World(t);
    await world.project('api', 'A=1\n');
    const start = (cwd: string, ...lines: string[]) => {
      world.write('rc/.zshrc', ['PS1= PS2=', ...lines, 'print -u2 "rc is read $A"', ''].join('\n'));
      const env = { ...world.env, ZDOTDIR: world.path('rc') };
      return run(
        ['zsh', '-d', '-i', '+o', 'promptsp', '+o', 'promptcr'],
        env,
        world.path(cwd),
        'print -u2 "typed $A"\n',
      )
        .stderr.trim()
        .split('\n');
    };
    const hook = `eval "$('${launcher}' hook zsh)"`;
    const loaded = 'envhook: loaded ~/api/.env (+A)';
    t.same(start('', hook, 'cd ~/api'), ['rc is read 1', loaded, 'typed 1'], 'cd in an rc file');
    t.same(start('api', hook), ['rc is read ', loaded, 'typed 1']);
    const instant = [
      'typeset -gi __p9k_instant_prompt_active=1',
      'p10k() { print -u2 "p10k $1"; unset __p9k_instant_prompt_active }',
    ];
    const cleared = 'p10k clear-instant-prompt';
    t.same(start('api', ...instant, hook), ['rc is read ', cleared, loaded, 'typed 1']);
    t.same(start('', ...instant, hook, 'cd ~/api'), ['rc is read 1', cleared, loaded, 'typed 1']);
  },
);

scenario('a plan that is not whole and ours is no plan', async (t, world, shell) => {
  await world.project('api', 'SECRET=1\nB=$HOME/x\n');
  const plan = world.plan('api');
  const bytes = readFileSync(plan);
  const pwned = world.path('pwned');
  const fields = Array.from(bytes.entries(), ([at, byte]) => (byte === 0 ? at : -1)).filter((at) => at >= 0);
  const cut = (at: number): [string, Buffer] => [`cut at ${at}`, bytes.subarray(0, at)];
  const count = (text: string): [string, Buffer] => [
    `count ${text}`,
    replaced(bytes, '\x002\0', `\0${text}\0`, 2),
  ];
  const bad: [title: string, bytes: Uint8Array][] = [
    ...[0, 1, ...fields.slice(0, -1), ...fields.slice(1, -1).map((at) => at - 1)].map(cut),
    ...['99999999', '99999999999', '999999999999999999999', '-1', '1e1', '2 ', '', 'x', 'B'].map(count),
    ...[`path[$(touch ${pwned})]`, `$(touch ${pwned})`, 'HOME', '3', '1', '0x2'].map(count),
    ['another magic', replaced(bytes, 'envhook-plan', 'Envhook-plan', 0)],
    ['another version', replaced(bytes, 'envhook-plan\x002', 'envhook-plan\x009', 0)],
    ['another kind', replaced(bytes, '\0load\0', '\0loaded\0', 0)],
    ['another directory', replaced(bytes, '/home/api\0', '/home\0', 0)],
    ['another real directory', replaced(bytes, '/home/api\0', '/home\0', 1)],
    ['more behind the end', Buffer.concat([bytes, Buffer.from('x\0')])],
    ['random bytes', randomBytes(bytes.length)],
    ['random fields', Buffer.from(randomBytes(bytes.length).map((byte) => (byte < 64 ? 0 : byte)))],
    ['other approved bytes', replaced(bytes, 'SECRET=1', 'SECRET=2', 0)],
    ['no record', replaced(bytes, world.places.data, '/nonexistent', 0)],
  ];
  // Nobody can make another one now.
  world.removeNode();
  const check = async (title: string, loads: boolean, by = shell) => {
    await by.cd('api');
    t.match(await by.inside('SECRET'), loads ? 'set 1' : 'unset', title);
    t.match(await by.inside('B'), loads ? `set ${world.path('x')}` : 'unset', title);
    await by.cd('');
  };
  for (const [title, content] of bad) {
    writeFileSync(plan, content);
    await check(title, false);
  }
  writeFileSync(plan, bytes);
  if (process.getuid?.() === 0) {
    chownSync(plan, 65534, 65534);
    await check(`another user's`, false);
    chownSync(plan, 0, 0);
  }
  renameSync(plan, `${plan}.moved`);
  symlinkSync(`${plan}.moved`, plan);
  await check('a link', false);
  renameSync(`${plan}.moved`, plan);
  const names: [title: string, name: string][] = [
    ['a name that is none', `path[$(touch ${pwned})]`],
    ['a name of the hook', '__envhook_node'],
    ['a name of the launcher', '__ENVHOOK_SAVED_PATH'],
    ['a setting, in another case', 'EnvHook_log'],
  ];
  for (const [title, name] of names) {
    writeFileSync(plan, replaced(bytes, '\0SECRET\0', `\0${name}\0`, 0));
    // A shell may keep a plan that is whole.
    await check(title, false, await Shell.start(t, world, shell.name));
  }
  writeFileSync(plan, bytes);
  await check('the plan itself', true, await Shell.start(t, world, shell.name));
  t.notOk(existsSync(pwned));
});

scenario('a consented name gets the value that was consented to, or none', async (t, world, shell) => {
  await world.project(
    'api',
    `NODE_OPTIONS=--x=\${EXTRA}\nREF=\${NODE_OPTIONS:-none}\nPATH=/a\${EXTRA}:$PATH\nOTHER=1\n`,
    'NODE_OPTIONS',
    'PATH',
  );
  const names = ['NODE_OPTIONS', 'REF', 'OTHER', 'PATH'] as const;
  const { PATH } = await shell.values('PATH');
  const consented = { NODE_OPTIONS: '--x=', REF: '--x=', OTHER: '1', PATH: `/a:${PATH}` };
  const leftOut = (name: string) =>
    `envhook: ~/api/.env: ${name} is left out, since its value is not the one you consented to; ${LOOK}`;
  t.same((await shell.cd('api')).said, ['envhook: loaded ~/api/.env (+NODE_OPTIONS +OTHER ~PATH +REF)']);
  t.same(await shell.values(...names), consented);

  await shell.cd('');
  await shell.run(shell.exportLine('EXTRA', 'evil'));
  t.same(
    (await shell.cd('api')).said.sort(),
    ['envhook: loaded ~/api/.env (+OTHER +REF)', leftOut('NODE_OPTIONS'), leftOut('PATH')].sort(),
  );
  t.same(await shell.values(...names), { NODE_OPTIONS: null, REF: 'none', OTHER: '1', PATH });
  t.equal((await shell.run('', '')).stderr, '', 'said once');
  await shell.cd('');
  t.same(await shell.values(...names), { NODE_OPTIONS: null, REF: null, OTHER: null, PATH });
  await shell.run(shell.unsetLine('EXTRA'));
  await shell.cd('api');
  t.same(await shell.values(...names), consented, 'as it was, as it was consented to');

  // Plans as Node writes them when it can say less.
  const plan = readFileSync(world.plan('api'), 'latin1');
  writeFileSync(world.plan('api'), plan.replace('\0=\0--x=\0', '\0!\0--x=\0'), 'latin1');
  const careful = await Shell.start(t, world, shell.name);
  t.match((await careful.cd('api')).said.join('\n'), leftOut('NODE_OPTIONS'), 'never');
  t.equal(await careful.inside('NODE_OPTIONS'), 'unset');
  t.equal(await careful.inside('REF'), 'set none');

  const fields = plan.split('\0');
  fields[7] = ' unsure ';
  const unsure = await Shell.start(t, world, shell.name);
  // An old bash reads the plan, which this puts back, each time.
  for (const runs of shell.name === 'bash' && bash < 404 ? [1, 1] : [1, 0, 0]) {
    writeFileSync(world.plan('api'), fields.join('\0'), 'latin1');
    const before = world.nodeRuns();
    await unsure.cd('api');
    t.equal(world.nodeRuns() - before, runs, 'Node is asked once');
    t.same(await unsure.values(...names), consented);
    await unsure.cd('');
  }
});

scenario('a plan that does not fit is made anew', async (t, world, shell) => {
  await world.project('api', 'A=1\n');
  const plan = world.plan('api');
  const bytes = readFileSync(plan);
  for (const content of [
    bytes.subarray(0, 40),
    replaced(bytes, 'envhook-plan\x002', 'envhook-plan\x009', 0),
  ]) {
    writeFileSync(plan, content);
    const fresh = await Shell.start(t, world, shell.name);
    t.same((await fresh.cd('api')).said, ['envhook: loaded ~/api/.env (+A)']);
    t.same(readFileSync(plan), bytes);
  }
  // While it is loaded.
  await shell.cd('api');
  for (const spoil of [
    () => rmSync(plan),
    () => writeFileSync(plan, bytes.subarray(0, 40)),
    () => rmSync(world.places.run, { recursive: true }),
  ]) {
    spoil();
    t.same((await shell.run('', '')).said, [], 'only speed changes');
    t.same(await shell.values('A'), { A: '1' });
    await shell.cd('');
    t.same(await shell.values('A'), { A: null });
    t.same((await shell.cd('api')).said, ['envhook: loaded ~/api/.env (+A)']);
  }
});

scenario('without Node, and with an environment too large for any process', async (t, world, shell) => {
  await world.project('api', 'A=1\nHOMELY=$HOME\n');
  world.write('new/.env', 'A=1\n');
  world.write('newer/.env', 'A=1\n');
  const big = {
    bash: 'printf -v BIG %0200000d 0; export BIG',
    zsh: `export BIG=\${(l:200000::0:)}`,
    fish: 'set -gx BIG (string repeat -n 200000 0)',
  }[shell.name];
  const status = shell.name === 'bash' ? '$?' : '$status';
  await shell.run(big);
  t.match(
    (await shell.run(`${program('true')}; echo "status ${status}"`)).stdout,
    /status [1-9]/,
    'nothing starts',
  );
  await shell.cd('api');
  t.equal(await shell.inside('HOMELY'), `set ${world.home}`);
  await shell.cd('');
  t.equal(await shell.inside('HOMELY'), 'unset');
  await shell.cd('api');
  await shell.run(shell.unsetLine('BIG'));
  world.removeNode();
  t.same((await shell.run('', '')).said, []);
  const { said } = await shell.cd('new');
  t.equal(said.length, 2, said.join('\n'));
  t.match(said.join('\n'), /envhook: Node or envhook is no longer where it was/);
  t.match(said.join('\n'), /envhook: unloaded ~\/api\/.env/);
  t.same((await shell.run('', '')).said, [], 'said once');
  t.same(await shell.values('A'), { A: null });
});

scenario('how large the environment may become, with /proc and without', async (t, world, shell) => {
  await world.project('api', `A=${'x'.repeat(30_000)}\nB=$A\nC=$A\n`);
  const edited = `__envhook_fits | sed 's:/proc/self:/nowhere:'`;
  const [big, withoutProc] = {
    bash: [
      'for n in {1..4}; do printf -v BIG$n %0100000d 0; export BIG$n; done',
      `eval "$(declare -f ${edited})"`,
    ],
    zsh: [
      `for n in {1..4}; export BIG$n=\${(l:100000::x:)}`,
      `emulate zsh -o no_multibyte -o extended_glob -c "$(functions ${edited})"`,
    ],
    fish: [
      'for n in (seq 4); set -gx BIG$n (string repeat -n 100000 0); end',
      `functions ${edited} | source`,
    ],
  }[shell.name] as [string, string];
  const refused = (limit: string) => [
    `envhook: ~/api/.env: the environment would be larger than ${limit}; nothing is loaded from it`,
  ];
  await shell.run(big);
  t.match((await shell.cd('api')).said, [/loaded ~\/api/]);
  await shell.cd('');
  await shell.run(withoutProc);
  t.match((await shell.cd('api')).said, [/loaded ~\/api/], 'room for it');
  await shell.cd('');
  await shell.run(big.replaceAll('BIG', 'MORE').replace('4', '1'));
  t.same((await shell.cd('api')).said, refused('512 KiB'));
  t.equal(await shell.inside('A'), 'unset');
  const full = Object.fromEntries([...Array(10).keys()].map((n) => [`BIG${n}`, 'x'.repeat(100_000)]));
  const child = await Shell.start(t, world, shell.name, { env: full });
  t.same((await child.cd('api')).said, refused('1 MiB'));
});

scenario(
  'a restricted shell, and one without its modules, get one line and are left alone',
  async (t, world, shell) => {
    await world.project('api', 'A=1\nPATH=./bin:$PATH\n', 'PATH');
    const bare = { bare: true, cwd: world.path('api') };
    for (const [title, line, what] of [
      ['restricted later', `${shell.hookLine()}; setopt restricted`, 'is restricted'],
      [
        'restricted before',
        `line=$(${shell.hookLine().slice(8, -2)}); setopt restricted; eval "$line"`,
        'is restricted',
      ],
      [
        'no modules',
        `module_path=(/nowhere); ${shell.hookLine()}`,
        'lacks its modules zsh/system and zsh/parameter',
      ],
    ] as const) {
      const it = await Shell.start(t, world, shell.name, bare);
      const { stdout, stderr } = await it.run(line, '');
      t.same([stdout, stderr], ['', `envhook: this zsh ${what}, nothing will be loaded\n`], title);
      const left = await it.run(
        `functions -m '*envhook*'; typeset -m '*envhook*'; print -r -- $precmd_functions $A`,
      );
      t.same([left.stdout, left.stderr], ['\n', ''], title);
      await it.stop();
    }
  },
  { only: ['zsh'] },
);

scenario('of a file no more is read than was approved, and a byte', async (t, world, shell) => {
  const content = 'A=1\nB=\u00e9\n';
  await world.project('api', content);
  await shell.cd('api');
  const file = world.path('api/.env');
  const big = world.path('big');
  writeFileSync(big, 'A=1\n'.repeat(2 ** 22));
  const sparse = (size: number) => {
    writeFileSync(file, '');
    truncateSync(file, size);
  };
  type Case = [title: string, make: () => void];
  const endless: Case = [
    'a link to a file of the kernel without an end',
    () => symlinkSync('/proc/self/pagemap', file),
  ];
  const cases: Case[] = [
    ...(existsSync('/proc/self/pagemap') ? [endless] : []),
    ['64 MB of NULs', () => sparse(2 ** 26)],
    ['5 GB of nothing', () => sparse(5 * 2 ** 30)],
    ['a link to 16 MB of text', () => symlinkSync(big, file)],
    ['a NUL more', () => writeFileSync(file, `${content}\0`)],
    ['a NUL first', () => writeFileSync(file, `\0${content}`)],
    ['a NUL and more', () => writeFileSync(file, `${content}\0C=1\n`)],
    ['a line break more', () => writeFileSync(file, `${content}\n`)],
    ['a line break less', () => writeFileSync(file, content.trimEnd())],
    ['NUL instead of the line break', () => writeFileSync(file, `${content.trimEnd()}\0`)],
    ['half a character', () => writeFileSync(file, Buffer.from(content).subarray(0, -2))],
    ['nothing', () => writeFileSync(file, '')],
  ];
  for (const [title, make] of cases) {
    rmSync(file);
    make();
    const before = bytesReadBy(shell.pid);
    const { said, stdout } = await shell.run(
      `sh -c 'exit 7'`,
      shell.name === 'fish' ? 'echo $status' : 'echo $?',
    );
    t.match(
      said.join('\n'),
      /^envhook: ~\/api\/\.env changed since you allowed it.*; look: envhook diff/,
      title,
    );
    t.equal(said.length, 1, title);
    t.match(stdout, shell.name === 'fish' ? String : /^7$/m, title);
    t.same(await shell.values('A', 'B'), { A: null, B: null }, title);
    t.ok(bytesReadBy(shell.pid) - before < 2 ** 18, title);
    rmSync(file);
    writeFileSync(file, content);
    t.same((await shell.run('')).said, ['envhook: loaded ~/api/.env (+A +B)'], title);
  }
  t.equal(world.nodeRuns(), 0, 'and nobody had to be asked');
  // What the hook reads besides. A process that is waited for counts for the shell.
  const env = Object.fromEntries(await shell.environment());
  truncateSync(join(world.places.run, 'sessions', env['ENVHOOK_SESSION'] ?? ''), 2 ** 26);
  const child = await Shell.start(t, world, shell.name, { env, cwd: world.path('api') });
  const fresh = await Shell.start(t, world, shell.name);
  world.removeNode();
  await child.run('');
  truncateSync(world.plan('api'), 2 ** 26);
  t.match((await fresh.cd('api')).said.join('\n'), /Node or envhook is no longer where it was/);
  t.same([await child.values('A'), await fresh.values('A')], [{ A: '1' }, { A: null }]);
  for (const it of [child, fresh]) t.ok(bytesReadBy(it.pid) < 2 ** 23);
});

scenario(
  "what another account's is, is not loaded",
  async (t, world, shell) => {
    const own = (path: string, uid: number) => chownSync(world.path(path), uid, uid);
    await world.project('api', 'A=1\nPATH=$PWD/bin:$PATH\n', 'PATH');
    const { PATH } = await shell.values('PATH');
    await world.project('out', 'O=1\n');
    await world.project('out/theirs/in', 'I=1\n');
    mkdirSync(world.path('api/sub'));
    for (const [place, path] of [
      ['api', 'api'],
      ['api', 'api/.env'],
      ['api/sub', 'api'],
      ['api/sub', 'api/.env'],
    ] as const) {
      await shell.cd(place);
      t.same(await shell.values('A'), { A: '1' }, `${place}: ${path}`);
      own(path, NOBODY);
      const { said } = await shell.run('');
      t.match(said.join('\n'), /^envhook: (unloaded )?~\/api\/\.env/, `${place}: ${path}`);
      t.same(await shell.values('A', 'PATH'), { A: null, PATH }, `${place}: ${path}`);
      t.same((await shell.run('', '')).said, [], 'said once');
      await shell.cd('');
      await shell.cd(place);
      t.same(await shell.values('A', 'PATH'), { A: null, PATH }, `${place}: ${path}`);
      own(path, 0);
      await world.allow('api', 'PATH');
      await shell.cd('');
    }
    // The same bytes at the same path, by somebody else, while nobody looks.
    renameSync(world.path('api'), world.path('away'));
    cpSync(world.path('away'), world.path('api'), { recursive: true });
    for (const path of ['api', 'api/.env']) own(path, NOBODY);
    await shell.cd('api');
    t.same(await shell.values('A', 'PATH'), { A: null, PATH });

    // The climb ends at what is a stranger's, also where it has no .env.
    t.same((await shell.cd('out/theirs/in')).said.slice(-2), [
      'envhook: loaded ~/out/.env (+O)',
      'envhook: loaded ~/out/theirs/in/.env (+I)',
    ]);
    own('out/theirs', NOBODY);
    t.same((await shell.run('')).said, ['envhook: unloaded ~/out/.env']);
    t.same(await shell.values('O', 'I'), { O: null, I: '1' });
    await shell.cd('out/theirs');
    t.same(await shell.values('O', 'I'), { O: null, I: null });
    const runs = world.nodeRuns();
    for (const place of ['', 'out/theirs', 'out', 'out/theirs/in']) await shell.cd(place);
    t.equal(world.nodeRuns(), runs, 'nobody is asked twice');
    own('out/theirs', 0);
    t.same((await shell.run('')).said, ['envhook: loaded ~/out/.env (+O)']);
    t.same(await shell.values('O', 'I'), { O: '1', I: '1' });
  },
  { asRoot: true },
);

scenario(
  'of many directories on the way one line is said, and what is too much for a shell is said',
  async (t, world, shell) => {
    const places = Array.from({ length: 40 }, (_, index) => 'd/'.repeat(index + 1).slice(0, -1));
    for (const place of places) world.write(`${place}/.env`, `${place.replaceAll('/', '')}=1\n`);
    const last = places.at(-1) ?? '';
    t.same((await shell.cd(last)).said, [
      'envhook: 40 directories on the way here are not loaded; look: envhook status',
    ]);
    t.equal(world.nodeRuns(), 1, 'one run of Node for all');
    t.same((await shell.run('', '')).said, [], 'said once');
    t.same(await shell.values('d', 'dd'), { d: null, dd: null });
    for (const place of places) await world.allow(place);
    t.same((await shell.run('')).said, ['envhook: loaded 40 directories; look: envhook status']);
    t.same(await shell.values('d', 'dd', 'd'.repeat(40)), { d: '1', dd: '1', ['d'.repeat(40)]: '1' });
    t.same((await shell.cd('')).said, ['envhook: unloaded 40 directories']);
    t.same(await shell.values('d', 'dd'), { d: null, dd: null });
    const ten = places[9] ?? '';
    t.equal((await shell.cd(ten)).said.length, 10, 'of ten, each');
    t.equal((await shell.cd('')).said.length, 10);
    t.equal(world.nodeRuns(), 1);

    // A plan of over 20,000 fields.
    const lines = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => `B${n}=${'$A'.repeat(900)}\n`);
    await world.project('long', `A=1\n${lines.join('')}`);
    const { said } = await shell.cd('long');
    const { B8 } = await shell.values('B8');
    const outcome = /^envhook: (loaded ~\/long\/\.env |~\/long\/\.env.*; nothing is loaded from it$)/;
    t.match(said.join('\n'), outcome);
    t.equal(B8, /loaded ~/.test(said.join()) ? '1'.repeat(900) : null);
  },
);

scenario("a .env that is no file of one's own", async (t, world, shell) => {
  const cases: [name: string, make: (path: string) => unknown, says: RegExp | undefined][] = [
    ['directory', (path) => mkdirSync(path), undefined],
    ['pipe', (path) => run(['mkfifo', path], world.env, '/'), /\.env: is a named pipe; /],
    ['broken-link', (path) => symlinkSync('nowhere', path), /\.env: is a broken link; /],
    ['loop', (path) => symlinkSync('.env', path), /\.env: is a broken link; /],
    ['device', (path) => symlinkSync('/dev/zero', path), isRoot ? /\.env: is a device; / : undefined],
    ['socket', (path) => listen(t, path), /\.env: is a socket; /],
    [
      'proc',
      (path) => symlinkSync('/proc/self/environ', path),
      existsSync('/proc') ? /\.env has another size than the system says; / : /\.env: is a broken link; /,
    ],
    ['large', (path) => writeFileSync(path, 'A=1\n'.repeat(65536 / 4 + 1)), /\.env is larger than 64 KiB; /],
    [
      'sparse',
      (path) => {
        writeFileSync(path, 'A=1\n');
        truncateSync(path, 3 * 2 ** 30);
      },
      /\.env is larger than 64 KiB; /,
    ],
    [
      'writable',
      (path) => {
        writeFileSync(path, 'A=1\n');
        chmodSync(path, 0o666);
      },
      /\.env can be written by everybody; /,
    ],
    ['nul', (path) => writeFileSync(path, 'A=1\0\n'), /\.env is not allowed; /],
  ];
  if (isRoot) {
    cases.push([
      'foreign',
      (path) => {
        writeFileSync(path, 'A=1\n');
        chownSync(path, 65534, 65534);
      },
      /\.env is owned by uid 65534; /,
    ]);
  }
  for (const [name, make, says] of cases) {
    mkdirSync(world.path(name));
    await make(`${world.path(name)}/.env`);
    const { said, stderr } = await shell.cd(name);
    if (says === undefined) t.equal(stderr, '', name);
    else {
      t.match(said.join('\n'), says, name);
      t.match(said[0], `envhook: ~/${name}/.env`, name);
      t.equal(said.length, 1, name);
    }
    t.same((await shell.run('', '')).stderr, '', `${name}: said once`);
    t.equal(await shell.inside('A'), 'unset', name);
  }
  await world.project('later', 'A=1\n');
  chmodSync(world.path('later/.env'), 0o666);
  await shell.cd('later');
  t.equal(await shell.inside('A'), 'set 1', 'what was allowed is judged by its content');
});

scenario(
  'a file that cannot be read gets one line',
  async (t, world, shell) => {
    world.write('api/.env', 'A=1\n');
    chmodSync(world.path('api/.env'), 0);
    if (process.getuid?.() === 0) chownTree(world.path('..'), 65534);
    const under =
      process.getuid?.() === 0 ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : [];
    const user = await Shell.start(t, world, shell.name, { under });
    const { said } = await user.cd('api');
    t.same(said, [
      `envhook: ~/api/.env cannot be read: permission denied; chmod u+r ${world.path('api/.env')}`,
    ]);
    t.equal((await user.run('', '')).stderr, '');
  },
  { programs: process.getuid?.() === 0 ? ['setpriv'] : [] },
);

scenario(
  'no name reaches the terminal as it is',
  async (t, world, shell) => {
    const name = 'n\x1b[31m\x07\x7f\u009b5n\u202e\u200by';
    const deep = Array.from({ length: 15 }, () => 'd'.repeat(250)).join('/');
    const long = `${deep}/${'e'.repeat(4050 - world.path(deep).length - name.length)}${name}`;
    world.write(`unreadable/${name}/.env`, 'A=1\n');
    chmodSync(world.path(`unreadable/${name}/.env`), 0);
    world.write(`${long}/.env`, 'A=1\n');
    mkdirSync(world.path(`loop/${name}`), { recursive: true });
    symlinkSync('.env', world.path(`loop/${name}/.env`));
    await world.project(`edited/${name}`, 'A=1\n');
    world.write(`edited/${name}/.env`, 'A=2\n');
    if (process.getuid?.() === 0) chownTree(world.path('..'), 65534);
    const under =
      process.getuid?.() === 0 ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : [];
    const user = await Shell.start(t, world, shell.name, { under });
    const places: [place: string, says: RegExp][] = [
      [`unreadable/${name}`, /cannot be read/],
      [long, /envhook: /],
      [`loop/${name}`, /broken link/],
      [`edited/${name}`, /changed since you allowed it/],
    ];
    for (const [place, says] of places) {
      const { stderr } = await user.cd(place);
      t.match(stderr, says, place);
      t.notMatch(stderr, UNSAFE, place);
      t.equal((await user.run('pwd')).stdout.trimEnd(), world.path(place), 'cd went there');
      t.equal(await user.inside('A'), 'unset', 'nothing is loaded');
    }
  },
  { programs: process.getuid?.() === 0 ? ['setpriv'] : [] },
);

scenario(
  'the hook calls builtins, whatever functions there are',
  async (t, world, shell) => {
    await world.project('api', 'A=1\nB=2\n');
    await world.project('api/sub', 'LIST=/sub:$LIST\n', 'LIST');
    const names = [
      'contains',
      'count',
      'echo',
      'false',
      'functions',
      'math',
      'path',
      'realpath',
      'source',
      'true',
    ];
    await shell.run(...names.map((it) => `function ${it}; builtin echo function; return 1; end`));
    const cd = (place: string) => shell.run(`builtin cd ${world.path(place)}`);
    const steps = [await cd('api/sub')];
    t.same(await shell.values('A', 'LIST'), { A: '1', LIST: '/sub:/mine' });
    world.write('api/.env', 'A=2\nC=3\n');
    steps.push(await shell.run(''), await cd(''));
    t.same(await shell.values('A', 'LIST'), { A: null, LIST: '/mine' });
    steps.push(await shell.run(shell.unhookLine().replace('source', 'builtin source')));
    t.equal(steps.map(({ stdout }) => stdout).join(''), '');
    t.same(
      steps.flatMap(({ stderr }) => stderr.split('\n').filter(Boolean)),
      [
        'envhook: loaded ~/api/.env (+A +B)',
        'envhook: loaded ~/api/sub/.env (~LIST)',
        'envhook: ~/api/.env changed since you allowed it (~A -B +C); look: envhook diff, accept: envhook allow',
        'envhook: unloaded ~/api/sub/.env',
      ],
    );
  },
  { only: ['fish'], env: { LIST: '/mine' } },
);

scenario('any directory name is only a name', async (t, world, shell) => {
  // Several characters a name, since each name costs a run of Node.
  const names = [
    ...['two words', '$(touch pwned)`touch pwned`', `it's "%s%n" * [a]`, '-x', ' ', '\\', '\\n', "'\\''"],
    ...[
      'a;touch pwned & | <x >y (z) ?',
      '~',
      '!!$HOME{a,b}',
      '=ls',
      '#x',
      'é日本 x:y=z\t',
      'path[$(touch pwned)]',
    ],
    ...['__envhook_node=/x', '\x1b[31mred\x07\x7f\x9b1m\u202e\u200b'],
    ...[`${'long'.repeat(50)}/${'path'.repeat(50)}/${'deep'.repeat(50)}`],
  ];
  for (const name of names) {
    const title = JSON.stringify(name);
    world.write(`${name}/.env`, 'A=1\n');
    const steps = [await shell.cd(name)];
    await world.allow(name);
    steps.push(await shell.run(''));
    t.equal(await shell.inside('A'), 'set 1', title);
    world.write(`${name}/.env`, 'A=2\n');
    steps.push(await shell.run(''));
    world.write(`${name}/.env`, 'A=1\n');
    steps.push(await shell.run(''), await shell.cd(''));
    t.equal(await shell.inside('A'), 'unset', title);
    t.same(
      steps.map(
        ({ said }) => / is not allowed; |: loaded | changed since |: unloaded /.exec(said.join('\n'))?.[0],
      ),
      [' is not allowed; ', ': loaded ', ' changed since ', ': loaded ', ': unloaded '],
      title,
    );
    const text = steps.map(({ stderr }) => stderr).join('');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    t.notMatch(text, /[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202e]/, title);
    t.equal(text.trimEnd().split('\n').length, steps.length, `${title}: ${text}`);
    if (/^[\w ]*$/.test(name)) t.match(text, `~/${name}/.env`, title);
  }
  t.same(
    readdirSync(world.home).filter((it) => it.includes('pwned') && !names.includes(it)),
    [],
  );
  world.write('line\nbreak/.env', 'A=1\n');
  await t.rejects(world.allow('line\nbreak'), /has a name that not every shell can tell/);
  const { stderr } = await shell.cd('line\nbreak');
  t.equal(await shell.inside('A'), 'unset');
  t.ok(stderr.trimEnd().split('\n').length <= 1, stderr);
  await shell.cd('');
});

scenario('a directory that vanishes takes its variables along', async (t, world, shell) => {
  await world.project('gone/api', 'A=1\n');
  world.write('gone/api/deep/er/file', '');
  await shell.cd('gone/api/deep/er');
  t.equal(await shell.inside('A'), 'set 1');
  rmSync(world.path('gone'), { recursive: true });
  const { stderr } = await shell.run('', '');
  t.equal(stderr.replace('envhook: unloaded ~/gone/api/.env\n', ''), '', 'no word of trouble');
  t.equal(await shell.inside('A'), 'unset');
  t.equal((await shell.run('', '')).stderr, '');
  await world.project('api', 'A=2\n');
  await shell.cd('api');
  t.equal(await shell.inside('A'), 'set 2');
});

scenario(
  'files that are swapped all the time never bring in what was not allowed',
  async (t, world, shell) => {
    await world.project('api', 'A=good\n');
    world.write('evil', 'A=evil\n');
    cpSync(world.path('api/.env'), world.path('good'));
    const swap = `
    const { linkSync, renameSync } = require('node:fs');
    process.on('disconnect', () => process.exit());
    for (let i = 0; ; i++) {
      linkSync(i % 2 ? 'good' : 'evil', 'next');
      renameSync('next', 'api/.env');
      if (i === 0) process.stdout.write('swapping');
    }`;
    const swapper = spawn(process.execPath, ['-e', swap], {
      cwd: world.home,
      env: {},
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(swapper, 'close');
    t.teardown(() => swapper.kill('SIGKILL'));
    await once(swapper.stdout, 'data');
    const api = shell.quote(world.path('api'));
    const loop =
      shell.name === 'fish'
        ? `for i in (seq 400); cd ${api}; set -a seen "<$A>"; cd ..; end; printf '%s\\n' $seen`
        : `for i in {1..400}; do cd ${api}; seen="$seen<\${A-}>"; cd ..; done; printf '%s\\n' "$seen"`;
    const { stdout } = await shell.run('ENVHOOK_LOG=off', shell.exportLine('ENVHOOK_LOG', 'off'), loop);
    swapper.kill('SIGKILL');
    await ended;
    const seen = stdout.match(/<\w*>/g) ?? [];
    t.equal(seen.length, 400);
    t.same([...new Set(seen)].sort(), ['<>', '<good>'], 'both happened, and nothing else');
  },
);

onTerminal('an interrupt leaves a whole load or none', async (t, world, name) => {
  const lines = Array.from({ length: 500 }, (_, index) => `V${index}=value-${index}`);
  await world.project('api', lines.join('\n'));
  const terminal = await Terminal.start(t, world, name, { V0: 'before' });
  await terminal.type(terminal.hookLine());
  const own = (file: string) => {
    const entries = [...parseEnvironment(readFileSync(world.path(file)))];
    return entries.filter(([name]) => /^V\d+$/.test(name)).map(([name, value]) => `${name}=${value}`);
  };
  for (const delay of [0, 1, 2, 3, 5, 8]) {
    await terminal.interrupt('cd ~/api', delay);
    await terminal.type('cd ~/api', 'env -0 >~/inside', 'cd', 'env -0 >~/outside');
    const screen = await terminal.screen();
    t.same(own('inside').sort(), lines.toSorted(), `interrupted after ${delay} ms, loaded`, { screen });
    t.same(own('outside'), ['V0=before'], `interrupted after ${delay} ms, unloaded`);
  }
});

onTerminal('enter, edit and leave', async (t, world, name) => {
  await world.project('api', `A='it works'\n`);
  const terminal = await Terminal.start(t, world, name);
  const see = name === 'fish' ? 'echo "<$A>"' : `echo "<\${A-}>"`;
  const status = name === 'fish' ? 'echo "status $status $pipestatus"' : 'echo "status $?"';
  await terminal.type(terminal.hookLine(), 'cd ~/api', see);
  t.match(await terminal.screen(), /envhook: loaded ~\/api\/\.env \(\+A\)\n[\s\S]*<it works>\n/);
  world.write('api/.env', 'A=evil\n');
  await terminal.type('false', status, see);
  t.match(
    await terminal.screen(),
    /changed since you allowed it \(~A\); .*\n[\s\S]*status 1( 1)?\n[\s\S]*<>\n/,
  );
  world.write('api/.env', `A='it works'\n`);
  await terminal.type('false | true', status, `cd && ${see}`);
  t.match(await terminal.screen(), name === 'fish' ? /status 0 1 0\n/ : /status 0\n/);
  t.match(await terminal.screen(), /envhook: unloaded ~\/api\/\.env\n[\s\S]*<>\n/);
  // A server that was started inside takes the variables with it.
  await terminal.type('cd ~/api');
  const inner = await Terminal.start(t, world, name, await terminal.environment());
  await inner.type(inner.hookLine(), see);
  t.match(await inner.screen(), /<it works>\n/);
  await inner.type('cd', see, 'env | grep -c ENVHOOK_SESSION');
  t.match(await inner.screen(), /<>\n[\s\S]*0\n/);
});

/** One test per shell, which may leave out shells that are not installed here. */
function scenario(
  title: string,
  body: (t: Test, world: World, shell: Shell) => Promise<void>,
  options: StartOptions & { only?: ShellName[]; programs?: string[]; asRoot?: boolean } = {},
): void {
  for (const name of options.only ?? shells) {
    t.test(
      `${title} (${name})`,
      {
        skip:
          skipWithout(name, ...(options.programs ?? [])) ||
          (options.asRoot === true && !isRoot && 'only root gives files away'),
        buffered: true,
      },
      async (t) => {
        const world = new World(t);
        await body(t, world, await Shell.start(t, world, name, options));
      },
    );
  }
}

/** How many bytes a process has read so far; 0 where no /proc tells. */
function bytesReadBy(pid: number): number {
  if (!existsSync(`/proc/${pid}/io`)) return 0;
  return Number(/^rchar: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1]);
}

/** The bytes with the occurrence at an index of a text replaced. */
function replaced(bytes: Buffer, old: string, text: string, index: number): Buffer {
  const parts = bytes.toString('latin1').split(old);
  if (parts.length < index + 2) throw new Error(`nothing to replace: ${old}`);
  const joined = `${parts.slice(0, index + 1).join(old)}${text}${parts.slice(index + 1).join(old)}`;
  return Buffer.from(joined, 'latin1');
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}

/** Values of every kind, by variable, as a file spells them: several files full, 2,000 at least. */
function sampleBatches(seed: number): Map<string, { text: string; value: string }>[] {
  const nasty = fc.constantFrom(
    ...`\\ ' " \` $ ! ~ = # % & * ? [ ] { } ( ) < > | ; : , ^ @ + - . / 0 a Z`.split(' '),
    ...[
      '\n',
      '\t',
      ' ',
      '\r',
      '\x01',
      '\x07',
      '\x1b[31m',
      '\x7f',
      '\x80',
      '\x9b',
      '\u202e',
      '\ufeff',
      '\uf6e9',
    ],
    ...[
      '$(touch pwned)',
      '`touch pwned`',
      '$HOME',
      `\${HOME}`,
      '!!',
      '!$',
      "'\\\\''",
      '\\\\',
      '\\n',
      '$$',
      '\u{1f600}',
      'é',
    ],
  );
  const token = fc.oneof({ weight: 3, arbitrary: nasty }, fc.string({ unit: 'binary', maxLength: 4 }));
  const value = fc.array(token, { maxLength: 8 }).map((tokens) => tokens.join(''));
  const form = fc.shuffledSubarray(FORMS, { minLength: FORMS.length });
  const spelled = fc.sample(fc.tuple(value, form), { numRuns: 1200, seed }).flatMap(([value, forms]) => {
    const text = forms.map((spell) => spell(value)).find((text) => parsedValue(text) === value);
    return text === undefined ? [] : [{ text, value }];
  });
  const batches: Map<string, { text: string; value: string }>[] = [];
  for (let at = 0; at < spelled.length; at += BATCH) {
    batches.push(new Map(spelled.slice(at, at + BATCH).map((it, index) => [`V${index}`, it])));
  }
  return batches;
}

/** What a file with one assignment of this text sets, or undefined. How it is read is another test's matter. */
function parsedValue(text: string): string | undefined {
  // Whatever quotes come later must not matter.
  const later = [`W=a'`, 'X=a`', 'Y=a"'];
  const bytes = Buffer.from([`V=${text}`, ...later, ''].join('\n'));
  const { entries, problems } = compile([{ name: '.env', bytes }], '/');
  const [value, ...rest] = entries.map((entry) => (entry.mode === 'text' ? entry.text : undefined));
  const alone = rest.join() === later.map((line) => line.slice(2)).join();
  return alone && !problems.some(({ severity }) => severity === 'error') ? value : undefined;
}

/** Lines of a state, less what names the variables and the session of a project, and what counts. */
function ownLines(state: string): string[] {
  return state
    .split('\n')
    .filter(
      (line) =>
        !/^(?:ENVHOOK_SESSION|OLDPWD|_|S|Q|REPLACED|ADDED|debugged|dirstack|dirprev|dirnext|__fish_cd_direction)$/.test(
          line,
        ),
    );
}

const COMMANDS_WITHOUT_PROMPT: Record<ShellName, string[]> = {
  bash: ['bash', '--norc', '-c'],
  zsh: ['zsh', '-f', '-c'],
  fish: ['fish', '--no-config', '-c'],
};

/** Makes a socket at a path. */
async function listen(t: Test, path: string): Promise<void> {
  const server = createServer();
  t.teardown(() => server.close());
  // A socket's path may be short only, so it is made elsewhere.
  const short = join(mkdtempSync(join(tmpdir(), 'envhook-')), 'socket');
  server.listen(short);
  await once(server, 'listening');
  renameSync(short, path);
  rmSync(dirname(short), { recursive: true });
}

function chownTree(path: string, uid: number): void {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) chownTree(join(path, entry.name), uid);
    else lchownSync(join(path, entry.name), uid, uid);
  }
  chownSync(path, uid, uid);
}

function bashVersion(): number {
  const chosen = process.env['ENVHOOK_TEST_SHELL'] ?? '';
  const path = chosen.endsWith('/bash') ? chosen : program('bash');
  if (path === undefined) return Number.POSITIVE_INFINITY;
  const question = 'echo "$((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1]))"';
  return Number(run([path, '-c', question], {}, '/').stdout);
}

/** One test per shell, on a terminal that the body starts. */
function onTerminal(title: string, body: (t: Test, world: World, name: ShellName) => Promise<void>): void {
  for (const name of shells) {
    const skip = skipWithout(name, 'tmux');
    t.test(`on a terminal: ${title} (${name})`, { skip, buffered: true }, (t) => body(t, new World(t), name));
  }
}
