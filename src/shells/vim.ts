import type { Shell } from './index.js';

/**
 * Vim and Neovim (`:help literal-string`, `:help string`): in single quotes only the quote is special, and is doubled. A
 * command is one line, so text with control characters goes into double quotes with their codes.
 */
export const vim: Shell = {
  name: 'vim',
  forEditors: true,
  quote: (text) => (CONTROL.test(text) ? quoteWithCodes(text) : `'${text.replaceAll("'", "''")}'`),
  set: (name, value) => `call setenv('${name}', ${vim.quote(value)})`,
  unset: (name) => `call setenv('${name}', v:null)`,
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
const CONTROL = /[\u0001-\u001f\u007f]/;

function quoteWithCodes(text: string): string {
  const escaped = text.replace(/["\\]/g, '\\$&');
  const coded = [...escaped].map((character) =>
    CONTROL.test(character) ? `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}` : character,
  );
  return `"${coded.join('')}"`;
}
