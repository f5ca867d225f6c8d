// biome-ignore-all lint/suspicious/noTemplateCurlyInString: some lines are a shell's
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import t from 'tap';
import { type ExportOptions, exportVariables } from '../src/commands/export.js';
import { getValue } from '../src/commands/get.js';
import { listVariables } from '../src/commands/list.js';
import { type Context, contextOf } from '../src/context.js';
import { ASKED_FOR, type Effect, NEVER, NOT_IN_A_SHELL } from '../src/name-table.js';
import { askedFor, isShellName, neverSetReason } from '../src/names.js';
import { userEnvironment } from '../src/settings.js';
import { launcher, run, Shell, shells, skipWithout, World } from './shells.js';

/*
 * Which names an env file may set, where, and after what question; and that no value of one runs by itself.
 */

t.jobs = 2;

// --- envhook's own -------------------------------------------------------------------------------

t.test('what begins like a name of our own is never set, however it is written', async (t) => {
  const names = [
    'ENVHOOK_LOG',
    'envhook_log',
    'EnvHook_Daemon',
    '__envhook_node',
    '__ENVHOOK_SAVED',
    '__ENVHOOK_SAVED_PATH',
    '__Envhook_Saved_Path',
    '__envhook_saved_x.y',
    'ENVHOOK_-',
  ];
  for (const name of names) t.equal(neverSetReason(name), 'belongs to envhook', name);
  for (const name of ['ENVHOOK', 'MY_ENVHOOK_LOG', '_ENVHOOK_LOG', '___envhook_x'])
    t.equal(neverSetReason(name), undefined, name);
});

t.test('only what the launcher says that it moved is moved back', async (t) => {
  const env = {
    __ENVHOOK_SAVED: 'NODE_OPTIONS NODE_DEBUG LD_AUDIT',
    __ENVHOOK_SAVED_NODE_OPTIONS: '--x',
    __ENVHOOK_SAVED_NODE_DEBUG: '',
    __ENVHOOK_SAVED_PATH: '/evil',
    __ENVHOOK_OTHER: 'x',
    ENVHOOK_LOG: 'off',
    PATH: '/bin',
  };
  t.same(userEnvironment(env), { NODE_OPTIONS: '--x', NODE_DEBUG: '', ENVHOOK_LOG: 'off', PATH: '/bin' });
  t.same(userEnvironment({ __ENVHOOK_SAVED_PATH: '/evil', PATH: '/bin' }), { PATH: '/bin' });
  t.same(userEnvironment({ __ENVHOOK_SAVED: '', PATH: '/bin' }), { PATH: '/bin' });
});

t.test('a name of the launcher changes no program that envhook starts', async (t) => {
  const world = new World(t);
  const own = `PATH=$PWD/evil:/usr/bin:/bin VISUAL=$PWD/evil/tool EDITOR=$PWD/evil/tool`;
  const lines = own.split(' ').map((line) => `__ENVHOOK_SAVED_${line}\n`);
  world.write('p/.env', `${lines.join('')}__ENVHOOK_SAVED=PATH VISUAL EDITOR\nA=1\n`);
  world.write('p/evil/tool', `#!/bin/sh\n: >"$HOME/pwned"\n`);
  world.write('p/evil/ls', `#!/bin/sh\n: >"$HOME/pwned"\n`);
  chmodSync(world.path('p/evil/tool'), 0o755);
  chmodSync(world.path('p/evil/ls'), 0o755);
  const said = await world.allow('p');
  t.match(said.join('\n'), /__ENVHOOK_SAVED_PATH is left out: it belongs to envhook/);

  const command = ['exec', '--', 'sh', '-c', 'ls >/dev/null; env'];
  const inherited = {
    __ENVHOOK_SAVED: 'PATH',
    __ENVHOOK_SAVED_PATH: `${world.path('p/evil')}:/usr/bin:/bin`,
  };
  for (const env of [{}, inherited]) {
    const { stdout, stderr, status } = world.envhook(command, world.path('p'), env);
    t.same([status, stderr], [0, '']);
    t.match(stdout, /^A=1$/m);
    t.notMatch(stdout, /ENVHOOK_SAVED/);
  }
  const edit = world.envhook(['edit'], world.path('p'), {
    ...inherited,
    __ENVHOOK_SAVED_VISUAL: world.path('p/evil/tool'),
  });
  t.not(edit.status, 0);
  t.match(edit.stderr, /no editor is chosen/);
  t.notOk(existsSync(world.path('pwned')), 'nothing ran');
});

