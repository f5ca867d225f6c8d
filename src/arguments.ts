import { statSync } from 'node:fs';
import type { Command } from 'commander';

/**
 * The words of a command line in the forms that commander knows:
 * - `exec DIR COMMAND ...`, as direnv has it, gets its `--`, if DIR is a directory that is there. What follows DIR is the
 *   command, its options included.
 * - `help daemon start` becomes `daemon start --help`.
 *
 * @param words without the program.
 */
export function usualWords(program: Command, words: readonly string[]): string[] {
  const at = words.findIndex((word) => !word.startsWith('-'));
  if (words[at] === 'exec') return withDashes(program, words, at + 1);
  const [, ...topic] = words.slice(at);
  return words[at] === 'help' && topic.length > 1 ? [...topic, '--help'] : [...words];
}

function withDashes(program: Command, words: readonly string[], start: number): string[] {
  const options = program.commands.find((command) => command.name() === 'exec')?.options ?? [];
  let at = start;
  while (words[at]?.startsWith('-') && words[at] !== '--') {
    at += options.some(({ required, short, long }) => required && [short, long].includes(words[at])) ? 2 : 1;
  }
  const [directory = '--', next = '-'] = words.slice(at);
  if (directory === '--' || next.startsWith('-') || !isDirectory(directory)) return [...words];
  return [...words.slice(0, at + 1), '--', ...words.slice(at + 1)];
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
