import type { Interface } from 'node:readline';
import { Writable } from 'node:stream';
import { type Context, contextOf, type Outcome } from './context.js';
import { EnvhookError, EXIT, systemCode } from './errors.js';
import { printFailure } from './failure.js';
import { tidy } from './leftovers.js';
import { Progress } from './progress.js';
import type { Verbosity } from './settings.js';
import { escapeLines, escapeText } from './show.js';
import { listen } from './trace.js';

/*
 * Reads and writes the process's own streams, as no other place but failure.ts does. What is needed on a terminal only
 * is loaded there.
 */

/**
 * The context of the running process.
 *
 * @param quiet whether the command line says so, which goes over ENVHOOK_LOG.
 * @throws EnvhookError as `contextOf`; 7 where others could write what we keep
 */
export function contextOfProcess(quiet = false): Context {
  const canAsk = process.stdin.isTTY === true && process.stderr.isTTY === true;
  const context = contextOf(process.env, canAsk ? ask : undefined, process.stdout.isTTY === true);
  for (const { text, hint } of tidy(context.places)) {
    // What was there does not count, so there is nothing to go on from.
    if (hint !== undefined) throw new EnvhookError(text, hint, EXIT.storage);
    say(text);
  }
  if (quiet) context.verbosity = 'quiet';
  if (context.verbosity === 'debug') listen((line) => say(`debug: ${line}`));
  if (context.verbosity !== 'quiet' && process.stderr.isTTY && context.env['TERM'] !== 'dumb') {
    context.progress = (text) => progress.tell(escapeText(text));
  }
  return Object.assign(context, { input: canAsk ? askSecretly : readInput });
}

/**
 * Makes what cannot be written an error like any other, with the exit code 7, for as long as the process lives. A reader
 * who has seen enough, such as `head`, makes none.
 */
export function watchOutput(): void {
  process.stderr.on('error', () => {});
  process.stdout.on('error', (error) => {
    const code = systemCode(error);
    if (code === 'EPIPE') return;
    printFailure(new EnvhookError(`the output cannot be written: ${code}`, 'make room for it', EXIT.storage));
  });
}

/** Prints what a command came to, sets the exit code, and ends by a signal if the outcome says so. */
export function printOutcome(
  { output, isData = false, notes = [], marks = '', exitCode = EXIT.fine, signal }: Outcome,
  verbosity: Verbosity,
): void {
  progress.clear();
  if (marks !== '') process.stderr.write(marks);
  if (output !== undefined) process.stdout.write(isData ? output : escapeLines(output));
  // What goes with an exit code says why.
  if (verbosity !== 'quiet' || exitCode !== EXIT.fine) for (const note of notes) say(escapeText(note));
  process.exitCode = exitCode;
  if (signal !== undefined) process.kill(process.pid, signal);
}

/** Prints what comes, as long as it comes and somebody reads it. */
export async function printStream(stream: AsyncIterable<string>): Promise<void> {
  progress.clear();
  let isRead = true;
  const reader = process.stdout.on('error', () => {
    isRead = false;
  });
  for await (const text of stream) {
    if (!isRead) return;
    if (!reader.write(escapeLines(text)))
      await new Promise((resolve) => reader.once('drain', resolve).once('error', resolve));
  }
}

/** Says what was thrown, and sets the exit code. */
export function printError(error: unknown): void {
  progress.clear();
  printFailure(error);
}

/** One line for a person. */
export function say(text: string): void {
  progress.clear();
  process.stderr.write(`envhook: ${escapeLines(text)}\n`);
}

const progress = new Progress({
  write: (text) => process.stderr.write(text),
  columns: () => process.stderr.columns || 80,
  // Not `performance`, which Node loads when it is first used, for a twentieth of a start.
  now: () => Number(process.hrtime.bigint()) / 1e6,
});

async function ask(question: string): Promise<boolean> {
  const terminal = await openTerminal(process.stderr);
  return new Promise((resolve) => {
    terminal.on('close', () => resolve(false));
    terminal.question(`envhook: ${escapeLines(question)} [y/N] `, (answer) => {
      resolve(/^y(es)?$/i.test(answer.trim()));
      terminal.close();
    });
  });
}

// The terminal is asked not to echo, and what readline would show instead goes nowhere.
async function askSecretly(question: string): Promise<Buffer> {
  const terminal = await openTerminal(new Writable({ write: (_chunk, _encoding, done) => done() }));
  process.stderr.write(`envhook: ${escapeText(question)} `);
  return new Promise((resolve, reject) => {
    terminal.on('close', () => {
      process.stderr.write('\n');
      reject(new EnvhookError('nothing was entered', 'try again', EXIT.usage));
    });
    terminal.question('', (answer) => {
      resolve(Buffer.from(answer));
      terminal.close();
    });
  });
}

async function openTerminal(output: NodeJS.WritableStream): Promise<Interface> {
  progress.clear();
  const { createInterface } = await import('node:readline');
  return createInterface({ input: process.stdin, output, terminal: true, historySize: 0 });
}

async function readInput(): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of process.stdin) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > INPUT_LIMIT)
      throw new EnvhookError('the input is larger than 64 KiB', 'keep large data in files', EXIT.tooBig);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

const INPUT_LIMIT = 64 * 1024;
