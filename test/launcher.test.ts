// biome-ignore-all lint/suspicious/noTemplateCurlyInString: some lines are a shell's
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { placesOf } from '../src/settings.js';
import {
  isClaimed,
  otherShells,
  program,
  removeTraces,
  skipWithout,
  skipWithoutTrace,
  systemPath,
  utf8,
} from './shells.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const launcher = join(root, 'bin/envhook');
const euid = process.geteuid?.() ?? 0;
const shells = ['bash', 'zsh', 'fish'] as const;

t.test('hook names the file of the shell and pins five paths', async (t) => {
  for (const shell of shells) {
    const { prefix, home } = install(t);
    const { stdout, stderr, status } = run(`${prefix}/bin/envhook`, ['hook', shell], { HOME: home });
    t.equal(status, 0);
    t.equal(stderr, '');
    const root = `${prefix}/lib/node_modules/envhook`;
    // In fish nothing of it is for a shell that is not interactive, and in zsh and fish nothing for one that is too old.
    const around = {
      bash: /^(.*\n)(.*\n)$/,
      zsh: /^case \$ZSH_VERSION in\n.* too old; .*\n\*\)\n {2}(.*\n) {2}(.*) ;;(\n)esac\n$/s,
      fish: /^if status is-interactive\n(?:.*\n)*? {12}(.*\n) {12}(.*\n) {4}end\nend\n$/,
    };
    const inner = around[shell].exec(stdout)?.slice(1).join('') ?? '';
    const [first = '', ...rest] = inner.split('\n');
    const source = `source '${root}/shell/envhook.${shell}'`;
    // In zsh the file is read under options of its own: as one quoted word.
    const lines = {
      bash: `\\builtin ${source}`,
      zsh: `-c '\\builtin ${source.replaceAll("'", "'\\''")}'`,
      fish: `builtin ${source}`,
    };
    t.ok(shell === 'zsh' ? first.endsWith(lines.zsh) : first === lines[shell], first);
    const [call = '', list = ''] = rest[0]?.split(/ (?='[^']*'$)/) ?? [];
    t.equal(
      call,
      `__envhook_install '${prefix}/bin/node' '${root}/dist/planner.cjs' ` +
        `'${home}/.local/share/envhook' '${runDirectory(home)}' '${home}'`,
    );
    t.match(list, /^'[A-Z]\w*( [A-Z]\w*)+'$/, 'in one word what must not reach Node');
    t.same(rest.slice(1), ['']);
    t.same(readdirSync(home), [], 'writes nothing');
  }
});

t.test('the package is found through any path that leads to it', async (t) => {
  const { prefix, home } = install(t);
  const bin = `${prefix}/lib/node_modules/envhook/bin`;
  mkdirSync(`${prefix}/elsewhere/deep`, { recursive: true });
  symlinkSync(`${prefix}/bin/envhook`, `${prefix}/elsewhere/absolute`);
  symlinkSync('absolute', `${prefix}/elsewhere/chain`);
  symlinkSync('../../bin/envhook', `${prefix}/elsewhere/deep/relative`);
  symlinkSync('elsewhere/deep', `${prefix}/linked-directory`);
  const cases: [title: string, command: string, cwd: string][] = [
    ['an absolute path', `${bin}/envhook`, '/'],
    ['a path with dots', `${bin}/../bin/./envhook`, '/'],
    ['a relative path', './envhook', bin],
    ['a relative path upwards', '../bin/envhook', bin],
    ['an absolute link', `${prefix}/elsewhere/absolute`, '/'],
    ['a link to a link', `${prefix}/elsewhere/chain`, '/'],
    ['a relative link', `${prefix}/elsewhere/deep/relative`, '/'],
    ['a link in a linked directory', `${prefix}/linked-directory/relative`, '/'],
  ];
  for (const [title, command, cwd] of cases) {
    const { stdout, stderr } = run(command, ['hook', 'bash'], { HOME: home }, cwd);
    t.equal(pins(stdout)[1], `${prefix}/lib/node_modules/envhook/dist/planner.cjs`, title + stderr);
  }
});

