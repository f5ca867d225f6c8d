import { join } from 'node:path';
import type { CommandFile } from '../cli.js';
import type { Context, Outcome } from '../context.js';
import type { Examination } from '../examine.js';
import { neverSetReason } from '../names.js';
import { escapeText, jsonText, showPath } from '../show.js';
import { callerEnvironment, environmentAt, stackAt } from '../stack.js';

export const why: CommandFile = (program, run) => {
  program
    .command('why')
    .summary('tell where the value of a variable comes from')
    .argument('<name>', 'the variable')
    .option('--json', 'for a program')
    .addHelpText('after', '\nExample:\n  envhook why DATABASE_URL')
    .action((name: string, options: { json?: boolean }) => run((context) => explain(context, name, options)));
};

/** Where a variable's value comes from; a place is `path:line`. */
interface Explanation {
  name: string;
  /** Where the value is set that is in force here, as far as envhook sets it. */
  from: string | null;
  profile: string | null;
  /** The places that it goes over, the nearest first. */
  over: string[];
  /** Whether the environment had it before envhook. */
  inEnvironment: boolean;
  /** Whether the caller's value is the one that envhook sets. */
  inForce: boolean;
  /** Why envhook never sets it. */
  neverSet: string | null;
}

/** Tells where the value of a variable at the present place comes from, without the value. */
export function explain(context: Context, name: string, options: { json?: boolean }): Outcome {
  const explanation = explanationOf(context, name);
  if (options.json) return { output: `${jsonText(explanation)}\n` };
  return { output: `${toLines(explanation).join('\n')}\n` };
}

function explanationOf(context: Context, name: string): Explanation {
  const { env, base } = callerEnvironment(context);
  const stack = stackAt(context, context.directory).filter(({ verdict }) => verdict.kind === 'allowed');
  const wanted = environmentAt(context, base, stack).env;
  const neverSet = neverSetReason(name) ?? null;
  const places =
    neverSet === null ? stack.flatMap((it) => assignmentsOf(it, name, context.places.home)).reverse() : [];
  const [from, ...over] = places;
  return {
    name,
    from: from?.place ?? null,
    profile: from?.profile ?? null,
    over: over.map(({ place }) => place),
    inEnvironment: base.has(name),
    inForce: from !== undefined && env.get(name) === wanted.get(name),
    neverSet,
  };
}

function assignmentsOf({ compilation, directory, approval }: Examination, name: string, home: string) {
  return compilation.assigned
    .filter((it) => it.name === name)
    .map(({ file, line }) => ({
      place: `${showPath(join(directory, file), home)}:${line}`,
      profile: approval?.profile ?? null,
    }));
}

function toLines({ name, from, profile, over, inEnvironment, inForce, neverSet }: Explanation): string[] {
  const shown = escapeText(name);
  if (neverSet !== null) return [`${shown} is never set by envhook: it ${neverSet}`];
  if (from === null) return [`${shown} is not from envhook${inEnvironment ? '' : ', and not set'}`];
  return [
    `${shown} comes from ${from}${profile === null ? '' : ` (profile ${profile})`}`,
    ...over.map((place) => `  over ${place}`),
    ...(inEnvironment ? ['  over the environment that envhook found'] : []),
    ...(inForce ? [] : ['  but the value here is another one: it was changed since, or is not loaded yet']),
  ];
}
