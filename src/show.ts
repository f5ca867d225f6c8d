/**
 * Text for a terminal: what a terminal would obey or hide is written as an escape.
 *
 * C0 and C1 controls, DEL, line and paragraph separators, bidirectional controls, zero-width characters
 * and lone surrogates; see BIDI in https://trojansource.codes.
 */
export function escapeText(text: string): string {
  return text.replace(UNSAFE, (found) => {
    const code = found.codePointAt(0) ?? 0;
    return SHORT.get(code) ?? (code < 0x100 ? `\\x${hex(code, 2)}` : `\\u{${hex(code, 1)}}`);
  });
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

const UNSAFE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\p{Cs}/gu;

const SHORT = new Map([
  [0x09, '\\t'],
  [0x0a, '\\n'],
  [0x0d, '\\r'],
  [0x1b, '\\e'],
]);

function hex(code: number, width: number): string {
  return code.toString(16).padStart(width, '0');
}