t.test('any path arrives in the shell as it is', async (t) => {
  const names = [
    'two words',
    "it's",
    "''",
    '\\',
    "\\'",
    'end\\',
    '$(touch pwned)',
    '`x`',
    'a\nb',
    '"',
    'ü',
    '\x01',
    '!!',
    '*',
    '-n',
  ];
  for (const shell of shells) {
    const { prefix, home } = install(t);
    const hooks = names.map((name) => {
      mkdirSync(`${home}/${name}`);
      return run(`${prefix}/bin/envhook`, ['hook', shell], { HOME: `${home}/${name}` }).stdout;
    });
    for (const path of programsOf(t, shell)) {
      const pins = evaluate(shell, hooks.join(''), path);
      for (const [i, name] of names.entries()) {
        const odd = `${home}/${name}`;
        t.same(
          pins.slice(6 * i + 2, 6 * i + 5),
          [`${odd}/.local/share/envhook`, runDirectory(odd), odd],
          `${path} ${JSON.stringify(name)}`,
        );
      }
    }
  }
});

t.test('the file of the shell is read from wherever the package is', async (t) => {
  const names = ['two words', "it's", 'end\\', '$(touch pwned)', '-n', 'ü'];
  for (const shell of shells) {
    const { prefix, home } = install(t);
    const hooks = names.map((name) => {
      const odd = `${prefix}/${name}`;
      cpSync(`${prefix}/lib/node_modules/envhook`, odd, { recursive: true });
      writeFileSync(`${odd}/shell/envhook.${shell}`, "printf 'read\\0'\n");
      return run(`${odd}/bin/envhook`, ['hook', shell], { HOME: home }).stdout;
    });
    for (const path of programsOf(t, shell)) {
      const pins = evaluate(shell, hooks.join(''), path);
      for (const [i, name] of names.entries()) {
        const [first, , main] = pins.slice(7 * i);
        t.same(
          [first, main],
          ['read', `${prefix}/${name}/dist/planner.cjs`],
          `${path} ${JSON.stringify(name)}`,
        );
      }
    }
  }
});

const homeOnRecord = run('sh', ['-c', 'eval echo "~$(id -un)"'], {}).stdout.trim();
const noHome = !existsSync(homeOnRecord) && 'the user database has no home directory for this user';

t.test('a HOME that is no directory is replaced, nothing is made there', { skip: noHome }, async (t) => {
  const cases: [title: string, env: Record<string, string>][] = [
    ['unset', {}],
    ['empty', { HOME: '' }],
    ['relative', { HOME: 'home' }],
    ['a file', { HOME: '/dev/null' }],
    ['missing', { HOME: '/nonexistent/home' }],
  ];
  for (const [title, env] of cases) {
    const { prefix, home } = install(t);
    mkdirSync(`${home}/home`);
    const { stdout, status } = run(
      `${prefix}/bin/envhook`,
      ['hook', 'bash'],
      { ...env, XDG_DATA_HOME: home },
      home,
    );
    t.equal(status, 0, title);
    t.equal(pins(stdout)[4], homeOnRecord, title);
    t.same(readdirSync(home), ['home'], title);
    t.same(readdirSync(`${home}/home`), [], title);
  }
});

t.test('XDG_DATA_HOME counts when it is absolute', async (t) => {
  const { prefix, home } = install(t);
  const cases: [value: string, data: string][] = [
    [`${home}/data`, `${home}/data/envhook`],
    [`${home}/data//`, `${home}/data/envhook`],
    ['data', `${home}/.local/share/envhook`],
    ['', `${home}/.local/share/envhook`],
  ];
  for (const [value, data] of cases) {
    const { stdout } = run(`${prefix}/bin/envhook`, ['hook', 'bash'], {
      HOME: `${home}/`,
      XDG_DATA_HOME: value,
    });
    t.equal(pins(stdout)[2], data, JSON.stringify(value));
  }
});

