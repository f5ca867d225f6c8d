import type { Quote } from './parse.js';

export type Operator = ':-' | '-' | ':+' | '+' | ':?' | '?';

/** One part of a value: text as it is, or a reference that somebody else has to look up. */
export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  /** `$NAME`; an identifier. */
  | { readonly kind: 'bare'; readonly name: string }
  /** `${NAME}`; may hold dots, as file names do. */
  | { readonly kind: 'brace'; readonly name: string }
  /** `${NAME:-word}` and the like. The word of `:?` and `?` is one text, as the file has it. */
  | { readonly kind: 'op'; readonly op: Operator; readonly name: string; readonly word: readonly Piece[] };

/** How deep `${A:-${B:-…}}` may nest: people write three levels, a generator that writes more has a bug. */
export const MAX_DEPTH = 100;

// An operator word that is still open.
interface Frame {
  readonly name: string;
  readonly op: Operator;
  /** `${NAME:-`, should the word turn out never to be closed. */
  readonly opening: string;
  readonly wordStart: number;
  readonly pieces: Piece[];
}

// `\$`, `$NAME`, `${NAME` with what follows it, any other `${`, and the end of a word.
const TOKEN = /\\\$|\$([A-Za-z_]\w*)|\$\{([A-Za-z_][\w.]*)(\}|:?[-+?])|\$\{|\}/g;

/**
 * Splits a value into text and references (DESIGN "The dialect"). Knows only the form: looks nothing up.
 *
 * `\$` is a dollar sign. What is no known form (`$1`, `$(cmd)`, `${}`, `${A:0:1}`, `${A` without an end) is text.
 *
 * @param value a value as dotenv gives it
 * @param quote how it was quoted; in single quotes all is text
 * @param onUnknown told of each `${` that begins no known form, and of a word that is never closed
 * @returns the pieces in order, no two texts side by side, none of them empty;
 *   `undefined` if references nest deeper than `MAX_DEPTH`. One pass, linear in the length.
 */
export function interpolate(value: string, quote: Quote, onUnknown = () => {}): Piece[] | undefined {
  const root: Piece[] = [];
  if (quote === 'single') return appendText(root, value);
  const open: Frame[] = [];
  let pieces = root;
  let from = 0;
  for (const match of value.matchAll(TOKEN)) {
    const [token, bare, name, operator] = match;
    // A brace that closes nothing stays in the text around it.
    if (token === '}' && open.length === 0) continue;
    appendText(pieces, value.slice(from, match.index));
    from = match.index + token.length;
    if (bare !== undefined) pieces.push({ kind: 'bare', name: bare });
    else if (name === undefined) {
      if (token === '}') pieces = closeWord(open, root, value.slice(0, match.index));
      else appendText(pieces, token === '${' ? token : '$');
      if (token === '${') onUnknown();
    } else if (operator === '}') pieces.push({ kind: 'brace', name });
    else {
      if (open.length === MAX_DEPTH) return undefined;
      pieces = [];
      open.push({ name, op: operator as Operator, opening: token, wordStart: from, pieces });
    }
  }
  appendText(pieces, value.slice(from));
  if (open.length > 0) onUnknown();
  return flattenUnclosed(root, open);
}

// Ends the innermost open word; `before` is the value up to its brace. Returns where the next piece goes.
function closeWord(open: Frame[], root: Piece[], before: string): Piece[] {
  const frame = open.pop();
  const parent = open.at(-1)?.pieces ?? root;
  if (frame === undefined) return parent;
  const { name, op, wordStart } = frame;
  // A message is shown, so nothing in it is expanded: it could show a secret.
  const word = op.endsWith('?') ? appendText([], before.slice(wordStart)) : frame.pieces;
  parent.push({ kind: 'op', op, name, word });
  return parent;
}

// A word without an end is text after all; the references inside it stay references.
function flattenUnclosed(root: Piece[], open: readonly Frame[]): Piece[] {
  for (const frame of open) {
    appendText(root, frame.opening);
    for (const piece of frame.pieces) {
      if (piece.kind === 'text') appendText(root, piece.text);
      else root.push(piece);
    }
  }
  return root;
}

function appendText(pieces: Piece[], text: string): Piece[] {
  const last = pieces.at(-1);
  if (text === '') return pieces;
  if (last?.kind === 'text') pieces[pieces.length - 1] = { kind: 'text', text: last.text + text };
  else pieces.push({ kind: 'text', text });
  return pieces;
}
