import { bash } from './bash.js';
import { docker } from './docker.js';
import { dotenv } from './dotenv.js';
import { fish } from './fish.js';
import { github } from './github.js';
import { json } from './json.js';
import { nushell } from './nushell.js';
import { sh } from './posix.js';
import { powershell } from './powershell.js';
import { systemd } from './systemd.js';
import { zsh } from './zsh.js';

/** What `export` can write for: one file each, one line in `shells`. */
export interface Shell {
  name: string;
  /** A file that a program reads from the beginning: always all variables of the directory, and nothing to unset. */
  whole?: boolean;
  /** A word of the shell's that means exactly the text. The text holds no NUL. */
  quote(text: string): string;
  /** One statement. The name is an identifier. */
  set(name: string, value: string): string;
  unset(name: string): string;
  /** Puts the statements together, where that is more than a line each. */
  join?(statements: string[]): string;
  /** Lines for standard error that go with the changes, for the program that reads it. */
  marks?(changes: readonly Change[], env: NodeJS.ProcessEnv): string;
}

/** Every shell by its name. */
export const shells: ReadonlyMap<string, Shell> = new Map(
  [bash, zsh, fish, sh, json, dotenv, github, docker, systemd, powershell, nushell].map((shell) => [
    shell.name,
    shell,
  ]),
);

/** What is to happen to one variable: the new value, or undefined to unset it. */
export interface Change {
  name: string;
  value: string | undefined;
}

/** The text that makes the changes in a shell; nothing for no changes. */
export function emit(shell: Shell, changes: readonly Change[]): string {
  const statements = changes.map(({ name, value }) =>
    value === undefined ? shell.unset(name) : shell.set(name, value),
  );
  if (statements.length === 0) return '';
  return shell.join?.(statements) ?? statements.map((statement) => `${statement}\n`).join('');
}
