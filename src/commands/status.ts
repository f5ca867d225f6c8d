import { digestOfSet } from '../approve.js';
import type { CommandFile } from '../cli.js';
import type { Context, Outcome } from '../context.js';
import { contractLine, contractOf } from '../contract.js';
import { direnvStatus } from '../direnv.js';
import { type Examination, labelOf } from '../examine.js';
import { unpinnedNames } from '../pins.js';
import { jsonText, showPath } from '../show.js';
import { outsideOf, readSession, stackAt } from '../stack.js';
import { localTime } from '../time.js';
import type { Always } from '../trust.js';

export const status: CommandFile = (program, run) => {
  program
    .command('status')
    .summary('what is loaded here, what is not, and why')
    .option('--json', 'for a program')
    .addHelpText('after', '\nExample:\n  envhook status --json')
    .action((options: { json?: boolean }) => run((context) => reportStatus(context, options)));
};

/**
 * The stack of env directories at the present place, outer to inner, with what comes of each. The JSON is stable:
 * fields are added, never changed; README lists them.
 */
export function reportStatus(context: Context, options: { json?: boolean }): Outcome {
  const stack = stackAt(context, context.directory);
  const layers = stack.map((it) => layerOf(context, it));
  const json = { ...toJson(context, layers), ...direnvStatus(context, stack) };
  if (options.json) return { output: `${jsonText(json)}\n` };
  if (layers.length === 0) return { output: 'no .env file here or above\n' };
  return { output: layers.map((it) => `${toText(context, it)}\n`).join('') };
}

/** One env directory, for a program. Names and reasons, no values. */
export interface StatusLayer {
  directory: string;
  realDirectory: string;
  files: string[];
  verdict: Examination['verdict']['kind'];
  /** The line that says why nothing is loaded, or null. */
  text: string | null;
  /** Whether the shell that asks has loaded it, in this version. */
  loaded: boolean;
  profile: string | null;
  always: boolean;
  /** Of the files as they are now: what `diff` ends with. */
  digest: string;
  /** What is accepted always, or null. */
  alwaysCovers: 'values' | 'names' | null;
  /** Seconds since 1970, or null. */
  expires: number | null;
  /** Process id of the only shell that it is for, or null. */
  session: number | null;
  variables: string[];
  leftOut: { name: string; reason: string }[];
  askedFor: { name: string; reason: string }[];
  /** Names whose value here is not the one that was consented to. */
  withheld: string[];
  contract: { file: string; missing: string[]; empty: string[] } | null;
  label: string;
}

function layerOf(context: Context, examination: Examination): StatusLayer {
  const { verdict, approval, readings, compilation, head, directory } = examination;
  const loaded = readSession(context).some((layer) => layer.directory === directory && layer.head === head);
  return {
    directory,
    realDirectory: examination.realDirectory,
    files: readings.filter(({ reading }) => reading.state === 'read').map(({ name }) => name),
    verdict: verdict.kind,
    text: 'text' in verdict ? verdict.text : null,
    loaded,
    profile: approval?.profile ?? null,
    digest: digestOfSet(examination),
    always: Boolean(approval?.always),
    alwaysCovers: alwaysCovers(approval?.always),
    expires: approval?.expires ?? null,
    session: approval?.session === undefined ? null : Number.parseInt(approval.session, 10),
    variables: variableNames(compilation.entries),
    leftOut: compilation.leftOut,
    askedFor: compilation.askedFor,
    withheld: verdict.kind === 'allowed' ? withheldNames(context, examination) : [],
    contract: contractOf(examination, context.env) ?? null,
    label: labelOf(examination, context.places.home),
  };
}

function withheldNames(context: Context, examination: Examination): string[] {
  return [...unpinnedNames(context.places, examination, outsideOf(context, examination))].sort();
}

function alwaysCovers(always: Always | undefined): StatusLayer['alwaysCovers'] {
  if (!always) return null;
  return always === 'names' ? 'names' : 'values';
}

function toJson({ places, directory }: Context, layers: StatusLayer[]): object {
  return { version: 1, directory, storage: { data: places.data, run: places.run }, layers };
}

function toText({ places }: Context, layer: StatusLayer): string {
  const details = [
    ...(layer.variables.length > 0 ? [layer.variables.join(' ')] : []),
    ...(layer.contract === null ? [] : [contractLine(layer.contract) ?? []].flat()),
    ...layer.leftOut.map(({ name, reason }) => `${name} is left out: it ${reason}`),
    ...layer.withheld.map((name) => `${name} is left out: its value is not the one you consented to`),
    ...(layer.realDirectory === layer.directory
      ? []
      : [`really ${showPath(layer.realDirectory, places.home)}`]),
  ];
  return [headline(layer), ...details.map((line) => `  ${line}`)].join('\n');
}

function headline(layer: StatusLayer): string {
  if (layer.text !== null) return layer.text;
  if (layer.verdict !== 'allowed') return `${layer.label}: ${layer.verdict}`;
  const terms = [
    'allowed',
    ...(layer.always ? [layer.alwaysCovers === 'names' ? 'always, new names too' : 'always'] : []),
    ...(layer.session === null ? [] : ['in this shell only']),
    ...(layer.expires === null ? [] : [`until ${localTime(new Date(layer.expires * 1000))}`]),
    ...(layer.profile === null ? [] : [`profile ${layer.profile}`]),
    layer.loaded ? 'loaded' : 'not loaded in this shell',
  ];
  return `${layer.label}: ${terms.join(', ')}`;
}

function variableNames(entries: Examination['compilation']['entries']): string[] {
  return entries
    .filter(({ mode }) => mode !== 'hidden')
    .map(({ name }) => name)
    .sort();
}
