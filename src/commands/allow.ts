import { join } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { isOwn } from '../accept.js';
import {
  type ApprovalTerms,
  approve,
  checkContent,
  checkUnchanged,
  commandFor,
  digestOfSet,
  pinsFor,
  problemLine,
  withoutConsent,
} from '../approve.js';
import { envDirectoriesBelow } from '../below.js';
import type { CommandFile } from '../cli.js';
import type { AskedFor, NamedReason } from '../compile.js';
import type { Context, Outcome } from '../context.js';
import { startOnDemand } from '../daemon/start.js';
import { type Difference, differenceLine } from '../diff.js';
import { EnvhookError, EXIT } from '../errors.js';
import { type Examination, examine, labelOf, replaceableText } from '../examine.js';
import { tryRealpath } from '../find.js';
import { openingsOf } from '../openings.js';
import { identityOf } from '../processes.js';
import { tryLstat } from '../reach.js';
import { remarksOn } from '../remarks.js';
import { showNames, showPath } from '../show.js';
import { showSeconds } from '../time.js';
import type { Always } from '../trust.js';
import { differencesFor } from './diff.js';
import { targetDirectory } from './target.js';

export const allow: CommandFile = (program, run) => {
  program
    .command('allow')
    .aliases(['permit', 'grant'])
    .summary('allow the .env files of a directory, as they are now')
    .argument('[dir]', 'the directory, or one of its files; the present one if not given')
    .option(
      '--consent <name...>',
      'set these names, too, although other programs take them as code or as an address',
    )
    .option('--for <time>', 'for a time such as 30m, 8h or 2d', seconds)
    .option('--session', 'for this shell and its children only')
    .option('--always', 'and accept later edits as long as nothing but values is new in them')
    .option('--always=names', 'and new names, if they are not asked for and the directory is yours alone')
    .option('--no-always', 'no longer so')
    .option('--digest <digest>', 'only what this digest is of, see: envhook diff')
    .option('--recursive', 'every env directory below: asks once, and for each name that needs consent')
    .option('--yes', 'with --recursive: do not ask')
    .addHelpText(
      'after',
      '\nExamples:\n  cd ~/work/api && envhook allow\n  envhook allow --for 8h ~/work/api',
    )
    .action((dir: string | undefined, { 'always=names': names, ...given }: AllowWords) => {
      const options: AllowOptions = names ? { ...given, always: 'names' } : given;
      return run((context) => (options.recursive ? allowAll : allowDirectory)(context, dir, options));
    });
};

// As commander has them: an option with a value that may be missing would take the directory for it.
interface AllowWords extends AllowOptions {
  'always=names'?: boolean;
}

export interface AllowOptions {
  consent?: string[];
  for?: number;
  session?: boolean;
  always?: Always;
  /** As `digestOfSet` makes it. */
  digest?: string;
  recursive?: boolean;
  yes?: boolean;
}

/**
 * Allows the files of a directory byte for byte, and makes its plan, so that open shells load it at their next
 * prompt.
 *
 * @throws EnvhookError 64 no such env directory, 3 a file that is unsafe, 4 one that is wrong, 5 a name without
 *   consent, 6 too big, 7 storage
 */
export async function allowDirectory(
  context: Context,
  named: string | undefined,
  options: AllowOptions,
): Promise<Outcome> {
  const directory = targetDirectory(context, named);
  return { notes: await allowExamined(context, examine(context.places, directory, context.now), options) };
}

/**
 * Allows what was examined, and shown if somebody was asked.
 *
 * @returns what to say.
 * @throws EnvhookError as `allowDirectory`, and 2 when the files are others by now
 */
export async function allowExamined(
  context: Context,
  examination: Examination,
  options: AllowOptions,
): Promise<string[]> {
  checkDigest(context, examination, options.digest);
  checkContent(examination, context.places.home);
  const terms = termsOf(context, examination, options);
  await getConsent(context, examination, options.consent ?? []);
  return approveExamined(context, examination, options, terms);
}

/**
 * Allows every env directory below one: lists them, asks once, and for each name that needs consent, and allows then what it
 * listed.
 *
 * @throws EnvhookError 64 none found, or nobody to ask; 2 refused; and as `allowDirectory`, before anything is allowed
 */