// --- the table -----------------------------------------------------------------------------------

t.test('every word of the table does what its row says, and none is there twice', async (t) => {
  const asked = Object.entries(ASKED_FOR).flatMap(([effect, rows]) =>
    rows.map((row) => ({ row, says: { never: undefined, asked: { effect, reason: row.reason } } })),
  );
  const never = [...NEVER, ...NOT_IN_A_SHELL].map((row) => ({
    row,
    says: { never: row.reason, asked: undefined },
  }));
  const seen = new Set<string>();
  for (const { row, says } of [...never, ...asked]) {
    const words = row.names.trim().split(/\s+/);
    const wrong = words.filter((word) => {
      const sample = word.replace('!', '').replace('*', 'Q_Q');
      const spellings = row.folded ? [sample.toLowerCase(), sample.toUpperCase(), mixed(sample)] : [sample];
      const wanted = word.startsWith('!') ? { never: undefined, asked: undefined } : says;
      const got = spellings.map((name) => ({ never: neverSetReason(name), asked: askedFor(name) }));
      const isVain = word.startsWith('!') && !patternsOf(words).some((it) => sample.startsWith(it));
      const isTwice = seen.has(word);
      seen.add(word);
      return isVain || isTwice || got.some((it) => JSON.stringify(it) !== JSON.stringify(wanted));
    });
    t.same(wrong, [], row.reason);
    t.ok(row.source.length > 3, `${row.reason}: where that is written`);
  }
  const onlyShells = NOT_IN_A_SHELL.flatMap(({ names }) => names.trim().split(/\s+/));
  for (const name of onlyShells) t.equal(neverSetReason(name.replace('*', 'X'), 'program'), undefined, name);
});

function patternsOf(words: readonly string[]): string[] {
  return words.flatMap((word) => (/^[^!].*\*$/.test(word) ? word.slice(0, -1) : []));
}

function mixed(name: string): string {
  return name.replace(/[a-z]/gi, (letter, index) =>
    index % 2 ? letter.toUpperCase() : letter.toLowerCase(),
  );
}

