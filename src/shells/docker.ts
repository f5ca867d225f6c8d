import { EnvhookError, EXIT } from '../errors.js';
import type { Shell } from './index.js';

/**
 * `docker run --env-file`: everything after the first `=` of a line is the value, quotes and blanks included, so a line
 * end cannot be written.
 */
export const docker: Shell = {
  name: 'docker',
  whole: true,
  quote: (text) => text,
  set: (name, value) => {
    if (/[\n\r]/.test(value)) throw refuseValue(name, 'a line break', "docker's --env-file");
    return `${name}=${value}`;
  },
  unset: () => '',
};

/** The error for a value that a format cannot hold. */
export function refuseValue(name: string, what: string, format: string): EnvhookError {
  return new EnvhookError(
    `${name} holds ${what}, which ${format} has no way to write`,
    'change the value, or start the program with envhook exec',
    EXIT.syntax,
  );
}