export async function allowAll(
  context: Context,
  named: string | undefined,
  options: AllowOptions,
): Promise<Outcome> {
  const { places, now } = context;
  if (options.digest !== undefined) throw digestOfOne();
  const top = named === undefined ? context.directory : targetDirectory(context, named, 'any');
  context.progress?.('looking for env files');
  const { directories, unnamed } = envDirectoriesBelow(top);
  const skipped = unnamed.map(
    (it) => `skipped ${showPath(it, places.home)}: not every shell can tell its name`,
  );
  const examinations = directories.map((it, index) => {
    context.progress?.(`reading ${index + 1} of ${directories.length} directories`);
    return examine(places, it, now);
  });
  if (examinations.length === 0) throw nothingBelow(context, top, skipped);
  const open = examinations.filter(({ verdict }) => verdict.kind !== 'allowed');
  if (open.length === 0) {
    return { notes: [...skipped, `all ${examinations.length} directories are allowed already`] };
  }
  for (const examination of open) checkContent(examination, places.home);
  const decided = open.map((it) => ({ examination: it, terms: termsOf(context, it, options) }));
  if (!options.yes) await askForAll(context, top, open);
  for (const examination of open) await getConsentEach(context, examination, options);
  for (const examination of open) checkUnchanged(context, examination);
  const notes = decided.flatMap(({ examination, terms }, index) => {
    context.progress?.(`allowing ${index + 1} of ${open.length} directories`);
    return approveExamined(context, examination, options, terms);
  });
  return { notes: [...skipped, ...notes] };
}

function nothingBelow({ places }: Context, top: string, [skipped]: string[]): EnvhookError {
  if (skipped !== undefined) {
    return new EnvhookError(
      skipped,
      'rename it: no line breaks, UTF-8 only, and not .envhook-plan',
      EXIT.unsafeFile,
    );
  }
  const message = `no .env file in or below ${showPath(top, places.home)}`;
  return new EnvhookError(message, 'make one, then: envhook allow', EXIT.usage);
}

function digestOfOne(): EnvhookError {
  return new EnvhookError('a digest is of one directory', 'leave --recursive or --digest out', EXIT.usage);
}

function checkDigest(context: Context, examination: Examination, wanted: string | undefined): void {
  if (wanted === undefined || wanted.toLowerCase() === digestOfSet(examination)) return;
  throw new EnvhookError(
    `${labelOf(examination, context.places.home)} is not what this digest is of`,
    `look: ${commandFor(context, 'envhook diff', examination.directory)}`,
    EXIT.notAllowed,
  );
}

function approveExamined(
  context: Context,
  examination: Examination,
  options: AllowOptions,
  terms: ApprovalTerms,
): string[] {
  const { home } = context.places;
  const differences = differencesFor(context, examination);
  approve(context, examination, terms);
  startOnDemand(context.places, context.env);
  return [
    `allowed ${labelOf(examination, home)}${termsText(options, terms)} (${summary(examination)})`,
    ...shortened(differences, commandFor(context, 'envhook list', examination.directory)),
    ...remarks(examination, home),
    ...remarksOn(context, examination),
  ];
}

// What holds for the approval, as it is before anybody is asked.
function termsOf(context: Context, examination: Examination, options: AllowOptions): ApprovalTerms {
  const { compilation, approval } = examination;
  const always = options.always ?? approval?.always;
  if (always === 'names') checkOwn(context, examination);
  return {
    consents: compilation.askedFor.map(({ name }) => name),
    ...(options.for === undefined ? {} : { expires: context.now + options.for }),
    ...(options.session ? { session: callingShell() } : {}),
    ...(always ? { always } : {}),
    ...pinsFor(context, examination),
  };
}

function callingShell(): string {
  const shell = identityOf(process.ppid);
  if (shell !== undefined) return shell;
  throw new EnvhookError('cannot tell which shell this is', 'envhook allow --for 8h', EXIT.usage);
}

function checkOwn({ places }: Context, examination: Examination): void {
  if (isOwn(examination)) return;
  throw new EnvhookError(
    `${showPath(examination.directory, places.home)} or a file in it is not yours alone, so new names cannot be accepted there`,
    'envhook allow --always',
    EXIT.unsafeFile,
  );
}

function termsText(options: AllowOptions, { always }: ApprovalTerms): string {
  const time = options.for === undefined ? '' : ` for ${showSeconds(options.for)}`;
  const edits = always ? ` always${always === 'names' ? ', new names too' : ''}` : '';
  return `${time}${options.session ? ' in this shell' : ''}${edits}`;
}

async function askForAll(context: Context, top: string, examinations: Examination[]): Promise<void> {
  if (context.ask === undefined) {
    const again = commandFor(context, 'envhook allow --recursive --yes', top);
    throw new EnvhookError('there is no terminal to ask on', again, EXIT.usage);
  }
  const list = examinations.map((it) => `  ${labelOf(it, context.places.home)} (${summary(it)})\n`).join('');
  if (await context.ask(`these are not allowed:\n${list}Allow all ${examinations.length}?`)) return;
  throw new EnvhookError('nothing was allowed', 'envhook diff DIR, envhook allow DIR', EXIT.notAllowed);
}