t.test('storage that others can enter is refused', async (t) => {
  const cases: [title: string, mode: number, status: number][] = [
    ['private', 0o700, 0],
    ['private, group id inherited', 0o2700, 0],
    ['readable by the group', 0o740, 7],
    ['enterable by all', 0o701, 7],
    ['open', 0o777, 7],
  ];
  for (const [title, mode, status] of cases) {
    const { prefix, home } = install(t);
    const data = `${home}/.local/share/envhook`;
    mkdirSync(data, { recursive: true });
    chmodSync(data, mode);
    const result = run(`${prefix}/bin/envhook`, ['hook', 'bash'], { HOME: home });
    t.equal(result.status, status, title);
    if (status === 0) continue;
    t.match(result.stderr, /^envhook: .*\/envhook must be a directory of your own .*\n$/, title);
    t.equal(result.stdout, '', title);
  }

  await t.test('a line break in its path is no reason', async (t) => {
    const { prefix, home } = install(t);
    const odd = `${home}/a\ndrwx------ 1 0 b`;
    mkdirSync(`${odd}/envhook/run`, { recursive: true, mode: 0o700 });
    t.equal(run(`${prefix}/bin/envhook`, ['hook', 'bash'], { HOME: home, XDG_DATA_HOME: odd }).status, 0);
    chmodSync(`${odd}/envhook`, 0o750);
    t.equal(run(`${prefix}/bin/envhook`, ['hook', 'bash'], { HOME: home, XDG_DATA_HOME: odd }).status, 7);
  });

  await t.test(
    'an access list counts as far as it lets others in',
    { skip: skipWithout('setfacl') },
    async (t) => {
      const cases: [title: string, change: string, status: number][] = [
        ['somebody may look', 'u:54321:rx', 7],
        ['the mask takes it away', 'u:54321:rwx,m::-', 0],
        ['only for what is made in it', 'd:u:54321:rwx', 0],
      ];
      for (const [title, change, status] of cases) {
        const { prefix, home } = install(t);
        mkdirSync(`${home}/envhook`, { mode: 0o700 });
        const env = { HOME: home, XDG_DATA_HOME: home };
        if (run('setfacl', ['-m', change, `${home}/envhook`], {}).status !== 0) {
          t.pass(title, { skip: 'no access lists on this disk' });
          continue;
        }
        t.match(run('ls', ['-ldn', `${home}/envhook`], {}).stdout, /^[-drwx]{10}\+/, title);
        t.equal(run(`${prefix}/bin/envhook`, ['hook', 'bash'], env).status, status, title);
      }
    },
  );

  await t.test('so is a link', async (t) => {
    const { prefix, home } = install(t);
    mkdirSync(`${home}/elsewhere`, { mode: 0o700 });
    symlinkSync('elsewhere', `${home}/envhook`);
    const { status } = run(`${prefix}/bin/envhook`, ['hook', 'bash'], { HOME: home, XDG_DATA_HOME: home });
    t.equal(status, 7);
  });

  await t.test('so is a directory of another user', { skip: euid !== 0 && 'needs root' }, async (t) => {
    const { prefix, home } = install(t);
    mkdirSync(`${home}/envhook`, { mode: 0o700 });
    chownSync(`${home}/envhook`, 12345, 12345);
    const { status } = run(`${prefix}/bin/envhook`, ['hook', 'bash'], { HOME: home, XDG_DATA_HOME: home });
    t.equal(status, 7);
  });
});

t.test('root in the home of another user gets no hook', { skip: euid !== 0 && 'needs root' }, async (t) => {
  const { prefix, home } = install(t);
  chownSync(home, 12345, 12345);
  const { stdout, stderr, status } = run(`${prefix}/bin/envhook`, ['hook', 'bash'], { HOME: home });
  t.equal(status, 3);
  t.equal(stdout, '');
  t.match(stderr, /^envhook: you are root, but the home directory .* belongs to another user.*\n$/);
});

t.test('a wrong call is a usage error that names the shells', async (t) => {
  const { prefix, home } = install(t);
  for (const args of [
    ['hook'],
    ['hook', 'tcsh'],
    ['hook', 'bash', 'zsh'],
    ['hook', '../bash'],
    ['unhook'],
    ['unhook', ''],
  ]) {
    const { stdout, stderr, status } = run(`${prefix}/bin/envhook`, args, { HOME: home });
    t.equal(status, 64, args.join(' '));
    t.equal(stdout, '');
    t.match(stderr, /^envhook: .*bash.*zsh.*fish.*\n$/);
  }
});

