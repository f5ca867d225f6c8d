import { spawnSync } from 'node:child_process';
import { accessSync, constants, readdirSync } from 'node:fs';
import { basename, isAbsolute, join } from 'node:path';
import type { Context } from '../context.js';
import { readProjectFile } from '../read.js';
import { escapeText, showPath } from '../show.js';
import { type Finding, finding } from './finding.js';

interface HookedShell {
  name: string;
  /** The oldest version whose hook needs no process. */
  oldest: [number, number];
  /** The files that may hold the line, the usual one first. */
  files: (home: string, env: NodeJS.ProcessEnv) => string[];
  line: string;
}

/** The shells that are installed, and whether their start-up files install the hook. */
export function checkShells({ env, places, progress }: Context): Finding[] {
  const present = SHELLS.flatMap((shell) => {
    const path = findProgram(shell.name, env);
    return path === undefined ? [] : [{ shell, path }];
  });
  if (present.length === 0) return [finding('shells', 'warning', 'no bash, zsh or fish on PATH')];
  const login = basename(env['SHELL'] ?? '');
  return present.flatMap(({ shell, path }) => {
    progress?.(`looking at ${shell.name}`);
    return [versionOf(shell, path), hookOf(shell, places.home, env, shell.name === login)];
  });
}

/** The start-up files of all shells that may be there, as far as the hook's line can be in them. */
export function startFiles(home: string, env: NodeJS.ProcessEnv): string[] {
  return SHELLS.flatMap(({ files }) => files(home, env));
}

const SHELLS: HookedShell[] = [
  {
    name: 'bash',
    oldest: [4, 4],
    files: (home) => ['.bashrc', '.bash_profile', '.profile'].map((name) => join(home, name)),
    line: 'eval "$(envhook hook bash)"',
  },
  {
    name: 'zsh',
    oldest: [5, 3],
    files: (home, env) =>
      ['.zshrc', '.zshenv', '.zprofile'].map((name) => join(env['ZDOTDIR'] || home, name)),
    line: 'eval "$(envhook hook zsh)"',
  },
  {
    name: 'fish',
    oldest: [3, 4],
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

function versionOf({ name, oldest }: HookedShell, path: string): Finding {
  const { stdout } = spawnSync(path, ['--version'], {
    encoding: 'utf8',
    timeout: 5000,
    env: {},
    stdio: 'pipe',
  });
  const [version, major = '0', minor = '0'] =
    /(\d+)\.(\d+)(?:\.\d+)*/.exec((stdout ?? '').slice(0, 200)) ?? [];
  if (version === undefined) return finding('shells', 'note', `${name} does not tell its version`);
  const isOld = Number(major) < oldest[0] || (Number(major) === oldest[0] && Number(minor) < oldest[1]);
  if (!isOld) return finding('shells', 'ok', `${name} ${version}`);
  return finding(
    'shells',
    'note',
    `${name} ${version} is older than ${oldest.join('.')}: its hook starts Node at every change`,
  );
}

function hookOf(
  { name, files, line }: HookedShell,
  home: string,
  env: NodeJS.ProcessEnv,
  isLogin: boolean,
): Finding {
  const candidates = files(home, env);
  const shown = showPath(candidates[0] ?? '', home);
  for (const file of candidates) {
    const found = hookLine(readOr(file), name);
    if (found === undefined) continue;
    const program = launcherIn(found);
    if (program === undefined || isExecutable(program))
      return finding('hook', 'ok', `${name}: in ${showPath(file, home)}`);
    const text = `${name}: ${showPath(file, home)} starts ${showPath(program, home)}, which is not there`;
    return finding('hook', 'problem', text, `change the line to: ${line}`);
  }
  return finding('hook', isLogin ? 'warning' : 'note', `${name}: not in ${shown}`, `add: ${line}`);
}

// The line that installs the hook, unless it is a comment.
function hookLine(text: string, shell: string): string | undefined {
  const pattern = new RegExp(`^(?!\\s*#).*envhook['"]?\\s+hook\\s+['"]?${shell}\\b`);
  return text.split('\n').find((line) => pattern.test(line));
}

// An absolute path that the line names; a name is looked up on PATH each time.
function launcherIn(line: string): string | undefined {
  return /['"(\s](\/[^'"(\s]*envhook)['"]?\s+hook/.exec(line)?.[1];
}

function findProgram(name: string, env: NodeJS.ProcessEnv): string | undefined {
  const directories = (env['PATH'] ?? '').split(':').filter(isAbsolute);
  return directories.map((directory) => join(directory, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
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