// Of many directories nobody can be asked about all names at once: about each, and where it is set.
async function getConsentEach(
  context: Context,
  examination: Examination,
  { consent = [], yes }: AllowOptions,
): Promise<void> {
  const missing = withoutConsent(context, examination, consent);
  const shown = showPath(examination.directory, context.places.home);
  for (const { name, reason } of missing) {
    const question = `${shown} sets ${name}: it ${reason}. Set it, too?`;
    if (yes || !(await context.ask?.(question))) throw withoutConsentError(context, examination, missing);
  }
}

/**
 * Makes sure that somebody consented to every name that is asked for.
 *
 * @param command what to type again, with the consent; about the directory if not given.
 * @throws EnvhookError 5
 */
export async function getConsent(
  context: Context,
  examination: Examination,
  given: string[],
  command?: string,
): Promise<void> {
  const missing = withoutConsent(context, examination, given);
  if (missing.length === 0) return;
  const shown = showPath(examination.directory, context.places.home);
  if (await asked(context, shown, missing)) return;
  throw withoutConsentError(context, examination, missing, command);
}

function withoutConsentError(
  context: Context,
  { directory }: Examination,
  missing: readonly NamedReason[],
  command = commandFor(context, 'envhook allow', directory),
): EnvhookError {
  const reasons = missing.map(({ name, reason }) => `${name} ${reason}`).join(', ');
  // After the directory, which would be taken for one more name.
  const options = missing.map(({ name }) => `--consent ${name}`).join(' ');
  const shown = showPath(directory, context.places.home);
  return new EnvhookError(
    `${shown} sets what needs your consent: ${reasons}`,
    `${command} ${options}`,
    EXIT.name,
  );
}

async function asked(context: Context, shown: string, missing: AskedFor[]): Promise<boolean> {
  if (context.ask === undefined) return false;
  const effects = [...new Set(missing.map(({ effect }) => effect))].sort();
  const groups = effects.map((effect) => {
    const names = missing.filter((it) => it.effect === effect);
    return `  what ${effect}:\n${names.map(({ name, reason }) => `    ${name} ${reason}\n`).join('')}`;
  });
  return context.ask(`${shown} sets\n${groups.join('')}Set ${missing.length === 1 ? 'it' : 'them'}, too?`);
}

function summary({ compilation }: Examination): string {
  const names = compilation.entries.filter(({ mode }) => mode !== 'hidden').map(({ name }) => name);
  return names.length > 0 ? showNames(names.sort()) : 'no variables';
}

const SHOWN_DIFFERENCES = 20;

// The command: `diff` has nothing to show any more.
function shortened(differences: Difference[], command: string): string[] {
  const lines = differences.slice(0, SHOWN_DIFFERENCES).map((it) => `  ${differenceLine(it, false)}`);
  const rest = differences.length - lines.length;
  return rest > 0 ? [...lines, `  and ${rest} more; all that is set: ${command}`] : lines;
}

// What the reader of the files should know, although it keeps nothing from being loaded.
function remarks(examination: Examination, home: string): string[] {
  const { directory, realDirectory, compilation, readings } = examination;
  const replaceable = replaceableText(examination, home);
  const warnings = compilation.problems.map(
    (problem) => `${problemLine(directory, problem, home)} (warning)`,
  );
  const files = readings.flatMap(({ name, reading }) => {
    const path = join(directory, name);
    const shown = showPath(path, home);
    if (reading.state !== 'read') return [];
    const writable = reading.groupWritable ? [`${shown} can be written by its group (warning)`] : [];
    const leads = tryLstat(path)?.isSymbolicLink()
      ? [`${shown} is a link to ${showPath(tryRealpath(path) ?? '', home)}`]
      : [];
    return [...leads, ...writable];
  });
  const openings = openingsOf(realDirectory, home).map((line) => `${line} (warning)`);
  return [
    ...files,
    ...openings,
    ...(replaceable === undefined ? [] : [`${replaceable} (warning)`]),
    ...warnings,
  ];
}

// `30m`, `8h`, `2d`, `45s` in seconds
function seconds(text: string): number {
  const [, count, unit = ''] = /^([1-9]\d{0,4})([smhd])$/.exec(text) ?? [];
  if (count === undefined) throw new InvalidArgumentError('a time is a number and s, m, h or d, such as 8h.');
  return Number(count) * ({ s: 1, m: 60, h: 3600, d: 86_400 }[unit] ?? 0);
}
