import { EnvhookError, EXIT } from '../errors.js';
import { escapeText } from '../show.js';
import { bash } from './bash.js';
import { docker } from './docker.js';
import { dotenv } from './dotenv.js';
import { elvish } from './elvish.js';
import { fish } from './fish.js';
import { gha } from './gha.js';
import { github } from './github.js';
import { gzenv } from './gzenv.js';
import { json } from './json.js';
import { nushell } from './nushell.js';
import { sh } from './posix.js';
import { powershell } from './powershell.js';
import { pwsh } from './pwsh.js';
import { systemd } from './systemd.js';
import { tcsh } from './tcsh.js';
import { vim } from './vim.js';
import { zsh } from './zsh.js';

/** What `export` can write for: one file each, one line in `shells`. */
export interface Shell {
  name: string;
  /** A file that a program reads from the beginning: always all variables of the directory, and nothing to unset. */
  whole?: boolean;
  /** Editors that speak to direnv read it: see direnv.ts. */
  forEditors?: boolean;
  /** A word of the shell's that means exactly the text. The text holds no NUL. */
  quote(text: string): string;
  /** One statement. The name is an identifier. */
  set(name: string, value: string): string;
  /** The same for a value that a variable of another kind would evaluate: where the shell has such, this makes it a text. */
  setAnew?(name: string, value: string): string;
  unset(name: string): string;
  /** Puts the statements together, where that is more than a line each. */
  join?(statements: string[]): string;
  /** Lines for standard error that go with the changes, for the program that reads it. */
  marks?(changes: readonly Change[], env: NodeJS.ProcessEnv): string;
}

/** Every shell by its name. */
export const shells: ReadonlyMap<string, Shell> = new Map(
  [bash, zsh, fish, sh, tcsh, elvish, nushell, powershell, pwsh]
    .concat([json, vim, dotenv, docker, systemd, github, gha, gzenv])
    .map((shell) => [shell.name, shell]),
);

/** The shell or format of a name. @throws EnvhookError 64 for an unknown one. */
export function shellNamed(name: string): Shell {
  const shell = shells.get(name);
  if (shell !== undefined) return shell;
  const known = `one of: ${[...shells.keys()].join(' ')}`;
  throw new EnvhookError(`cannot write for ${escapeText(name)}`, known, EXIT.usage);
}

/** Whether programs read the format, and no shell. */
export function isForPrograms({ whole, forEditors }: Shell): boolean {
  return whole ?? forEditors ?? false;
}

/** What is to happen to one variable: the new value, or undefined to unset it. */
export interface Change {
  name: string;
  value: string | undefined;
}

/**
 * The text that makes the changes in a shell; nothing for no changes.
 *
 * @param environment what that shell has: a value may name another variable.
 */
export function emit(
  shell: Shell,
  changes: readonly Change[],
  environment: ReadonlyMap<string, string> = new Map(),
): string {
  const values = new Map(environment);
  for (const { name, value } of changes) if (value !== undefined) values.set(name, value);
  const statements = changes.map(({ name, value }) => {
    if (value === undefined) return shell.unset(name);
    const set = shell.setAnew !== undefined && mayRun(value, values) ? shell.setAnew : shell.set;
    return set(name, value);
  });
  if (statements.length === 0) return '';
  return shell.join?.(statements) ?? statements.map((statement) => `${statement}\n`).join('');
}

/**
 * Whether a text could run something where a shell takes it for a number: it is evaluated then, and so are the variables
 * that it names. What runs is in a subscript, always: `a[$(command)]`.
 */
function mayRun(text: string, values: ReadonlyMap<string, string>, seen = new Set<string>()): boolean {
  if (text.includes('[')) return true;
  const names = (text.match(/[A-Za-z_]\w*/g) ?? []).filter((name) => values.has(name) && !seen.has(name));
  for (const name of names) seen.add(name);
  return names.some((name) => mayRun(values.get(name) ?? '', values, seen));
}
