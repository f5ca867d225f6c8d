import type { Shell } from './index.js';

/**
 * A word for bash, zsh and sh that means exactly the text: single quotes, in which nothing is special; a quote in
 * the text is closed, written as \', opened (POSIX.1 Shell Command Language, 2.2.2).
 */
export function quotePosix(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * bash, zsh and sh: statements that mean the same in all three. An integer evaluates what it is assigned. Unset, a
 * variable loses its kind: twice, since in bash one that is local to a calling function uncovers the global one; one
 * that is read-only stays.
 */
export const posix: Omit<Shell, 'name'> = {
  quote: quotePosix,
  set: (name, value) => `export ${name}=${quotePosix(value)}`,
  setAnew: (name, value) => `unset -v ${name} ${name} && ${posix.set(name, value)}`,
  unset: (name) => `unset -v ${name}`,
};

/** Any POSIX sh. */
export const sh: Shell = { ...posix, name: 'posix' };
