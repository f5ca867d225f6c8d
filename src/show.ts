/**
 * Text for a terminal: what a terminal would obey or hide is written as an escape.
 *
 * C0 and C1 controls, DEL, line and paragraph separators, bidirectional controls (see https://trojansource.codes), all
 * that takes no place, and lone surrogates. Escaped again, it stays as it is.
 */
export function escapeText(text: string): string {
  if (/^[ -~]*$/.test(text)) return text;
  return text.replace(unsafe(), (found) => {
    const code = found.codePointAt(0) ?? 0;
    return SHORT.get(code) ?? (code < 0x100 ? `\\x${hex(code, 2)}` : `\\u{${hex(code, 1)}}`);
  });
}

/** The same for text that is meant to have several lines. */
export function escapeLines(text: string): string {
  return text.split('\n').map(escapeText).join('\n');
}

/**
 * JSON that a terminal can show, too, and that says the same: JSON.stringify escapes C0 controls only.
 *
 * @param indent as for JSON.stringify
 */
export function jsonText(value: unknown, indent = 2): string {
  return JSON.stringify(value, null, indent).replace(unsafe(), (found) =>
    found === '\n' ? found : jsonEscape(found),
  );
}

/**
 * A path for a person: escaped, `~` for the home directory.
 *
 * @param home absolute path without a slash at its end.
 */
export function showPath(path: string, home: string): string {
  const inside = home !== '' && (path === home || path.startsWith(`${home}/`));
  return escapeText(inside ? `~${path.slice(home.length)}` : path);
}

/**
 * A path for a command that a person may paste into bash, zsh or fish: one word, `~` for the home directory where that
 * expands.
 *
 * @param path absolute, so that no program takes it for an option.
 */
export function typedPath(path: string, home = ''): string {
  if (home === '' || !`${path}/`.startsWith(`${home}/`)) return typedWord(path);
  return path === home ? '~' : `~/${typedWord(path.slice(home.length + 1))}`;
}

/**
 * A word for such a command: as it is where that means the same in every shell. What a terminal would obey or hide
 * is written as `$'\\033'`, which bash and zsh read and fish refuses.
 */
export function typedWord(word: string): string {
  if (escapeText(word) !== word)
    return `$'${word.replace(new RegExp(`${unsafe().source}|[\\\\'!]`, 'gu'), octal)}'`;
  // Not at the start: zsh takes `=name` for a program's path.
  if (/^(?!=)[\p{L}\p{M}\p{N}_@+:,./%=-]+$/u.test(word)) return word;
  return word.replace(/[^'\\]+|['\\]/g, (part) => (/['\\]/.test(part) ? `\\${part}` : `'${part}'`)) || "''";
}

/**
 * A directory's env files for a person: `~/api/.env`, or `~/api/{.env,.env.local}`.
 */
export function showFiles(directory: string, names: string[], home: string): string {
  const base = showPath(directory, home).replace(/\/$/, '');
  return names.length === 1 ? `${base}/${names[0]}` : `${base}/{${names.join(',')}}`;
}

/** The first ten of many names, and how many more there are, as the hooks say it. */
export function showNames(names: readonly string[]): string {
  const rest = names.length - SHOWN_NAMES;
  return rest > 0 ? `${names.slice(0, SHOWN_NAMES).join(' ')} and ${rest} more` : names.join(' ');
}

const SHOWN_NAMES = 10;

// Made when it is needed: looking up these classes takes longer than all else that is done when the program is loaded.
// A variation selector after a pictograph is part of an ordinary emoji.
function unsafe(): RegExp {
  return /(?!(?<=\p{Extended_Pictographic})[\ufe0e\ufe0f])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/gu;
}

const SHORT = new Map([
  [0x09, '\\t'],
  [0x0a, '\\n'],
  [0x0d, '\\r'],
  [0x1b, '\\e'],
]);

function octal(text: string): string {
  return [...Buffer.from(text)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
}

function jsonEscape(text: string): string {
  return text
    .split('')
    .map((unit) => `\\u${hex(unit.charCodeAt(0), 4)}`)
    .join('');
}

function hex(code: number, width: number): string {
  return code.toString(16).padStart(width, '0');
}
