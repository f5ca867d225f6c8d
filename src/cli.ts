import { Command, CommanderError } from 'commander';
import { usualWords } from './arguments.js';
import { commands } from './commands/index.js';
import type { Context, Outcome } from './context.js';
import { EXIT } from './errors.js';
import { contextOfProcess, printError, printOutcome, printStream, say, watchOutput } from './print.js';

declare const ENVHOOK_VERSION: string;

/** Hands a command its context, prints what comes of it, and sets the exit code. */
export type Run = (action: (context: Context) => Outcome | Promise<Outcome>) => Promise<void>;

/** A file in commands/: adds its command to the program. It decides nothing about printing or exit codes. */
export type CommandFile = (program: Command, run: Run) => void;

/** The whole command line, for running it and for what is made from it (help, completions). */
export function createProgram(run: Run): Command {
  const program = new Command('envhook')
    .description(
      'Loads trusted .env files when a bash, zsh or fish shell enters a directory, and takes them away when it leaves.',
    )
    .version(ENVHOOK_VERSION)
    .option('-q, --quiet', 'say only what is wrong')
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(try: envhook --help)')
    .configureOutput({ outputError: (text) => say(text.trim().replace(/^error: /, '')) })
    .exitOverride();
  for (const add of commands) add(program, run);
  return program;
}

async function main(): Promise<void> {
  watchOutput();
  const typed = process.argv.slice(2);
  const program = createProgram(async (action) => {
    const context = Object.assign(contextOfProcess(program.opts()['quiet']), { args });
    const outcome = await action(context);
    if (outcome.stream !== undefined) await printStream(outcome.stream);
    printOutcome(outcome, context.verbosity);
  });
  const args = usualWords(program, typed);
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) printError(error);
    else if (error.exitCode !== 0) process.exitCode = EXIT.usage;
  }
}

void main();