t.test('unhook calls the uninstaller where there is one', async (t) => {
  const defined = {
    bash: '__envhook_uninstall() { echo gone; };',
    zsh: '__envhook_uninstall() { echo gone; };',
    fish: 'function __envhook_uninstall; echo gone; end;',
  };
  for (const shell of shells) {
    const line = run(launcher, ['unhook', shell], {}).stdout;
    t.equal(line.split('\n').length, 2, 'one line');
    if (!available(shell)) {
      t.pass(shell, { skip: `${shell} is not installed` });
      continue;
    }
    const flags = { bash: ['--norc', '-c'], zsh: ['-f', '-c'], fish: ['--no-config', '-c'] }[shell];
    t.match(run(shell, [...flags, line], {}), { stdout: '', stderr: '', status: 0 });
    t.match(run(shell, [...flags, `${defined[shell]} ${line}`], {}), {
      stdout: 'gone\n',
      stderr: '',
      status: 0,
    });
  }
});

t.test('Node is the one beside the package, else the first absolute one on PATH', async (t) => {
  const { prefix, home } = install(t);
  const checkout = join(prefix, 'checkout');
  cpSync(`${prefix}/lib/node_modules/envhook`, checkout, { recursive: true });
  const tools = `${prefix}/tools`;
  mkdirSync(tools);
  for (const name of ['sh', 'ls', 'cat', 'tr', 'id', 'readlink'])
    symlinkSync(findProgram(name), `${tools}/${name}`);

  const hook = (PATH: string) =>
    run(`${checkout}/bin/envhook`, ['hook', 'bash'], { HOME: home, PATH }, prefix);
  t.equal(pins(hook(`bin::${tools}:${prefix}/bin`).stdout)[0], `${prefix}/bin/node`);
  for (const args of [['hook', 'bash'], ['status']]) {
    const { stdout, stderr, status } = run(
      `${checkout}/bin/envhook`,
      args,
      { HOME: home, PATH: `bin::${tools}` },
      prefix,
    );
    t.equal(status, 1);
    t.equal(stdout, '');
    t.match(stderr, /^envhook: Node.js not found: .*\n$/);
  }
});

t.test('other commands start Node with the arguments as they are', async (t) => {
  const { prefix, home } = install(t);
  const args = ['exec', '--', 'a b', '', "'", '$x', '\n'];
  const started = start(prefix, args, { HOME: home });
  t.same(started.argv, args);
  t.equal(started.program, 'cli');
  const exported = start(prefix, ['export', 'bash'], { HOME: home });
  t.same([exported.program, exported.argv], ['exporter', ['export', 'bash']]);
  t.equal(start(prefix, ['export', 'bash', '--all'], { HOME: home }).program, 'cli');
  t.equal(start(prefix, ['export', '--help'], { HOME: home }).program, 'cli');
  t.same(start(prefix, [], { HOME: home }).argv, []);
  t.same(start(prefix, ['hook', '--help'], { HOME: home }).argv, ['hook', '--help']);

  const { status, stderr } = run(`${prefix}/bin/envhook`, ['status'], { HOME: home, PATH: '/bin' });
  t.equal(status, 0, stderr);
});

t.test("the user's variables for Node do not act on envhook and are kept for its commands", async (t) => {
  const { prefix, home } = install(t);
  const env = start(prefix, ['status'], {
    HOME: home,
    NODE_OPTIONS: '--bogus',
    NODE_DEBUG: '',
    LD_LIBRARY_PATH: "/a b:'\\",
    __ENVHOOK_SAVED: 'PATH',
    __ENVHOOK_SAVED_PATH: '/from/outside',
    PROJECT: 'untouched',
  }).env;
  t.equal(env.NODE_OPTIONS, undefined);
  t.equal(env.__ENVHOOK_SAVED_NODE_OPTIONS, '--bogus');
  t.equal(env.__ENVHOOK_SAVED_NODE_DEBUG, '', 'empty is not unset');
  t.equal(env.__ENVHOOK_SAVED_LD_LIBRARY_PATH, "/a b:'\\");
  t.same((env.__ENVHOOK_SAVED ?? '').split(' ').sort(), ['LD_LIBRARY_PATH', 'NODE_DEBUG', 'NODE_OPTIONS']);
  t.equal(env.PROJECT, 'untouched');
});

t.test('a broken installation says what is missing', async (t) => {
  const { prefix, home } = install(t, { dist: {}, shell: {} });
  for (const args of [['hook', 'bash'], ['status']]) {
    const { stderr, status } = run(`${prefix}/bin/envhook`, args, { HOME: home });
    t.equal(status, 1);
    t.match(stderr, /^envhook: .* is missing; install envhook again.*\n$/);
  }
});

