import { basename, dirname, join, resolve } from 'node:path';
import {
  bytesFor,
  changeFiles,
  confirmDestination,
  destinationOf,
  type FileChange,
  readForChange,
} from '../change.js';
import type { CommandFile } from '../cli.js';
import type { Context, Outcome } from '../context.js';
import { isReadAlike, setInText } from '../edit.js';
import { EnvhookError, EXIT } from '../errors.js';
import { type Examination, examine } from '../examine.js';
import { envDirectoriesAbove } from '../find.js';
import { isShellName, neverSetReason } from '../names.js';
import { parse } from '../parse.js';
import { FILE_LIMIT } from '../read.js';
import { MAX_VALUE_BYTES } from '../resolve.js';
import { looksSecret } from '../secrets.js';
import { escapeText, showPath, typedPath } from '../show.js';
import { getConsent } from './allow.js';
import { checkNotAbove, targetDirectory } from './target.js';

export const set: CommandFile = (program, run) => {
  program
    .command('set')
    .summary('set variables in a file, and leave the rest of it as it is')
    .argument(
      '<assignments...>',
      'NAME=VALUE, or NAME and - for a value from standard input or a hidden prompt',
    )
    .option('--file <file>', 'where; otherwise the file that sets it now, or .env')
    .option('--follow', 'write, too, where a link leads out of the directory, or a hard link stays behind')
    .option('--consent <name...>', 'consent to these names, see: envhook allow --help')
    .addHelpText('after', '\nExamples:\n  envhook set PORT=8080\n  envhook set API_KEY - --file .env.local')
    .action((words: string[], options: SetOptions) =>
      run((context) => setVariables(context, words, options)),
    );
};

export interface SetOptions {
  file?: string;
  follow?: boolean;
  consent?: string[];
}

// A file on its way to what it is to be.
interface Draft extends FileChange {
  text: string;
  remark: string;
}

/**
 * Sets variables in a directory's files, which stay allowed if they were. Values reach the file exactly. What is odd about
 * the names or the files comes before anybody is asked for a value.
 *
 * @throws EnvhookError 64 wrong words, 2 a file that is elsewhere, 4 a value that no env file can hold, 6 too big; and as
 *   `changeFiles`
 */
export async function setVariables(context: Context, words: string[], options: SetOptions): Promise<Outcome> {
  const wanted = assignmentsIn(words);
  const target = fileTarget(context, options.file);
  const examination = examine(context.places, target.directory, context.now);
  const fileOf = (name: string) => target.file ?? holderOf(examination, name) ?? defaultFile(examination);
  const drafts = new Map<string, Draft>();
  const isNew = target.file === undefined && !hasFiles(examination);
  if (isNew) await confirmNewFile(context, target.directory);
  const edits: { name: string; given: string | undefined; draft: Draft }[] = [];
  for (const [name, given] of wanted) {
    const file = fileOf(name);
    const draft = drafts.get(file) ?? (await startOf(context, examination, file, options));
    drafts.set(file, draft);
    edits.push({ name, given, draft });
  }
  const notes = isNew ? [newFileText(context, target.directory)] : [];
  for (const { name, given, draft } of edits) {
    const value = given ?? (await readValue(context, name));
    draft.text = setInText(draft.text, name, value) ?? cannotHold(name);
    draft.after = bytesFor(draft.text, draft.before);
    const place = `${showPath(join(target.directory, draft.name), context.places.home)}${draft.remark}`;
    notes.push(...leftOutNote(name), `set ${name} in ${place}`, ...spellingNote(draft.text, name, value));
    if (given !== undefined && looksSecret(name, value)) notes.push(publicText(name));
  }
  for (const { after } of drafts.values()) checkSize(after);
  await changeFiles(context, examination, [...drafts.values()], (after) =>
    getConsent(context, after, options.consent ?? [], `envhook set ${[...wanted.keys()].join('=... ')}=...`),
  );
  return { notes };
}

/** Where a change goes: the directory, and the file if one was named. */
export function fileTarget(
  context: Context,
  named: string | undefined,
): { directory: string; file: string | undefined } {
  if (named === undefined) {
    const directory = targetDirectory(context, undefined, 'any');
    const [nearest] = envDirectoriesAbove(directory, context.places.home);
    if (nearest === undefined || nearest === directory) return { directory, file: undefined };
    const { home } = context.places;
    throw new EnvhookError(
      `no .env file in ${showPath(directory, home)}`,
      `for the one above: --file ${typedPath(join(nearest, '.env'), home)}, for one here: --file .env`,
      EXIT.usage,
    );
  }
  const path = resolve(context.directory, named);
  if (!/^\.env(\.[\w.-]+)?$/.test(basename(path))) {
    throw new EnvhookError(`${escapeText(named)} is no env file`, 'such as --file .env.local', EXIT.usage);
  }
  // `../.env` says where it is, a link does not.
  checkNotAbove(context, dirname(path), dirname(path));
  const there = { ...context, directory: dirname(path) };
  return { directory: targetDirectory(there, undefined, 'any'), file: basename(path) };
}

