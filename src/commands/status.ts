import type { CommandFile } from '../cli.js';
import type { Context, Outcome } from '../context.js';
import { contractLine, contractOf } from '../contract.js';
import { type Examination, examine, labelOf } from '../examine.js';
import { envDirectoriesAbove } from '../find.js';

export const status: CommandFile = (program, run) => {
  program
    .command('status')
    .summary('what is loaded here, what is not, and why')
    .option('--json', 'for a program')
    .addHelpText('after', '\nExample:\n  envhook status --json')
    .action((options: { json?: boolean }) => run((context) => reportStatus(context, options)));
};

/** The stack of env directories at the present place, outer to inner, with what comes of each. */
export function reportStatus(context: Context, options: { json?: boolean }): Outcome {
  const { places, directory, now } = context;
  const examinations = envDirectoriesAbove(directory, places.home)
    .map((it) => examine(places, it, now))
    .reverse();
  if (options.json) return { output: `${JSON.stringify(toJson(context, examinations), null, 2)}\n` };
  if (examinations.length === 0) return { output: 'no .env file here or above\n' };
  return { output: examinations.map((it) => `${toText(it, context)}\n`).join('') };
}

function toJson({ places, directory, env }: Context, examinations: Examination[]): unknown {
  return {
    version: 1,
    directory,
    storage: { data: places.data, run: places.run },
    layers: examinations.map((it) => ({
      directory: it.directory,
      realDirectory: it.realDirectory,
      files: it.readings.filter(({ reading }) => reading.state === 'read').map(({ name }) => name),
      verdict: it.verdict.kind,
      text: 'text' in it.verdict ? it.verdict.text : null,
      profile: it.approval?.profile ?? null,
      variables: variableNames(it.compilation.entries),
      leftOut: it.compilation.leftOut,
      askedFor: it.compilation.askedFor,
      contract: contractOf(it, env) ?? null,
    })),
  };
}

function toText(examination: Examination, { places: { home }, env }: Context): string {
  const { verdict, compilation } = examination;
  const names = variableNames(compilation.entries).join(' ');
  const head =
    verdict.kind === 'allowed'
      ? `${labelOf(examination, home)}: allowed (${names || 'no variables'})`
      : undefined;
  const why = 'text' in verdict ? verdict.text : `${labelOf(examination, home)}: ${verdict.kind}`;
  const contract = contractOf(examination, env);
  const line = contract && contractLine(contract);
  return [
    head ?? why,
    ...(line === undefined ? [] : [`  ${line}`]),
    ...compilation.leftOut.map(({ name, reason }) => `  ${name} is left out: it ${reason}`),
  ].join('\n');
}

function variableNames(entries: Examination['compilation']['entries']): string[] {
  return entries
    .filter(({ mode }) => mode !== 'hidden')
    .map(({ name }) => name)
    .sort();
}