// What /bin/sh may be: a title, the program, what it starts for a usual hook, and options in the place of the name `sh`.
const interpreters: [title: string, path: string | undefined, started?: string[], options?: string][] = [
  ['dash', program('dash')],
  ['busybox', program('busybox')],
  ['ksh93', program('ksh93')],
  ['mksh', program('mksh'), ['ls', 'printf']],
  ['yash', program('yash'), ['dash', 'ls']],
  ['zsh', program('zsh')],
  ['zsh --emulate sh', program('zsh'), ['ls'], '--emulate sh'],
  ['bash', program('bash')],
  ['bash 3.2', otherShells().find((it) => it.name === 'bash' && it.version.startsWith('3.2'))?.path],
];

t.test('whatever shell sh is, the launcher does the same', async (t) => {
  const base = t.testdir({});
  const calls = callAll(base, '/bin/sh');
  const said = (title: string) => calls.get(title) ?? 'not called';

  t.same(
    Array.from(calls.values()).filter((it) => it.includes('HAPPENED')),
    [],
    "nothing ran that is not the system's",
  );
  const honest = said('a link to a link');
  t.match(honest, /^\\builtin source .*\n__envhook_install .*\nstatus 0\n$/);
  for (const title of ['fakes on PATH', "somebody's functions"]) t.equal(said(title), honest, title);
  t.equal(said('variables that shells obey'), said('nothing that shells obey'));
  t.match(said('an empty PATH'), /^PATH=$/m);
  const kept = said('arguments and variables').match(/^\w+=of-the-user$/gm) ?? [];
  t.equal(kept.length, 30, 'no variable of the launcher itself reaches a command');
  const recorded = said("home is not ''");
  t.match(recorded, ` '${base}/recorded' `);
  for (const title of ['no home, but a variable called as the user is', 'fakes on PATH, no home'])
    t.equal(said(title), recorded, title);
  for (const title of ['fakes on PATH, a message', "somebody's functions, a message"])
    t.match(said(title), /^envhook: unknown shell a\?b: .*\nstatus 64\n$/, title);
  t.match(said('fakes on PATH, a command'), /^<.*cli\.cjs>\n<status>\n(.*\n)*status 0\n$/);

  for (const [title, path, , options] of interpreters) {
    if (path === undefined) {
      t.pass(title, { skip: `${title} is not installed` });
      continue;
    }
    const others = callAll(base, path, options);
    // yash has thrown away what the locale has no character for.
    const refused = title.startsWith('yash')
      ? ['hidden characters', 'an empty argument', 'bytes as an argument']
      : [];
    for (const call of refused)
      t.match(
        others.get(call),
        /(^|\n)envhook: yash cannot hand these arguments on; .*\nstatus 1\n$/,
        `${title}: ${call}`,
      );
    const rest = (all: typeof calls) => Array.from(all).filter(([call]) => !refused.includes(call));
    t.same(rest(others), rest(calls), title);
  }
});

t.test(
  'hook starts ls, and nothing else that the shell has itself',
  { skip: skipWithoutTrace() },
  async (t) => {
    const { prefix, home } = install(t);
    mkdirSync(`${home}/.local/share/envhook`, { recursive: true });
    chmodSync(`${home}/.local/share/envhook`, 0o700);
    const log = `${home}/trace`;
    const bin = `${prefix}/lib/node_modules/envhook/bin/envhook`;
    for (const [title, path, expected = ['ls'], options] of interpreters) {
      if (path === undefined) {
        t.pass(title, { skip: `${title} is not installed` });
        continue;
      }
      writeLauncher(bin, prefix, path, options);
      run('strace', ['-f', '-o', log, '-e', 'trace=execve', bin, 'hook', 'bash'], { HOME: home });
      const started = readFileSync(log, 'utf8').matchAll(/execve\("([^"]*)".* = 0$/gm);
      const names = Array.from(started, ([, path]) => path?.split('/').at(-1));
      // `env` hands the options over.
      t.same(names, ['envhook', ...(options === undefined ? [] : [basename(path)]), ...expected], title);
    }
  },
);