/** The file whose assignment of a name counts, or undefined if none has one. */
export function holderOf({ files }: Examination, name: string): string | undefined {
  return files.findLast(({ bytes }) =>
    parse(Buffer.from(bytes).toString()).assignments.some((it) => it.name === name),
  )?.name;
}

// Names with their values; undefined for one that is to be read.
function assignmentsIn(words: string[]): Map<string, string | undefined> {
  const found = new Map<string, string | undefined>();
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const equals = word.indexOf('=');
    const name = equals < 0 ? word : word.slice(0, equals);
    if (!/^[A-Za-z_][\w.-]*$/.test(name)) throw noName(name);
    if (equals >= 0) found.set(name, checkValue(name, word.slice(equals + 1)));
    else if (rest.shift() === '-' && !rest.includes('-')) found.set(name, undefined);
    else throw new EnvhookError(`${name} has no value`, `${name}=VALUE, or once: ${name} -`, EXIT.usage);
  }
  return found;
}

function noName(name: string): EnvhookError {
  return new EnvhookError(
    `${name === '' ? 'nothing' : escapeText(name)} is no name of a variable`,
    'envhook set NAME=VALUE',
    EXIT.usage,
  );
}

async function readValue({ input }: Context, name: string): Promise<string> {
  const [warning] = leftOutNote(name);
  const bytes = await input?.(`value of ${name} (not shown${warning === undefined ? '' : `; ${warning}`}):`);
  if (bytes === undefined)
    throw new EnvhookError('there is nothing to read from', `${name}=VALUE`, EXIT.usage);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new EnvhookError(
      `the value of ${name} is not UTF-8`,
      'encode it, with base64 for one',
      EXIT.syntax,
    );
  }
  return checkValue(name, text.replace(/\r?\n$/, ''));
}

// Node makes U+FFFD of what is no UTF-8 in an argument.
function checkValue(name: string, value: string): string {
  const damaged = /\0|\u2028|\u2029|\ufffd|\p{Cs}/u.exec(value)?.[0];
  if (damaged !== undefined) {
    const what = { '\0': 'a NUL', '\u2028': 'U+2028', '\u2029': 'U+2029' }[damaged] ?? 'what is not UTF-8';
    throw new EnvhookError(
      `the value of ${name} holds ${what}`,
      'encode it, with base64 for one',
      EXIT.syntax,
    );
  }
  if (Buffer.byteLength(value) > MAX_VALUE_BYTES) {
    const limit = `${MAX_VALUE_BYTES / 1024} KiB`;
    throw new EnvhookError(`the value of ${name} is longer than ${limit}`, KEEP_ELSEWHERE, EXIT.tooBig);
  }
  return value;
}

const KEEP_ELSEWHERE = 'put it into a file, and the path of that here';

async function startOf(
  context: Context,
  examination: Examination,
  name: string,
  { follow }: SetOptions,
): Promise<Draft> {
  const { text, before } = readForChange(context, examination, name);
  const destination = destinationOf(context, examination, name);
  await confirmDestination(context, destination, follow ?? false);
  const { target, remark } = destination;
  return { name, text, before, after: before ?? Buffer.alloc(0), target, remark };
}

function hasFiles({ readings }: Examination): boolean {
  return readings.some(({ reading }) => reading.state !== 'absent' && reading.state !== 'directory');
}

async function confirmNewFile(context: Context, directory: string): Promise<void> {
  const shown = showPath(directory, context.places.home);
  if (context.ask === undefined || (await context.ask(`there is no .env file in ${shown}. Make one?`)))
    return;
  throw new EnvhookError('nothing was written', 'to write elsewhere: --file', EXIT.notAllowed);
}

function newFileText({ places }: Context, directory: string): string {
  return `there was no .env file in ${showPath(directory, places.home)}; this one is loaded after: envhook allow`;
}

function defaultFile({ files }: Examination): string {
  const names = files.map(({ name }) => name);
  return names.includes('.env') ? '.env' : (names[0] ?? '.env');
}

function leftOutNote(name: string): string[] {
  const reason = neverSetReason(name) ?? (isShellName(name) ? undefined : 'is no name that a shell can hold');
  return reason === undefined ? [] : [`no shell gets ${name}: it ${reason}`];
}

function spellingNote(text: string, name: string, value: string): string[] {
  if (isReadAlike(text, name, value)) return [];
  return [
    `what reads the file without expanding it, as npm dotenv does, gets ${name} with a backslash before its $`,
  ];
}

function publicText(name: string): string {
  return `${name} looks like a secret, and a command line is public (history, ps); better: envhook set ${name} -`;
}

function checkSize(bytes: Buffer): void {
  if (bytes.length <= FILE_LIMIT) return;
  throw new EnvhookError(
    `the file would be larger than ${FILE_LIMIT / 1024} KiB`,
    KEEP_ELSEWHERE,
    EXIT.tooBig,
  );
}

function cannotHold(name: string): never {
  throw new EnvhookError(
    `the value of ${name} holds quotes of every kind, which no env file can hold like this`,
    'encode it, with base64 for one',
    EXIT.syntax,
  );
}