// Names of what the table is about, from manuals and from attacks that were tried: not read from the table.
const known: [effect: Effect, names: string][] = [
  [
    'runs a program',
    `PATH LD_PRELOAD LD_AUDIT DYLD_INSERT_LIBRARIES GCONV_PATH GLIBC_TUNABLES NODE_OPTIONS PYTHONPATH PYTHONSTARTUP PYTHONWARNINGS
    PERL5OPT RUBYOPT JAVA_TOOL_OPTIONS JAVA_HOME CLASSPATH TAR_OPTIONS LESS LESSOPEN MANOPT MANPAGER GNUMAKEFLAGS MAKEFLAGS COMPILER_PATH
    CFLAGS CC XDG_DATA_DIRS DBUS_SESSION_BUS_ADDRESS CARGO_BUILD_RUSTC_WRAPPER CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER CARGO_HOME
    RUSTC_WRAPPER RUSTFLAGS KUBECTL_EXTERNAL_DIFF CLOUDSDK_PYTHON EMACSLOADPATH WGETRC SSH_SK_HELPER SSH_ASKPASS SSH_AUTH_SOCK GCC_EXEC_PREFIX
    EDITOR VISUAL PAGER BROWSER GIT_SSH_COMMAND GIT_EXTERNAL_DIFF GIT_CONFIG_COUNT GIT_CONFIG_KEY_0 GIT_CONFIG_GLOBAL GIT_EXEC_PATH GIT_DIR GIT_PAGER
    GIT_EDITOR GIT_SEQUENCE_EDITOR GIT_ASKPASS GIT_TEMPLATE_DIR GIT_TRACE2_EVENT GIT_PROXY_COMMAND CODEX_HOME CLAUDE_CONFIG_DIR CLAUDE_CODE_SHELL_PREFIX
    npm_config_script_shell NPM_CONFIG_PREFIX npm_config_git FZF_DEFAULT_COMMAND STARSHIP_CONFIG GOFLAGS GOCACHEPROG CGO_CFLAGS CONFIG_SITE
    CMAKE_TOOLCHAIN_FILE PKG_CONFIG_PATH PSQLRC TEXINPUTS GOAUTH RSYNC_RSH HGRCPATH BUNDLE_GEMFILE LUA_INIT PHPRC VIMINIT TF_CLI_ARGS
    ANSIBLE_CONFIG MISE_GLOBAL_CONFIG_FILE DOCKER_CONFIG HELM_PLUGINS AWS_CONFIG_FILE SUDO_ASKPASS SYSTEMD_PAGER XZ_OPT
    BASH_ENV_`.replace('BASH_ENV_', 'SBT_OPTS'),
  ],
  [
    'sends data elsewhere',
    `http_proxy HTTPS_PROXY Https_Proxy ALL_proxy no_PROXY OPENSSL_CONF SSL_CERT_FILE SSLKEYLOGFILE CURL_CA_BUNDLE REQUESTS_CA_BUNDLE
    NODE_TLS_REJECT_UNAUTHORIZED KUBECONFIG DOCKER_HOST PIP_INDEX_URL PIP_CONFIG_FILE PIP_extra_index_url UV_INDEX_URL UV_DEFAULT_INDEX
    ANTHROPIC_BASE_URL OPENAI_BASE_URL AWS_ENDPOINT_URL AWS_ENDPOINT_URL_S3 VAULT_ADDR GH_HOST TMPDIR HOSTALIASES NETRC RUBYGEMS_HOST
    GOOGLE_GEMINI_BASE_URL HF_ENDPOINT TWINE_REPOSITORY_URL KRB5_CONFIG LOCALDOMAIN AWS_SHARED_CREDENTIALS_FILE CONSUL_HTTP_ADDR`,
  ],
  ['changes the shell', 'LS_COLORS TERMINFO TERMCAP GREP_COLORS LESS_TERMCAP_mb GCC_COLORS EZA_COLORS'],
];

t.test('what runs a program, sends data elsewhere or changes the shell is asked about', async (t) => {
  for (const [effect, names] of known)
    for (const name of names.trim().split(/\s+/)) t.equal(askedFor(name)?.effect, effect, name);
});

t.test('what real projects set is not asked about', async (t) => {
  const free = `LANG LC_ALL LANGUAGE TZ TERM NODE_ENV PORT DEBUG LOG_LEVEL DATABASE_URL REDIS_URL MONGO_URI PGHOST PGPORT PGUSER PGPASSWORD PGDATABASE
    POSTGRES_USER MYSQL_HOST MYSQL_PWD AWS_REGION AWS_PROFILE AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_BUCKET
    COMPOSE_PROJECT_NAME COMPOSE_FILE DOCKER_BUILDKIT GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL GIT_COMMITTER_DATE GIT_SHA
    GIT_BRANCH GIT_TOKEN GOOGLE_APPLICATION_CREDENTIALS GOOGLE_CLOUD_PROJECT CLOUDSDK_CORE_PROJECT TF_VAR_region TF_WORKSPACE TF_TOKEN_app_terraform_io
    OPENAI_API_KEY ANTHROPIC_API_KEY CLAUDE_API_KEY GEMINI_API_KEY GITHUB_TOKEN GH_TOKEN NPM_TOKEN VAULT_TOKEN HOST HOSTNAME ENVIRONMENT
    APP_ENV SECRET_KEY JWT_SECRET API_BASE_URL NEXT_PUBLIC_API_URL VITE_API_URL REACT_APP_API_URL MIX_PUSHER_APP_KEY MIX_ENV VK_API_TOKEN GST_NUMBER
    GOOSE_DRIVER GOOSE_DBSTRING MC_HOST_minio TRUST_PROXY PYTHONUNBUFFERED PYTHONDONTWRITEBYTECODE PYTHON_VERSION RUST_LOG RUST_BACKTRACE GOOS GOARCH
    CGO_ENABLED DJANGO_SETTINGS_MODULE FLASK_APP RAILS_ENV RACK_ENV DOTNET_ENVIRONMENT ASPNETCORE_ENVIRONMENT SENTRY_DSN SMTP_HOST MAIL_HOST EMAIL
    LESSON_ID HISTORY_LIMIT COMP_NAME PREFIX VERSION NAME SITE CI NO_COLOR FORCE_COLOR LC_TIME XDG_FOO UV_THREADPOOL_SIZE OTEL_EXPORTER_OTLP_ENDPOINT
    a.b A-B __proto__ constructor toString`;
  for (const name of free.split(/\s+/))
    t.same([neverSetReason(name, 'program'), askedFor(name)], [undefined, undefined], name);
  for (const name of free.split(/\s+/).filter(isShellName)) t.equal(neverSetReason(name), undefined, name);
});

