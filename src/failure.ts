import { EnvhookError, EXIT } from './errors.js';
import { escapeText } from './show.js';

/** Says what was thrown, and sets the exit code: what is no EnvhookError is a bug and shows its stack. */
export function printFailure(error: unknown): void {
  if (error instanceof EnvhookError) {
    process.stderr.write(`envhook: ${error.message}; ${error.hint}\n`);
    process.exitCode = error.exitCode;
  } else {
    const stack = error instanceof Error ? error.stack : escapeText(String(error));
    process.stderr.write(`envhook: this is a bug in envhook:\n${stack}\n`);
    process.exitCode = EXIT.internal;
  }
}
