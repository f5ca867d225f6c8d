import { dirname, join, resolve } from 'node:path';
import { follow } from '../accept.js';
import { writePlans } from '../approve.js';
import type { CommandFile } from '../cli.js';
import type { Context, Outcome } from '../context.js';
import { type Difference, differenceLine } from '../diff.js';
import { EnvhookError, EXIT } from '../errors.js';
import { type Examination, examine, labelOf } from '../examine.js';
import { envDirectoriesAbove, isEnvDirectory } from '../find.js';
import { runProgram, shellStatus } from '../program.js';
import { tryStat } from '../reach.js';
import { callerEnvironment } from '../stack.js';
import { type Approval, changeApproval } from '../trust.js';
import { splitWords } from '../words.js';
import { allowExamined } from './allow.js';
import { differencesFor } from './diff.js';
import { fileTarget } from './set.js';
import { checkNotAbove } from './target.js';

export const edit: CommandFile = (program, run) => {
  program
    .command('edit')
    .summary('open a file in your editor, then show what changed and ask whether to allow it')
    .argument('[file]', 'the file, or its directory; the nearest .env if not given')
    .addHelpText('after', '\nExample:\n  envhook edit .env.local')
    .action((file: string | undefined) => run((context) => editFile(context, file)));
};

/**
 * Opens a file in $VISUAL or $EDITOR; when it is not what is allowed afterwards, or was accepted only because later edits
 * are, shows the differences and asks. No means no: then nothing of it is loaded, and later edits are no longer accepted.
 * Without a terminal nothing is asked and nothing allowed.
 *
 * @throws EnvhookError 64 without an editor or for a file that is no env file; 2 when it is not allowed afterwards; and as
 *   `allow`
 */
export async function editFile(context: Context, named: string | undefined): Promise<Outcome> {
  const { places, now, ask } = context;
  const path = pathToEdit(context, named);
  if (named !== undefined) checkNotAbove(context, named, dirname(path));
  const { directory } = fileTarget(context, path);
  const before = examine(places, directory, now);
  await runEditor(context, path);
  if (!isEnvDirectory(directory)) return { notes: ['nothing was written'] };
  const examination = ask === undefined ? follow(places, directory, now) : examine(places, directory, now);
  const isEdited = fingerprint(examination) !== fingerprint(before);
  const mayBeAsked = ask !== undefined && isEdited && before.approval?.always;
  if (examination.verdict.kind === 'allowed' && !mayBeAsked) return {};
  if (!isEdited && ask === undefined) return {};
  return askToAllow(context, examination, before.approval);
}

async function askToAllow(
  context: Context,
  examination: Examination,
  before: Approval | undefined,
): Promise<Outcome> {
  const label = labelOf(examination, context.places.home);
  // The daemon may have accepted it already.
  const differences = differencesFor(context, { ...examination, approval: before });
  if (await context.ask?.(`${label}\n${linesOf(differences)}Allow this?`)) {
    return { notes: await allowExamined(context, examination, {}) };
  }
  const always = context.ask !== undefined && takeBack(context, examination, before);
  const hint = always ? 'envhook allow --always' : 'envhook allow';
  return {
    notes: [
      `${label} is not allowed${always ? ', and later edits are not either' : ''}; look: envhook diff, accept: ${hint}`,
    ],
    exitCode: EXIT.notAllowed,
  };
}

// What was allowed before the edit stays so, whoever accepted the edit meanwhile, but nothing is accepted any more.
function takeBack(context: Context, examination: Examination, before: Approval | undefined): boolean {
  if (before?.state !== 'allowed' || !before.always) return false;
  const { id: _, always: __, ...once } = before;
  const at = new Date(context.now * 1000).toISOString();
  changeApproval(context.places, examination.realDirectory, ({ approval }) =>
    approval?.state === 'allowed' && approval.profile === before.profile ? { ...once, at } : undefined,
  );
  writePlans(context, examination);
  return true;
}

function linesOf(differences: Difference[]): string {
  if (differences.length === 0) return '  the same variables\n';
  return differences.map((it) => `  ${differenceLine(it, false)}\n`).join('');
}

function pathToEdit({ directory, places }: Context, named: string | undefined): string {
  if (named === undefined) return join(envDirectoriesAbove(directory, places.home)[0] ?? directory, '.env');
  const path = resolve(directory, named);
  return tryStat(path)?.isDirectory() ? join(path, '.env') : path;
}

async function runEditor(context: Context, path: string): Promise<void> {
  const { env } = callerEnvironment(context);
  const editor = env.get('VISUAL') || env.get('EDITOR') || '';
  const [command, ...words] = splitWords(editor);
  if (command === undefined) {
    throw new EnvhookError('no editor is chosen', 'export EDITOR=vi', EXIT.usage);
  }
  const ending = await runProgram(
    command,
    [...words, path],
    env,
    context.ask === undefined ? 'ignore' : 'inherit',
  );
  const status = shellStatus(ending);
  if (status === 0) return;
  throw new EnvhookError(
    `the editor ended with ${status}`,
    'nothing was allowed; look: envhook diff',
    EXIT.notAllowed,
  );
}

// Which bytes are there, whatever the verdict.
function fingerprint({ files }: Examination): string {
  return files.map(({ name, bytes }) => `${name}\0${Buffer.from(bytes).toString('latin1')}\0`).join('');
}