t.test('of the env files of public projects, no more than one in twenty is asked about', async (t) => {
  // A line a file: the names in an env file or its example, of 38 repositories.
  const files = readFileSync(new URL('names-in-projects.txt', import.meta.url), 'utf8')
    .trim()
    .split('\n');
  const asked = files.map((line) => line.split(' ').filter((name) => askedFor(name) !== undefined));
  const lost = files.filter((line) => line.split(' ').some((name) => neverSetReason(name, 'program')));
  t.ok(files.length >= 300, `${files.length} files`);
  const found = asked.filter(({ length }) => length > 0);
  t.ok(found.length <= files.length / 20, `${found.length} are asked about: ${found.join(' ')}`);
  t.same(lost, [], 'and none loses a name');
});

t.test('the state of other environment managers is never set, not even for a command', async (t) => {
  const names = `DIRENV_DIFF DIRENV_WATCHES DIRENV_DIR DIRENV_FILE DIRENV_DUMP_FILE_PATH __MISE_DIFF __MISE_SESSION __MISE_ORIG_PATH
    __MISE_ENV_CACHE_KEY MISE_SHELL __RTX_DIFF __shadowenv_data __shadowenv_force_run FNM_MULTISHELL_PATH FNM_DIR VOLTA_HOME _VOLTA_TOOL_RECURSION
    NVM_DIR NVM_BIN NVM_CD_FLAGS ASDF_DIR ASDF_DATA_DIR CONDA_SHLVL CONDA_PREFIX CONDA_PREFIX_1 CONDA_EXE _CE_M _CE_CONDA CONDA_STACKED_2
    CONDA_PROMPT_MODIFIER _CONDA_ROOT MAMBA_EXE __DEVBOX_SHELLENV_HASH_x DEVBOX_OG_PATH IN_NIX_SHELL __NIX_DARWIN_SET_ENVIRONMENT_DONE PYENV_ROOT
    PYENV_VIRTUAL_ENV _PYENV_VH_PATHS RBENV_ROOT RBENV_SHELL _OLD_VIRTUAL_PATH _OLD_VIRTUAL_PS1 _OLD_FISH_PROMPT_OVERRIDE AUTOENV_ASSUME_YES
    AUTOENV_AUTH_FILE autoenv_leave _autoenv_stack_entered ONDIRWD SMARTCD_LOADNOW smartcd_dir __varstash_export__x LORRI_READ IN_LORRI_SHELL
    DEVENV_ROOT _DEVENV_HOOK_DIR SDKMAN_DIR SDKMAN_CANDIDATES_API sdkman_auto_env FLOX_ENV _FLOX_ACTIVE_ENVIRONMENTS _FLOX_HOOK_DIFF HERMIT_ENV_OPS
    HERMIT_BIN _HERMIT_OLD_PS1 PROTO_HOME _PROTO_ACTIVATED_PATH __VFOX_PID rvm_path __rvm_env_loaded RUBIES RUBY_ROOT LMOD_CMD _ModuleTable001_
    LOADEDMODULES MODULEPATH __MODULES_LMALTNAME OPAM_LAST_ENV SPACK_ENV`;
  for (const name of names.split(/\s+/))
    t.ok(neverSetReason(name) && neverSetReason(name, 'program'), `${name}: ${neverSetReason(name)}`);
});

