import { createInterface } from 'node:readline';
import { Command, CommanderError } from 'commander';
import { commands } from './commands/index.js';
import { type Context, contextOf, type Outcome } from './context.js';
import { EnvhookError, EXIT } from './errors.js';
import { escapeText } from './show.js';

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
    .showHelpAfterError('(try: envhook --help)')
    .configureOutput({ outputError: (text) => say(escapeLines(text.trim().replace(/^error: /, ''))) })
    .exitOverride();
  for (const add of commands) add(program, run);
  return program;
}

async function main(): Promise<void> {
  try {
    await createProgram(run).parseAsync();
  } catch (error) {
    report(error);
  }
}

const run: Run = async (action) => {
  const {
    output,
    notes = [],
    exitCode = EXIT.fine,
    signal,
  } = await action(contextOf(process.env, askOnTerminal(), process.stdout.isTTY === true));
  if (output !== undefined) process.stdout.write(output);
  for (const note of notes) say(note);
  process.exitCode = exitCode;
  if (signal !== undefined) process.kill(process.pid, signal);
};

function report(error: unknown): void {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? EXIT.fine : EXIT.usage;
  } else if (error instanceof EnvhookError) {
    say(`${error.message}; ${error.hint}`);
    process.exitCode = error.exitCode;
  } else {
    process.exitCode = EXIT.internal;
    say(`this is a bug in envhook:\n${error instanceof Error ? error.stack : escapeText(String(error))}`);
  }
}

function say(text: string): void {
  process.stderr.write(`envhook: ${text}\n`);
}

// commander repeats what was typed.
function escapeLines(text: string): string {
  return text.split('\n').map(escapeText).join('\n');
}

function askOnTerminal(): Context['ask'] {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  return (question) =>
    new Promise((resolve) => {
      const terminal = createInterface({ input: process.stdin, output: process.stderr });
      terminal.on('close', () => resolve(false));
      terminal.question(`envhook: ${question} [y/N] `, (answer) => {
        resolve(/^y(es)?$/i.test(answer.trim()));
        terminal.close();
      });
    });
}

void main();
