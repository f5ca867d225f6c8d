import { EnvhookError, EXIT } from './errors.js';
import { escapeLines, escapeText } from './show.js';

/** One line for a person. */
export function printNote(text: string): void {
  process.stderr.write(`envhook: ${escapeText(text)}\n`);
}

/** Says what was thrown, and sets the exit code: what is no EnvhookError is a bug and shows its stack. */
export function printFailure(error: unknown): void {
  if (error instanceof EnvhookError) {
    printNote(`${error.message}; ${error.hint}`);
    process.exitCode = error.exitCode;
  } else {
    const stack = escapeLines((error instanceof Error && error.stack) || String(error));
    process.stderr.write(`envhook: this is a bug in envhook:\n${stack}\n`);
    process.exitCode = EXIT.internal;
  }
}