t.test('state of other managers and code for a shell reach neither a shell nor a command', async (t) => {
  const world = new World(t);
  const names =
    'DIRENV_DIFF __MISE_DIFF BASH_ENV PROMPT_COMMAND PS4 IFS SHELLOPTS ZDOTDIR FPATH fish_function_path MAILPATH';
  world.write(
    'p/.env',
    `${names
      .split(' ')
      .map((name) => `${name}=$PWD/evil\n`)
      .join('')}A=1\n`,
  );
  world.write('p/evil', ': >"$HOME/pwned"\n');
  const said = (await world.allow('p')).join('\n');
  const texts = ['json', 'dotenv', 'bash', 'zsh', 'fish', 'posix'].map((format) => exported(world, format));
  const { stdout, status } = world.envhook(['exec', '--', 'bash', '-c', 'env'], world.path('p'));
  t.equal(status, 0);
  for (const name of names.split(' ')) {
    t.match(said, `${name} is left out`);
    for (const text of [...texts, stdout]) t.notMatch(text, new RegExp(`\\b${name}\\b.*evil`));
  }
  for (const text of [...texts, stdout]) t.match(text, /\bA\b/);
  t.notOk(existsSync(world.path('pwned')), 'nothing ran');
});

t.test('a name is asked about in every spelling that its reader takes, for exec as for shells', async (t) => {
  const names = [
    ...[
      'npm_config_script-shell',
      'Npm_config_script_shell',
      'NPM_CONFIG_SCRIPT-shell',
      'nPm_CoNfIg_userconfig',
    ],
    ...[
      'Yarn_Yarn_Path',
      'yarn_yarn-path',
      'pnpm_config_script-shell',
      'Https_Proxy',
      'hTTP_proxy',
      'ALL_proxy',
      'Ftp_Proxy',
    ],
  ];
  const world = new World(t);
  world.write('p/.env', `${names.map((name) => `${name}=$PWD/evil\n`).join('')}A=1\n`);
  const error = await world.allow('p').catch((it) => it);
  t.equal(error.exitCode, 5);
  for (const name of names) t.match(error.message, ` ${name} `);
  const { status, stdout, stderr } = world.envhook(['exec', '--', 'env'], world.path('p'));
  t.equal(status, 2);
  t.equal(stdout, '', 'nothing ran');
  t.match(stderr, /is not allowed/);

  const [first = ''] = names;
  await world.project('p', `${first}=$PWD/tool\nA=1\n`, first);
  t.match(world.envhook(['exec', '--', 'env'], world.path('p')).stdout, `${first}=${world.path('p/tool')}`);
});

// --- for shells, or for programs -------------------------------------------------------------------

const OWNED = {
  UID: '7',
  GID: '8',
  USERNAME: 'app',
  ENV: 'production',
  RANDOM: '4',
  status: 'open',
  path: '/x',
  USER: 'web',
};

t.test('what a shell owns is there for everything but a shell', async (t) => {
  const world = new World(t);
  const lines = Object.entries({ ...OWNED, HOST: 'db', A: '1' }).map(([name, value]) => `${name}=${value}\n`);
  world.write('p/.env', lines.join(''));
  world.write('p/.env.local', 'UID=7\n');
  const said = (await world.allow('p')).join('\n');
  t.same(said.match(/UID is left out/g)?.length, 1, 'said once');
  t.notMatch(said, /HOST is left out/);
  const { stdout } = world.envhook(['exec', '--', 'env'], world.path('p'));
  const wanted = Object.entries({ ...OWNED, HOST: 'db' });
  for (const [name, value] of wanted) {
    t.ok(stdout.split('\n').includes(`${name}=${value}`), `exec: ${name}`);
    t.equal(getValue(here(world), name).output, `${value}\n`, `get: ${name}`);
  }
  const list = listVariables(here(world), {}).output?.split('\n') ?? [];
  for (const format of ['json', 'dotenv', 'docker', 'github', 'systemd', 'vim']) {
    const text = exported(world, format, {});
    for (const [name] of wanted) t.match(text, new RegExp(`\\b${name}\\b`), `${format}: ${name}`);
  }
  for (const [name] of wanted) t.ok(list.includes(name), `list: ${name}`);
  for (const format of ['bash', 'zsh', 'fish', 'posix']) {
    const text = exported(world, format);
    t.match(text, /\bHOST\b/);
    for (const name of Object.keys(OWNED))
      t.notMatch(text, new RegExp(`\\b${name}\\b`), `${format}: no ${name}`);
  }
});

