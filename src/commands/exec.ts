import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { CommandFile } from '../cli.js';
import type { Context, Outcome } from '../context.js';
import { checkSize } from '../environment.js';
import { EnvhookError, EXIT } from '../errors.js';
import { type Examination, refusalText } from '../examine.js';
import { tryRealpath } from '../find.js';
import { say } from '../print.js';
import { runProgram } from '../program.js';
import { showPath } from '../show.js';
import { callerEnvironment, environmentAt, exitCodeOf, SESSION, stackAt, writeSession } from '../stack.js';

export const exec: CommandFile = (program, run) => {
  program
    .command('exec')
    .summary('run one command with the variables of a directory')
    .usage('[options] [dir] -- command [args...]\n       envhook exec [options] dir command [args...]')
    .argument('[words...]', 'the directory (the present one if not given), --, the command')
    .option('--profile <profile>', 'with this profile of the directory')
    .option('--watch', 'start it again whenever the variables change')
    .option('--clean', 'start from an empty environment, PATH, HOME and TERM')
    .addHelpText('after', '\nExample:\n  envhook exec ~/work/api -- npm run migrate')
    .action((_words: string[], options: ExecOptions, command: Command) =>
      run((context) => execute(context, splitWords(context.args, command.args), options)),
    );
};

export interface ExecOptions {
  profile?: string;
  clean?: boolean;
  watch?: boolean;
}

/** What stands before and after `--`. */
export interface ExecWords {
  directory: string | undefined;
  command: string;
  args: string[];
}

/**
 * Runs a command with the variables of a directory and of those above it. Refused unless all of them are allowed:
 * an override that silently fails to apply could point the command at the wrong database.
 *
 * @throws EnvhookError 64 no `--` or no such directory, 2 to 6 as `allow`, 126 and 127 as a shell
 */
export async function execute(context: Context, words: ExecWords, options: ExecOptions): Promise<Outcome> {
  const { command, args, directory } = words;
  const note = context.verbosity === 'quiet' ? () => {} : say;
  if (!options.watch) return runProgram(command, args, environmentFor(context, directory, options, note));
  const { runWatched } = await import('../watch.js');
  return runWatched({
    command,
    args,
    places: context.places,
    directory: directory === undefined ? context.directory : resolve(context.directory, directory),
    environment: (now) => environmentFor({ ...context, now }, directory, options, note),
    say,
    note,
  });
}

/** The environment that `exec` gives its command. `note` is told of references that nothing answers. @throws EnvhookError as `execute` */
export function environmentFor(
  context: Context,
  named: string | undefined,
  options: ExecOptions,
  note: (line: string) => void = () => {},
): Map<string, string> {
  const directory = named === undefined ? context.directory : resolve(context.directory, named);
  if (tryRealpath(directory) === undefined) {
    throw new EnvhookError(
      `there is no directory ${showPath(directory, context.places.home)}`,
      'check the path',
      EXIT.usage,
    );
  }
  const { base } = callerEnvironment(context);
  const start = options.clean ? onlyBasics(base) : base;
  const profile = options.profile === undefined ? {} : { profile: options.profile };
  const stack = stackAt(context, directory, (it) => ({
    forExec: true,
    ...(it === directory ? profile : {}),
  }));
  for (const examination of stack) checkAllowed(examination, context.places.home);
  const { env, layers, failures, withheld, warnings } = environmentAt(context, start, stack);
  const [failure] = failures;
  if (failure !== undefined)
    throw new EnvhookError(failure, 'set what it needs, or mend the file', EXIT.syntax);
  const [text] = withheld;
  if (text !== undefined) throw errorOf(text, EXIT.name);
  for (const line of warnings) note(line);
  const session = writeSession(context, layers, process.pid);
  if (session !== undefined) env.set(SESSION, session);
  checkSize(env);
  return env;
}

function onlyBasics(env: ReadonlyMap<string, string>): Map<string, string> {
  return new Map([...env].filter(([name]) => name === 'PATH' || name === 'HOME' || name === 'TERM'));
}

function checkAllowed(examination: Examination, home: string): void {
  const text = refusalText(examination, home);
  if (text !== undefined) throw errorOf(text, exitCodeOf(examination.verdict));
}

function errorOf(text: string, exitCode: number): EnvhookError {
  const [message = '', hint = ''] = text.split(/; (.*)/s);
  return new EnvhookError(message, hint, exitCode);
}

// commander hands over what stands before and after `--` in one list.
function splitWords(raw: readonly string[], operands: readonly string[]): ExecWords {
  const dashes = raw.indexOf('--');
  const after = dashes < 0 ? [] : raw.slice(dashes + 1);
  const before = operands.slice(0, operands.length - after.length);
  const [program, ...args] = after;
  if (program === undefined || before.length > 1) {
    throw new EnvhookError(
      'exec needs -- and a command after it',
      'envhook exec [dir] -- command',
      EXIT.usage,
    );
  }
  return { directory: before[0], command: program, args };
}
