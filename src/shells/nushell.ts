import type { Shell } from './index.js';

/**
 * Nushell (book, "Working with strings"): double quotes with the escapes of C and \u{...}; a dollar sign means nothing
 * in them. A list such as PATH is a list there.
 *
 * Use: `nu --execute (envhook export nushell)`, or in a running shell `envhook export json | from json | load-env`.
 */
export const nushell: Shell = {
  name: 'nushell',
  quote: (text) => `"${text.replace(SPECIAL, (character) => ESCAPES.get(character) ?? code(character))}"`,
  set: (name, value) => {
    const text = nushell.quote(value);
    return `$env.${name} = ${name === 'PATH' ? `(${text} | split row (char esep))` : text}`;
  },
  unset: (name) => `hide-env --ignore-errors ${name}`,
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
const SPECIAL = /["\\\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;
const ESCAPES = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

function code(character: string): string {
  return `\\u{${character.charCodeAt(0).toString(16)}}`;
}
