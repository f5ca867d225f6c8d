import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { EnvhookError, systemCode } from './errors.js';
import { escapeText, typedWord } from './show.js';

/** How a program ended. */
export type Ending = { exitCode: number } | { signal: NodeJS.Signals };

/**
 * Runs a program in this one's place, as far as Node can: same terminal, same directory, signals passed on. It gets
 * exactly the environment given and is found along that environment's PATH.
 *
 * @throws EnvhookError 127 not found, 126 cannot be run (the codes that POSIX gives a shell).
 */
export function runProgram(
  command: string,
  args: readonly string[],
  env: ReadonlyMap<string, string>,
  stdin: 'inherit' | 'ignore' = 'inherit',
): Promise<Ending> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: [stdin, 'inherit', 'inherit'],
      env: Object.fromEntries(env),
    });
    const stop = passSignals((signal) => child.kill(signal));
    child.on('error', (error) => {
      stop();
      reject(notStarted(command, error));
    });
    child.on('exit', (exitCode, signal) => {
      stop();
      resolve(signal === null ? { exitCode: exitCode ?? 0 } : { signal });
    });
  });
}

/** The exit code of a program as a shell tells it: 128 and the signal's number for one that a signal ended. */
export function shellStatus(ending: Ending): number {
  return 'signal' in ending ? 128 + constants.signals[ending.signal] : ending.exitCode;
}

const PASSED: NodeJS.Signals[] = [
  'SIGTERM',
  'SIGHUP',
  'SIGUSR1',
  'SIGUSR2',
  'SIGCONT',
  'SIGWINCH',
  'SIGALRM',
];
// A terminal sends these to the whole foreground group, the program included.
const FROM_TERMINAL: NodeJS.Signals[] = ['SIGINT', 'SIGQUIT', 'SIGTSTP'];

function passSignals(pass: (signal: NodeJS.Signals) => void): () => void {
  const ignore = () => {};
  const onTerminal = process.stdin.isTTY || process.stderr.isTTY;
  for (const signal of PASSED) process.on(signal, pass);
  for (const signal of FROM_TERMINAL) process.on(signal, onTerminal ? ignore : pass);
  return () => {
    for (const signal of [...PASSED, ...FROM_TERMINAL])
      process.removeListener(signal, pass).removeListener(signal, ignore);
  };
}

// A name without a slash was found somewhere along PATH.
function hintFor(command: string): string {
  return command.includes('/') ? `chmod +x ${typedWord(command.replace(/^-/, './-'))}` : 'make it executable';
}

/** Why a program could not be started, for a person: with the codes that POSIX gives a shell. */
export function notStarted(command: string, error: Error): Error {
  const code = systemCode(error);
  const shown = escapeText(command);
  if (code === 'ENOENT')
    return new EnvhookError(`${shown}: command not found`, 'check its name and PATH', 127);
  if (code === 'EACCES')
    return new EnvhookError(`${shown} cannot be run: permission denied`, hintFor(command), 126);
  if (code === 'E2BIG')
    return new EnvhookError(
      `${shown} cannot be run: arguments and environment are too large`,
      'pass less',
      126,
    );
  return code === undefined
    ? error
    : new EnvhookError(`${shown} cannot be run: ${code}`, 'check the command', 126);
}
