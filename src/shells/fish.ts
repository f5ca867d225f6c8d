import type { Shell } from './index.js';

/**
 * fish: in single quotes a backslash is special before a quote and a backslash, so both are escaped. (POSIX quoting
 * would let a value that ends in a backslash break out.)
 */
export const fish: Shell = {
  name: 'fish',
  quote,
  set: (name, value) => `set -gx ${name} ${quote(value)}`,
  unset: (name) => `set -eg ${name}`,
};

function quote(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`;
}
