import { dirname, join } from 'node:path';
import { EnvhookError, EXIT } from './errors.js';
import { presentDirectory } from './find.js';
import { type Places, placesOf, userEnvironment, type Verbosity, verbosityOf } from './settings.js';

/** What enters from outside, once, as values: commands read neither the process nor the clock. */
export interface Context {
  env: NodeJS.ProcessEnv;
  /** The words after `envhook`. */
  args: readonly string[];
  places: Places;
  /** The path of the launcher, for programs that want to start it. */
  self?: string;
  /** The present directory as the shell sees it. Reading it throws EnvhookError 64 in one that is gone. */
  readonly directory: string;
  /** Seconds since 1970. */
  now: number;
  /** Whether a person sees what is printed. */
  terminal: boolean;
  verbosity: Verbosity;
  /** Asks a yes-or-no question; undefined where there is no terminal to ask on. */
  ask: ((question: string) => Promise<boolean>) | undefined;
  /** Reads a secret: a line from a terminal, which does not show it, or else all of standard input. */
  input?: (question: string) => Promise<Buffer>;
  /** Says how far a command is that may take a while; undefined where nobody looks. See progress.ts. */
  progress?: (text: string) => void;
}

/** What a command came to. One place prints it: print.ts. */
export interface Outcome {
  /** Lines for standard output: what was asked for. Printed as a terminal may show it, unless it is data. */
  output?: string;
  /** The output is for a program, to the byte: values, code. */
  isData?: boolean;
  /** More of it, as it comes. */
  stream?: AsyncIterable<string>;
  /** Lines for standard error, each said as `envhook: ...`. With --quiet only those that go with an exit code. */
  notes?: string[];
  /** Lines for standard error as they are, for a program that reads them there. */
  marks?: string;
  exitCode?: number;
  /** The signal that ended a command which was run: envhook ends by it, too. */
  signal?: NodeJS.Signals;
}

/**
 * The context of the running process.
 *
 * @throws EnvhookError 7, 3: see placesOf
 */
export function contextOf(env: NodeJS.ProcessEnv, ask: Context['ask'], terminal: boolean): Context {
  return {
    env: userEnvironment(env),
    args: process.argv.slice(2),
    self: join(dirname(process.argv[1] ?? ''), '../bin/envhook'),
    places: placesOf(env),
    get directory() {
      return here(env['PWD']);
    },
    now: Math.floor(Date.now() / 1000),
    terminal,
    verbosity: verbosityOf(env),
    ask,
  };
}

function here(pwd: string | undefined): string {
  try {
    return presentDirectory(pwd);
  } catch {
    throw new EnvhookError('the present directory is gone', 'cd to one that is there', EXIT.usage);
  }
}