t.test('a bundle says when Node is too old for it', async (t) => {
  const bundles = ['planner', 'exporter', 'cli', 'daemon']
    .map((name) => join(root, `dist/${name}.cjs`))
    .filter((path) => existsSync(path));
  if (bundles.length === 0) t.pass('bundles', { skip: 'nothing is built' });
  const directory = t.testdir({
    'old.cjs': "Object.defineProperty(process, 'versions', { value: { node: '20.18.9' } });",
  });
  for (const bundle of bundles) {
    const { stdout, stderr, status } = run(process.execPath, ['-r', `${directory}/old.cjs`, bundle], {});
    t.equal(status, 1);
    t.equal(stdout, '');
    t.match(stderr, /^envhook: Node 20\.18\.9 is too old \(needs 20\.19 or later\), found at \/.*\n$/);
  }
});

const npm = join(dirname(process.execPath), 'npm');
const noPackage =
  (!existsSync(npm) && 'npm is not beside Node') ||
  (!existsSync(join(root, 'dist/cli.cjs')) && 'nothing is built') ||
  (!available('bash') && 'bash is not installed');

t.test(
  'the package holds what a user needs, and works from a global installation',
  { skip: noPackage },
  async (t) => {
    const base = t.testdir({ home: { project: { '.env': 'A=1\n' } } });
    const [home, prefix] = [`${base}/home`, `${base}/prefix`];
    t.teardown(() => removeTraces(placesOf({ HOME: home }), base));
    const env = { HOME: home, PATH: `${dirname(process.execPath)}:${systemPath}` };
    // Without a network: nothing else is needed.
    const quiet = ['--offline', '--ignore-scripts', '--no-audit', '--no-fund', '--no-update-notifier'];
    const packed = run(npm, ['pack', '--json', '--pack-destination', base, ...quiet], env, root);
    t.equal(packed.status, 0, packed.stderr);
    const [{ filename, files }] = JSON.parse(packed.stdout) as [
      { filename: string; files: { path: string }[] },
    ];
    t.same(files.map(({ path }) => path).sort(), [
      'LICENSE',
      'README.md',
      'bin/envhook',
      'dist/LICENSES.txt',
      'dist/cli.cjs',
      'dist/daemon.cjs',
      'dist/exporter.cjs',
      'dist/planner.cjs',
      'package.json',
      ...shells.map((shell) => `shell/envhook.${shell}`).sort(),
    ]);

    const installed = run(
      npm,
      ['install', '-g', '--prefix', prefix, ...quiet, join(base, filename)],
      env,
      base,
    );
    t.equal(installed.status, 0, installed.stderr);
    t.notOk(existsSync(`${prefix}/lib/node_modules/envhook/node_modules`), 'it needs no other package');

    const lines = [
      'eval "$(envhook hook bash)"',
      'cd ~/project',
      'envhook allow',
      'echo "A is $A"',
      'cd ~',
      'echo "A is ${A-gone}"',
    ];
    const shellEnv = { ...env, PATH: `${prefix}/bin:${env.PATH}`, ENVHOOK_DAEMON: 'off', PS1: '', PS2: '' };
    const bash = ['--norc', '--noprofile', '--noediting', '-i'];
    const { stdout, stderr } = run('bash', bash, shellEnv, home, `${lines.join('\n')}\n`);
    t.equal(stdout, 'A is 1\nA is gone\n', stderr);
    t.match(stderr, /is not allowed; [\s\S]*allowed ~\/project\/\.env[\s\S]*loaded [\s\S]*unloaded /);
  },
);

/** A global npm installation with the real launcher, a real Node and stand-ins for the rest, and a home. */
function install(t: Test, parts: { dist?: Record<string, string>; shell?: Record<string, string> } = {}) {
  const program = (name: string) =>
    `console.log(JSON.stringify({ program: '${name}', argv: process.argv.slice(2), env: process.env }));`;
  const base = t.testdir({
    home: {},
    prefix: {
      bin: {},
      lib: {
        node_modules: {
          envhook: {
            bin: {},
            dist: parts.dist ?? { 'exporter.cjs': program('exporter'), 'cli.cjs': program('cli') },
            shell:
              parts.shell ??
              Object.fromEntries(shells.map((shell) => [`envhook.${shell}`, `# hook of ${shell}\n`])),
          },
        },
      },
    },
  });
  const prefix = `${base}/prefix`;
  cpSync(launcher, `${prefix}/lib/node_modules/envhook/bin/envhook`);
  symlinkSync('../lib/node_modules/envhook/bin/envhook', `${prefix}/bin/envhook`);
  symlinkSync(process.execPath, `${prefix}/bin/node`);
  return { prefix, home: `${base}/home` };
}

