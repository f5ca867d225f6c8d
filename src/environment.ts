import { basename } from 'node:path';
import { problemLine } from './approve.js';
import { EnvhookError, EXIT } from './errors.js';
import { evaluate } from './evaluate.js';
import type { Examination } from './examine.js';
import { labelOf, WHAT_TO_TYPE } from './examine.js';
import { pinnedEntries } from './pins.js';
import type { SessionLayer, Undo } from './session.js';
import type { Places } from './settings.js';
import type { Change } from './shells/index.js';
import { unansweredProblems } from './unanswered.js';

/**
 * The largest environment that is handed to a program, in bytes of `NAME=value` and their ends: half of what the system
 * takes, since arguments and pointers count, too. macOS takes 1 MiB in all (ARG_MAX), Linux 2 MiB as a rule.
 */
export function environmentLimit(platform: NodeJS.Platform): number {
  return (platform === 'darwin' ? 512 : 1024) * 1024;
}

const STRING_LIMIT = 128 * 1024;
const MIB = 1024 * 1024;

/** An environment with the layers of a place on it, and what each of them did. */
export interface Layered {
  env: Map<string, string>;
  layers: SessionLayer[];
  /** A line per directory that could not be worked out, without a value. */
  failures: string[];
  /** A line per variable that is left out, since its value is not the one that was consented to. */
  withheld: string[];
  /** A line per reference that nothing answered, or that is none of those known. */
  warnings: string[];
}

/**
 * Puts the allowed directories' variables on an environment, outer first; a directory that fails is left out whole.
 *
 * @param examinations outer to inner; those that are not allowed are skipped.
 */
export function layer(
  base: ReadonlyMap<string, string>,
  examinations: readonly Examination[],
  places: Places,
): Layered {
  const result: Layered = { env: new Map(base), layers: [], failures: [], withheld: [], warnings: [] };
  for (const examination of examinations) {
    if (examination.verdict.kind === 'allowed') addLayer(places, result, examination);
  }
  return result;
}

/** The changes that make one environment of another, by name. */
export function changesFrom(now: ReadonlyMap<string, string>, wanted: ReadonlyMap<string, string>): Change[] {
  const names = [...new Set([...now.keys(), ...wanted.keys()])].filter(
    (name) => now.get(name) !== wanted.get(name),
  );
  return names.sort().map((name) => ({ name, value: wanted.get(name) }));
}

/**
 * @throws EnvhookError 6 when no program can be started with this environment (execve(2): one string, and all of it).
 */
export function checkSize(
  env: ReadonlyMap<string, string>,
  limit = environmentLimit(process.platform),
): void {
  let total = 0;
  for (const [name, value] of env) {
    const size = Buffer.byteLength(name) + Buffer.byteLength(value) + 2;
    if (size > STRING_LIMIT) throw tooBig(`${name} would be larger than ${STRING_LIMIT / 1024} KiB`);
    total += size;
  }
  if (total > limit) {
    throw tooBig(`the environment would be larger than ${limit < MIB ? `${limit / 1024} KiB` : '1 MiB'}`);
  }
}

function tooBig(what: string): EnvhookError {
  return new EnvhookError(what, 'no program could be started with it: keep large data in files', EXIT.tooBig);
}

function addLayer(places: Places, result: Layered, examination: Examination): void {
  const { env } = result;
  const label = labelOf(examination, places.home);
  const lookup = (name: string) => env.get(name);
  const evaluation = evaluate(pinnedEntries(places, examination, lookup), lookup);
  if ('failure' in evaluation) {
    const { file, line, message } = evaluation.failure;
    result.failures.push(
      `${label.slice(0, label.lastIndexOf('/') + 1)}${basename(file)}:${line}: ${message}; nothing is loaded from it`,
    );
    return;
  }
  result.withheld.push(
    ...evaluation.withheld.map(
      (name) =>
        `${label}: ${name} is left out, since its value is not the one you consented to; ${WHAT_TO_TYPE}`,
    ),
  );
  const unknown = examination.compilation.problems.filter(({ code }) => code === 'unknown-reference');
  const unanswered = unansweredProblems(examination.files, evaluation.unset);
  for (const problem of [...unknown, ...unanswered])
    result.warnings.push(`${problemLine(examination.directory, problem, places.home)} (warning)`);
  const undo = [...evaluation.values].map(([name, loaded]): Undo => {
    const old = env.get(name);
    const added = evaluation.added.get(name) ?? { prefix: '', suffix: '' };
    return { name, before: old === undefined ? 'unset' : 'export', old: old ?? '', loaded, ...added };
  });
  for (const { name, loaded } of undo) env.set(name, loaded);
  result.layers.push({ directory: examination.directory, head: examination.head, label, undo });
}