/** What a caller with an empty environment has in the project. */
function here(world: World): Context {
  return { ...contextOf({ HOME: world.home }, undefined, false), env: {}, directory: world.path('p') };
}

function exported(world: World, format: string, options: ExportOptions = { all: true }): string {
  return exportVariables(here(world), format, options).output ?? '';
}

for (const name of shells) {
  t.test(`${name} carries HOST, and puts its own back`, { skip: skipWithout(name) }, async (t) => {
    const world = new World(t);
    await world.project('p', 'HOST=db\nA=1\n');
    const shell = await Shell.start(t, world, name);
    const own = await shell.inside('HOST');
    t.same(await shell.values('HOST'), { HOST: null }, 'no child sees it before');
    await shell.cd('p');
    t.same(await shell.values('HOST', 'A'), { HOST: 'db', A: '1' });
    await shell.cd('');
    t.same(await shell.values('HOST', 'A'), { HOST: null, A: null });
    t.equal(await shell.inside('HOST'), own);
  });

  t.test(
    `${name}: a shell that exec starts keeps what is its own`,
    { skip: skipWithout(name) },
    async (t) => {
      const world = new World(t);
      const lines = Object.entries({ ...OWNED, HOST: 'db', A: '1' }).map(
        ([key, value]) => `${key}=${value}\n`,
      );
      await world.project('p', lines.join(''));
      const under = [launcher, 'exec', '--'];
      const shell = await Shell.start(t, world, name, { cwd: world.path('p'), under });
      t.same(await shell.values('HOST', 'ENV', 'A'), { HOST: 'db', ENV: 'production', A: '1' });
      const left = await shell.cd('');
      t.same(
        [left.said, left.stderr.trim().split('\n').length],
        [['envhook: unloaded ~/p/.env'], 1],
        left.stderr,
      );
      t.same(await shell.values('HOST', 'A'), { HOST: null, A: null });
      t.equal((await shell.run('echo fine')).stdout, 'fine\n');
    },
  );
}

// --- what is evaluated -----------------------------------------------------------------------------

/** Text that runs a command in a shell that evaluates it as a number: zsh wants an array that is there. */
const RUNS = 'path[$(touch "$HOME/pwned")]';

// Every way in which a variable of the shell may take a text for something else, and how a shell makes one.
const kinds: [title: string, shells: string, before: string, then?: string][] = [
  ['an integer', 'bash zsh', 'typeset -i A B'],
  ['an integer with a value', 'bash zsh', 'typeset -i A=3 B=4'],
  ['an exported integer', 'bash zsh', 'typeset -ix A=3 B=4'],
  ['a float', 'zsh', 'typeset -F A; typeset -E B'],
  ['an integer list', 'bash', 'typeset -ia A B'],
  ['an integer table', 'bash', 'declare -iA A B'],
  ['a list', 'bash zsh', 'typeset -a A B'],
  ['a table', 'bash zsh', 'typeset -A A B'],
  ['upper case', 'bash zsh', 'typeset -u A B'],
  ['read-only integer', 'bash zsh', 'typeset -ri A=3'],
  ['a name for an integer', 'bash', 'declare -i OTHER; declare -n A=OTHER'],
  ['a name for nothing yet', 'bash', 'declare -n A'],
  ['an integer of a function', 'bash zsh', 'typeset -i A; f() { local -i A B; load; }', 'f'],
  ['nothing', 'bash zsh sh', ':'],
];