/** Makes the calls of launcher.sh with a shell for `sh`: what comes of each, bytes as characters, by its title. */
function callAll(base: string, shell: string, options?: string): Map<string, string> {
  const bin = `${base}/checkout/bin/envhook`;
  writeLauncher(existsSync(bin) ? bin : `${base}/envhook`, base, shell, options);
  const { stdout, stderr } = spawnSync(
    '/usr/bin/env',
    ['-i', `PATH=${systemPath}`, '/bin/sh', join(root, 'test/launcher.sh'), base],
    { encoding: 'latin1' },
  );
  if (stderr) throw new Error(stderr);
  const calls = stdout.split('\0').slice(0, -1);
  return new Map(calls.map((call) => call.split(/ ---\n(.*)/s, 2) as [string, string]));
}

/** Writes the launcher with a first line that names another shell: through a link called `sh`, or with options. */
function writeLauncher(bin: string, directory: string, shell: string, options?: string): void {
  const link = `${directory}/sh`;
  rmSync(link, { force: true });
  symlinkSync(shell, link);
  const interpreter = options === undefined ? link : `/usr/bin/env -S ${shell} ${options}`;
  const body = readFileSync(launcher, 'latin1').replace(/^.*/, `#!${interpreter}`);
  writeFileSync(bin, body, { encoding: 'latin1', mode: 0o755 });
}

/** Runs a program with this environment and nothing else: tap adds NODE_OPTIONS to that of every child. */
function run(command: string, args: readonly string[], env: Record<string, string>, cwd = '/', input = '') {
  const variables = Object.entries({ PATH: systemPath, ...env }).map(([name, value]) => `${name}=${value}`);
  const { stdout, stderr, status, error } = spawnSync(
    '/usr/bin/env',
    ['-i', ...variables, command, ...args],
    {
      cwd,
      input,
      encoding: 'utf8',
    },
  );
  if (error) throw error;
  return { stdout, stderr, status };
}

/** What a stand-in bundle saw. */
function start(prefix: string, args: string[], env: Record<string, string>) {
  const { stdout, stderr } = run(`${prefix}/bin/envhook`, args, env);
  if (stderr) throw new Error(stderr);
  return JSON.parse(stdout) as { program: string; argv: string[]; env: Record<string, string | undefined> };
}

/** The arguments of a hook for bash in which no path needs more than plain quotes. */
function pins(hook: string): string[] {
  const line = hook.split('\n').at(-2) ?? '';
  return Array.from(line.matchAll(/'([^']*)'/g), ([, path]) => path ?? '');
}

/** What hooks, one after the other, hand over when the shell itself reads them. */
function evaluate(shell: (typeof shells)[number], hook: string, path: string): string[] {
  const posix = `__envhook_install() { printf '%s\\0' "$@"; }; eval "$(cat)"`;
  const args = {
    bash: ['--norc', '-c', posix],
    zsh: ['-f', '-c', posix],
    fish: ['--no-config', '-i', '-c', `function __envhook_install; printf '%s\\0' $argv; end; cat | source`],
  }[shell];
  const { stdout } = run(path, args, { HOME: '/', LC_ALL: utf8 }, '/', hook);
  return stdout.split('\0').slice(0, -1);
}

/** The shells of a name that are here: the system's, and others that we claim to work in. */
function programsOf(t: Test, name: (typeof shells)[number]): string[] {
  const system = program(name);
  if (system === undefined) t.pass(name, { skip: `${name} is not installed` });
  const others = otherShells().filter((it) => it.name === name && isClaimed(it));
  return [...(system === undefined ? [] : [system]), ...others.map(({ path }) => path)];
}

function runDirectory(home: string): string {
  const session = `/run/user/${euid}`;
  const usable =
    existsSync(session) && (statSync(session).mode & 0o777) === 0o700 && statSync(session).uid === euid;
  return usable ? `${session}/envhook` : `${home}/.local/share/envhook/run`;
}

function findProgram(name: string): string {
  const path = systemPath
    .split(':')
    .map((directory) => join(directory, name))
    .find((path) => existsSync(path));
  if (path === undefined) throw new Error(`no ${name} in ${systemPath}`);
  return path;
}

function available(name: string): boolean {
  return systemPath.split(':').some((directory) => existsSync(join(directory, name)));
}
