/** What is wrong with a file, and where. Never holds a value: a message may reach a terminal or a log. */
export interface Problem {
  readonly severity: 'error' | 'warning';
  /** Path of the file; absent until someone who knows it adds it. */
  readonly file?: string;
  /** Counted from 1; CR, LF and CRLF each end a line. */
  readonly line: number;
  /** Counted from 1, in characters (code points) of the line. */
  readonly column: number;
  readonly message: string;
  /** A short stable name of the rule, e.g. `unterminated-quote`. */
  readonly code: string;
}

/** A place in a text; both numbers count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/**
 * Prepares the question "which line and column is this?" for one text.
 *
 * @param text the whole text, with any mix of CR, LF and CRLF
 * @returns a function from an offset in `text` (UTF-16 units, as JavaScript counts) to its position;
 *   it costs a binary search plus the length of the line before the offset
 */
export function locator(text: string): (offset: number) => Position {
  const starts = lineStarts(text);
  return (offset) => {
    const index = lastAtOrBefore(starts, offset);
    const before = text.slice(starts[index], offset);
    return { line: index + 1, column: [...before].length + 1 };
  };
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (character === '\n' || (character === '\r' && text[index + 1] !== '\n')) starts.push(index + 1);
  }
  return starts;
}

// Index of the last number that is not above `limit`; the numbers ascend and start with 0.
function lastAtOrBefore(numbers: readonly number[], limit: number): number {
  let low = 0;
  let high = numbers.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((numbers[middle] ?? 0) <= limit) low = middle;
    else high = middle - 1;
  }
  return low;
}
