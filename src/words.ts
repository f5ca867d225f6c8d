/**
 * Splits a text into words the way a shell does: at blanks, with '...', "..." and a backslash keeping what they hold
 * together. Nothing is expanded, and a quote that is not closed ends with the text.
 */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  for (const [word] of text.matchAll(WORD)) words.push(word.replace(PART, unquote));
  return words;
}

const WORD = /(?:\\.|'[^']*'?|"(?:\\.|[^"\\])*"?|[^\s'"\\]|\\$)+/gs;
const PART = /\\(.?)|'([^']*)'?|"((?:\\.|[^"\\])*)"?/gs;

function unquote(_part: string, escaped?: string, single?: string, double?: string): string {
  if (escaped === '') return '\\';
  return escaped ?? single ?? (double ?? '').replace(/\\(["\\$`])/g, '$1');
}
