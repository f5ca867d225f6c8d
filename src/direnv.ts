import { join } from 'node:path';
import type { Context } from './context.js';
import { type Examination, examine } from './examine.js';
import { tryStat } from './reach.js';
import { pack } from './shells/gzenv.js';
import type { Change } from './shells/index.js';
import { escapeText } from './show.js';
import { readSession } from './stack.js';

/*
 * What editors that speak to direnv expect of it, when envhook is the executable that they start: three variables in
 * `export json`, a line on standard error and the exit code 1 where a directory is blocked, and two fields in
 * `status --json`.
 */

/** A file that decides, as these editors know it: allowed, not allowed, denied. */
interface Decision {
  path: string;
  allowed: 0 | 1 | 2;
}

/**
 * The variables by which an editor knows what to watch, as far as the caller has not got them: DIRENV_DIR, DIRENV_FILE
 * and DIRENV_WATCHES (deflated JSON). None when direnv itself is at work in the caller's environment.
 *
 * @param stack outer to inner.
 * @param isBlocked all of them: VS Code's extension watches nothing then but what this very answer names.
 */
export function direnvChanges({ env }: Context, stack: readonly Examination[], isBlocked: boolean): Change[] {
  if (env['DIRENV_DIFF']) return [];
  const inner = stack.at(-1);
  const wanted: Change[] = [
    { name: 'DIRENV_DIR', value: inner && `-${inner.directory}` },
    { name: 'DIRENV_FILE', value: inner && pathOf(inner) },
    { name: 'DIRENV_WATCHES', value: inner && watchesOf(stack) },
  ];
  // These editors set what is to be unset to nothing.
  return wanted.filter(({ name, value }) => isBlocked || (env[name] || undefined) !== value);
}

/**
 * The line from which an editor learns that it must ask for an approval; undefined if it need not. What was denied is
 * left out like that where something else is loaded.
 *
 * @param stack outer to inner.
 */
export function blockedLine(stack: readonly Examination[]): string | undefined {
  const decisions = stack.map(decisionOf);
  const isLoaded = decisions.some(({ allowed }) => allowed === 0);
  const blocked = decisions.findLast(({ allowed }) => allowed === 1 || (allowed === 2 && !isLoaded));
  if (blocked === undefined) return undefined;
  return `direnv: error ${escapeText(blocked.path)} is blocked. Run \`direnv allow\` to approve its content\n`;
}

/** The exit code that goes with that line, as direnv has it. */
export const BLOCKED = 1;

/** What `direnv status --json` says. */
export function direnvStatus(context: Context, stack: readonly Examination[]): object {
  const { places, now, self } = context;
  const found = stack.at(-1);
  const loaded = readSession(context).at(-1);
  return {
    config: { ConfigDir: places.data, SelfPath: self ?? null },
    state: {
      foundRC: found === undefined ? null : decisionOf(found),
      loadedRC: loaded === undefined ? null : decisionOf(examine(places, loaded.directory, now)),
    },
  };
}

function decisionOf(examination: Examination): Decision {
  const { kind } = examination.verdict;
  const allowed = kind === 'allowed' ? 0 : kind === 'denied' ? 2 : 1;
  return { path: pathOf(examination), allowed };
}

function pathOf({ directory, readings }: Examination): string {
  const there = readings.find(({ reading }) => reading.state === 'read' || reading.state === 'refused');
  return join(directory, there?.name ?? '.env');
}

function watchesOf(stack: readonly Examination[]): string {
  const paths = stack.flatMap(({ directory, readings, record }) => [
    ...readings.map(({ name }) => join(directory, name)),
    record,
  ]);
  return pack(JSON.stringify(paths.map(watchOf)));
}

function watchOf(path: string): { path: string; modtime: number; exists: boolean } {
  const stats = tryStat(path);
  return { path, modtime: Math.floor((stats?.mtimeMs ?? 0) / 1000), exists: stats !== undefined };
}
