// The programs that are compared, each with its official hook, and where they come from.

import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

// Beside the dependencies: ignored by git and out of every package.
const peers = join(root, 'node_modules/.bench');
const miseFolder = join(peers, `node_modules/@jdxcode/mise-${process.platform}-${process.arch}/bin`);

/** The tools in the order in which they take turns. `files` is what each writes into the scratch home. */
export const tools = [
  {
    name: 'envhook',
    version: ['--version'],
    env: { ENVHOOK_DAEMON: 'off' },
    files: {},
    allow: (directory) => ['envhook', 'allow', directory],
    // What a person types in the directory after an edit.
    approve: 'envhook allow >/dev/null 2>&1;',
    hook: (shell) => ['hook', shell],
    commands: { allow: ['allow', '.'], status: ['status'], export: ['export', 'bash'] },
    install: () => {},
  },
  {
    name: 'direnv',
    version: ['version'],
    env: {},
    files: { '.config/direnv/direnv.toml': '[global]\nload_dotenv = true\n' },
    allow: (directory) => ['direnv', 'allow', join(directory, '.env')],
    approve: 'direnv allow .env >/dev/null 2>&1;',
    hook: (shell) => ['hook', shell],
    commands: { allow: ['allow', '.env'], status: ['status'], export: ['export', 'bash'] },
    install: installDirenv,
  },
  {
    name: 'mise',
    version: ['--version'],
    env: { MISE_ENV_FILE: '.env' },
    files: {},
    // It loads every .env file that it finds: there is nothing to allow.
    allow: () => undefined,
    approve: '',
    hook: (shell) => ['activate', shell],
    commands: { export: ['env', '-s', 'bash'] },
    install: installMise,
  },
];

/** The search path of everything that is measured. */
export const searchPath = [
  join(root, 'bin'),
  miseFolder,
  dirname(process.execPath),
  '/usr/local/bin',
  '/usr/bin',
  '/bin',
].join(delimiter);

/** The path of a program that can be run, or undefined. */
export function findProgram(name) {
  return searchPath
    .split(delimiter)
    .map((directory) => join(directory, name))
    .find(isExecutable);
}

/** The line of an rc file that installs a tool's hook. */
export function hookLine(tool, shell) {
  const command = [tool.name, ...tool.hook(shell)].join(' ');
  return shell === 'fish' ? `${command} | source` : `eval "$(${command})"`;
}

/** Gets the tools that are not there. A failure leaves a gap that the run names. */
export function installMissing() {
  for (const tool of tools) if (findProgram(tool.name) === undefined) tool.install();
}

function installDirenv() {
  if (!existsSync('/usr/bin/apt-get')) return;
  const sudo = process.getuid() === 0 ? [] : ['sudo', '-n'];
  for (const words of [['update'], ['install', '-y', '--no-install-recommends', 'direnv']]) {
    const [command, ...args] = [...sudo, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-qq', ...words];
    spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  }
}

function installMise() {
  const name = `@jdxcode/mise-${process.platform}-${process.arch}`;
  const args = [
    'install',
    '--prefix',
    peers,
    '--no-save',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    name,
  ];
  spawnSync('npm', args, { stdio: ['ignore', 'ignore', 'inherit'] });
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
