import { spawnSync } from 'node:child_process';
import { accessSync, constants, readdirSync } from 'node:fs';
import { basename, isAbsolute, join } from 'node:path';
import type { Context } from '../context.js';
import { readProjectFile } from '../read.js';
import { escapeText, showPath } from '../show.js';
import { type Finding, finding } from './finding.js';

interface HookedShell {
  name: string;
  /** The oldest version that the hook is for. */
  oldest: string;
  /** The oldest one in which a load starts no process. */
  fast?: string;
  /** The files that may hold the line, the usual one first. */
  files: (home: string, env: NodeJS.ProcessEnv) => string[];
  line: string;
}

/**
 * The shells that are installed, and whether their start-up files install the hook.
 *
 * @param platform on macOS terminals open login shells.
 */
export function checkShells(
  { env, places, progress }: Context,
  platform: NodeJS.Platform = process.platform,
): Finding[] {
  const present = SHELLS.flatMap((shell) => {
    const path = findProgram(shell.name, env);
    return path === undefined ? [] : [{ shell, path }];
  });
  if (present.length === 0) return [finding('shells', 'warning', 'no bash, zsh or fish on PATH')];
  const login = basename(env['SHELL'] ?? '');
  return present.flatMap(({ shell, path }) => {
    progress?.(`looking at ${shell.name}`);
    const opensLogin = platform === 'darwin' && shell.name === 'bash';
    const isRead = opensLogin ? readByLoginBash(places.home) : () => true;
    return [versionOf(shell, path), hookOf(shell, places.home, env, shell.name === login, isRead)];
  });
}

/** The start-up files of all shells that may be there, as far as the hook's line can be in them. */
export function startFiles(home: string, env: NodeJS.ProcessEnv): string[] {
  return SHELLS.flatMap(({ files }) => files(home, env));
}

/** A login bash reads the first of them that it can read, and ~/.bashrc only where that one says so. */
const LOGIN_FILES = ['.bash_profile', '.bash_login', '.profile'];

const SHELLS: HookedShell[] = [
  {
    name: 'bash',
    oldest: '3.2',
    fast: '4.4',
    files: (home) => ['.bashrc', ...LOGIN_FILES].map((name) => join(home, name)),
    line: 'eval "$(envhook hook bash)"',
  },
  {
    name: 'zsh',
    oldest: '5.0.3',
    files: (home, env) =>
      ['.zshrc', '.zshenv', '.zprofile'].map((name) => join(env['ZDOTDIR'] || home, name)),
    line: 'eval "$(envhook hook zsh)"',
  },
  {
    name: 'fish',
    oldest: '3.2',
    files: fishFiles,
    line: 'status is-interactive; and envhook hook fish | source',
  },
];

function fishFiles(home: string, env: NodeJS.ProcessEnv): string[] {
  const xdg = env['XDG_CONFIG_HOME'];
  const config = join(xdg !== undefined && isAbsolute(xdg) ? xdg : join(home, '.config'), 'fish');
  return [
    join(config, 'config.fish'),
    ...entriesOf(join(config, 'conf.d')).map((name) => join(config, 'conf.d', name)),
  ];
}

// Which files a login bash reads: its own, and those that one of them names.
function readByLoginBash(home: string): (file: string) => boolean {
  const own = LOGIN_FILES.map((name) => join(home, name)).find((file) => isReadable(file));
  const read = new Set(own === undefined ? [] : [own]);
  for (const file of read) {
    const text = readOr(file).replace(/^\s*#.*$/gm, '');
    for (const name of ['.bashrc', ...LOGIN_FILES])
      if (new RegExp(`/\\${name}(?![\\w.-])`).test(text)) read.add(join(home, name));
  }
  return (file) => read.has(file);
}

function versionOf({ name, oldest, fast = oldest }: HookedShell, path: string): Finding {
  const { stdout } = spawnSync(path, ['--version'], {
    encoding: 'utf8',
    timeout: 5000,
    env: {},
    stdio: 'pipe',
  });
  const [version] = /\d+\.\d+(?:\.\d+)*/.exec((stdout ?? '').slice(0, 200)) ?? [];
  if (version === undefined) return finding('shells', 'note', `${name} does not tell its version`);
  const isBefore = (other: string) => version.localeCompare(other, 'en', { numeric: true }) < 0;
  if (isBefore(oldest))
    return finding('shells', 'warning', `${name} ${version} is too old; envhook needs ${oldest} or later`);
  if (isBefore(fast))
    return finding(
      'shells',
      'note',
      `${name} ${version} starts a process at each load, from ${fast} on none`,
    );
  return finding('shells', 'ok', `${name} ${version}`);
}

function hookOf(
  { name, files, line }: HookedShell,
  home: string,
  env: NodeJS.ProcessEnv,
  isLogin: boolean,
  isRead: (file: string) => boolean,
): Finding {
  const candidates = files(home, env);
  const found = candidates.flatMap((file) => {
    const installing = hookLine(readOr(file), name);
    return installing === undefined ? [] : [{ file, installing }];
  });
  const seldom = isLogin ? 'warning' : 'note';
  const { file, installing } = found.find((it) => isRead(it.file)) ?? found[0] ?? {};
  if (file === undefined) {
    return finding('hook', seldom, `${name}: not in ${showPath(candidates[0] ?? '', home)}`, `add: ${line}`);
  }
  const program = launcherIn(installing);
  if (program !== undefined && !isExecutable(program)) {
    const text = `${name}: ${showPath(file, home)} starts ${showPath(program, home)}, which is not there`;
    return finding('hook', 'problem', text, `change the line to: ${line}`);
  }
  if (isRead(file)) return finding('hook', 'ok', `${name}: in ${showPath(file, home)}`);
  const text = `${name}: in ${showPath(file, home)}, which login shells do not read, as terminals open here`;
  const reader = candidates.slice(1).find(isRead) ?? candidates[1] ?? '';
  const missing = file === candidates[0] ? '[ ! -r ~/.bashrc ] || . ~/.bashrc' : line;
  return finding('hook', seldom, text, `add to ${showPath(reader, home)}: ${missing}`);
}

// The line that installs the hook, unless it is a comment.
function hookLine(text: string, shell: string): string | undefined {
  const pattern = new RegExp(`^(?!\\s*#).*envhook['"]?\\s+hook\\s+['"]?${shell}\\b`);
  return text.split('\n').find((line) => pattern.test(line));
}

// An absolute path that the line names; a name is looked up on PATH each time.
function launcherIn(line = ''): string | undefined {
  return /['"(\s](\/[^'"(\s]*envhook)['"]?\s+hook/.exec(line)?.[1];
}

function findProgram(name: string, env: NodeJS.ProcessEnv): string | undefined {
  const directories = (env['PATH'] ?? '').split(':').filter(isAbsolute);
  return directories.map((directory) => join(directory, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  return isAccessible(path, constants.X_OK);
}

function isReadable(path: string): boolean {
  return isAccessible(path, constants.R_OK);
}

function isAccessible(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

function entriesOf(directory: string): string[] {
  try {
    return readdirSync(directory).filter((name) => name.endsWith('.fish') && escapeText(name) === name);
  } catch {
    return [];
  }
}

function readOr(path: string): string {
  const reading = readProjectFile(path);
  return reading.state === 'read' ? reading.bytes.toString() : '';
}
