import type { Shell } from './index.js';

/**
 * PowerShell (about_Quoting_Rules): in single quotes only the quote is special, and it takes the four typographic
 * single quotes for one, too. Text with control characters goes into double quotes with their codes, since PowerShell
 * splits what a program prints into lines. Setting a variable to nothing removes it, before 7.5.
 *
 * Use: `envhook export powershell | Out-String | Invoke-Expression`.
 */
export const powershell: Shell = {
  name: 'powershell',
  quote: (text) => (CONTROL.test(text) ? quoteWithCodes(text) : `'${text.replace(/['‘-‛]/g, '$&$&')}'`),
  set: (name, value) => `$env:${name} = ${powershell.quote(value)}`,
  unset: (name) => `Remove-Item -LiteralPath Env:${name} -ErrorAction SilentlyContinue`,
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
const CONTROL = /[\u0000-\u001f\u007f\u0085\u2028\u2029]/;

// A backtick escapes; typographic double quotes end the text, too.
function quoteWithCodes(text: string): string {
  const escaped = text.replace(/[`"$“-„]/g, '`$&');
  const coded = [...escaped].map((character) =>
    CONTROL.test(character) ? `$([char]${character.charCodeAt(0)})` : character,
  );
  return `"${coded.join('')}"`;
}
