import { isAscii } from 'node:buffer';
import { locator, type Problem } from './problem.js';

export type Decoded = { readonly text: string } | { readonly problem: Problem };

// dotenv reads U+2028 and U+2029 as line ends and terminals do not show them as such, so a comment could hide
// an assignment from the person who approves the file. NUL cannot be in an environment.
const REFUSED = [
  { character: '\0', code: 'nul', message: 'NUL byte' },
  { character: '\u2028', code: 'line-separator', message: 'U+2028, an invisible line end' },
  { character: '\u2029', code: 'paragraph-separator', message: 'U+2029, an invisible line end' },
] as const;

/**
 * Turns the bytes of an env file into text, or says why they are none (DESIGN "The dialect", BAD_INPUT B).
 *
 * @param bytes the whole file
 * @returns the text without a leading byte order mark, or the first problem: `utf-16`, `invalid-utf-8`,
 *   `nul`, `line-separator` or `paragraph-separator`. Line ends are left as they are. Never throws.
 */
export function decode(bytes: Uint8Array): Decoded {
  if (hasUtf16Mark(bytes)) return refuse('', 0, 'utf-16', 'the file is UTF-16, not UTF-8');
  const text = asciiText(bytes) ?? decodeStrictly(bytes, false);
  if (text === undefined) {
    const valid = longestValidStart(bytes);
    return refuse(valid, valid.length, 'invalid-utf-8', 'not UTF-8');
  }
  const first = REFUSED.map((refused) => ({ ...refused, offset: text.indexOf(refused.character) }))
    .filter(({ offset }) => offset !== -1)
    .sort((a, b) => a.offset - b.offset)[0];
  return first === undefined ? { text } : refuse(text, first.offset, first.code, first.message);
}

// What nearly every file is, without the time that a decoder takes to be made.
function asciiText(bytes: Uint8Array): string | undefined {
  return isAscii(bytes) ? Buffer.from(bytes).toString('latin1') : undefined;
}

function hasUtf16Mark([first, second]: Uint8Array): boolean {
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
}

function refuse(text: string, offset: number, code: string, message: string): Decoded {
  return { problem: { severity: 'error', ...locator(text)(offset), message, code } };
}

// `stream`: a character that the end of `bytes` cuts off is left out instead of being an error.
function decodeStrictly(bytes: Uint8Array, stream: boolean): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream });
  } catch {
    return undefined;
  }
}

// TextDecoder does not say where it gave up: search for the longest start that it accepts.
function longestValidStart(bytes: Uint8Array): string {
  let low = 0;
  let high = bytes.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (decodeStrictly(bytes.subarray(0, middle), true) === undefined) high = middle - 1;
    else low = middle;
  }
  return decodeStrictly(bytes.subarray(0, low), true) ?? '';
}