t.test('what export prints runs no text of a value, whatever the variable is in that shell', async (t) => {
  const world = new World(t);
  // C is a text only, but A and B lead to it, and B holds no bracket itself.
  await world.project('p', `C='${RUNS}'\nA='${RUNS}'\nB=C\nD=plain\n`);
  const cwd = world.path('p');
  for (const shell of ['bash', 'zsh', 'sh'] as const) {
    const text = world.envhook(['export', shell === 'sh' ? 'posix' : shell], cwd).stdout;
    t.match(text, /^export D='plain'$/m, 'what is plain stays plain');
    if (skipWithout(shell)) continue;
    for (const [title, where, before, then = 'load'] of kinds) {
      if (!where.split(' ').includes(shell)) continue;
      const script = `${before}; load() { eval "$TEXT"; }; ${then}; printf '%s\\n' "$D"`;
      const { stdout } = run([...BARE[shell], script], { ...world.env, TEXT: text }, '/');
      t.notOk(existsSync(world.path('pwned')), `${shell}, ${title}: nothing ran`);
      if (!/read-only|table|list|nothing yet/.test(title))
        t.equal(stdout, 'plain\n', `${shell}, ${title}: the rest is set`);
    }
    const { stdout } = run(
      [...BARE[shell], 'eval "$TEXT"; printf "%s\\n" "$A" "$B" "$C"'],
      { ...world.env, TEXT: text },
      '/',
    );
    t.same(stdout, `${RUNS}\nC\n${RUNS}\n`, `${shell}: the values are what they are`);
  }
});

t.test('a text that an earlier load left behind runs no more than one of this load', async (t) => {
  const world = new World(t);
  await world.project('p', 'A=EARLIER\n');
  for (const shell of ['bash', 'zsh'] as const) {
    if (skipWithout(shell)) continue;
    const env = { ...world.env, EARLIER: 'FIRST', FIRST: RUNS };
    const text = world.envhook(['export', shell], world.path('p'), env).stdout;
    const { stdout, status } = run(
      [...BARE[shell], `typeset -i A; eval "$TEXT"; printf %s "$A"`],
      { ...env, TEXT: text },
      '/',
    );
    t.same([stdout, status], ['EARLIER', 0], shell);
    t.notOk(existsSync(world.path('pwned')), 'nothing ran');
  }
});

t.test('no number of the shell itself is in what export and dump print', async (t) => {
  const world = new World(t);
  for (const shell of ['bash', 'zsh'] as const) {
    if (skipWithout(shell)) continue;
    // zsh knows its own; bash does not tell which of its names it computes.
    const list = {
      bash: 'printf "%s\\n" RANDOM SRANDOM SECONDS OPTIND HISTCMD LINENO BASHPID BASH_SUBSHELL EPOCHSECONDS EUID UID PPID SHLVL COLUMNS LINES HISTSIZE MAILCHECK TMOUT',
      zsh: 'zmodload zsh/datetime zsh/zle zsh/zftp; for p in ${(k)parameters}; do [[ $parameters[$p] != (integer|float)* || $p != [A-Z]* ]] || print -r -- $p; done',
    }[shell];
    const names = run([...BARE[shell], list], world.env, '/')
      .stdout.trim()
      .split('\n');
    t.ok(names.includes('RANDOM') && names.length > 15, names.join(' '));
    await world.project('p', `${names.map((name) => `${name}='${RUNS}'\n`).join('')}D=plain\n`);
    const started = [
      'exec',
      '--',
      ...BARE[shell],
      `eval "$('${launcher}' export ${shell})"; eval "$('${launcher}' dump ${shell})"; printf %s "$D"`,
    ];
    const text = world.envhook(['export', shell], world.path('p')).stdout;
    for (const name of names) t.notMatch(text, `${name}=`, `${shell}: ${name}`);
    t.equal(world.envhook(started, world.path('p')).stdout, 'plain');
    t.notOk(existsSync(world.path('pwned')), 'nothing ran');
  }
});

const BARE = { bash: ['bash', '--norc', '-c'], zsh: ['zsh', '-f', '-c'], sh: ['sh', '-c'] };
