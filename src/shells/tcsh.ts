import { refuseValue } from './docker.js';
import type { Shell } from './index.js';

/**
 * tcsh (tcsh(1), "Lexical structure"): outside quotes a backslash takes the meaning from whatever follows, a `!` included.
 *
 * It has to survive eval `envhook export tcsh` as well as `source`. The former splits the text at blanks, puts one blank
 * between the pieces, and tries them as file names: a tab or a line break is lost, so they are refused; an escaped blank is
 * one again after that; a brace would be expanded even with a backslash, so it comes out of a variable. A semicolon ends
 * each statement, since they become one line.
 */
export const tcsh: Shell = {
  name: 'tcsh',
  quote: (text) => (text === '' ? "''" : text.replace(SPECIAL, withoutMeaning)),
  set: (name, value) => {
    if (CONTROL.test(value)) throw refuseValue(name, 'a control character', 'eval in tcsh');
    return `setenv ${name} ${tcsh.quote(value)} ;`;
  },
  unset: (name) => `unsetenv ${name} ;`,
  // A brace that is a word of its own is left alone.
  join: (statements) =>
    ['set envhook_brace = { ;', ...statements, 'unset envhook_brace ;'].map((it) => `${it}\n`).join(''),
};

// Every ASCII character but letters, digits and what is plain wherever it stands in a word.
const SPECIAL = /[ -~](?<![\w./,+-])/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
const CONTROL = /[\u0000-\u001f\u007f]/;

function withoutMeaning(character: string): string {
  return character === '{' ? '$envhook_brace:q' : `\\${character}`;
}
