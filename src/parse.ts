import { parse as dotenvParse } from 'dotenv';
import { interpolate } from './interpolate.js';
import { locator, type Position, type Problem } from './problem.js';

export type Quote = 'none' | 'single' | 'double' | 'backtick';

export interface Assignment extends Position {
  readonly name: string;
  /** As dotenv gives it: quotes gone, `\n` and `\r` of double quotes decoded, `$` and `\$` still as written. */
  readonly value: string;
  readonly quote: Quote;
}

/** A comment for envhook: `# envhook: word args`. */
export interface Directive extends Position {
  readonly word: string;
  readonly args: string;
}

export interface ParsedFile {
  readonly assignments: Assignment[];
  readonly directives: Directive[];
  readonly problems: Problem[];
}

/** Where an assignment stands in a text whose line ends are LF. Offsets count as JavaScript does (UTF-16 units). */
export interface Span {
  readonly name: string;
  readonly quote: Quote;
  /** From `export` or the name to the end of the last line, without its line end. */
  readonly start: number;
  readonly end: number;
  /** The value with its quotes, without blanks and comment around it; an empty range after the `=` for none. */
  readonly valueStart: number;
  readonly valueEnd: number;
}

interface Scan extends ParsedFile {
  readonly text: string;
  readonly spans: Span[];
  readonly locate: (offset: number) => Position;
  /** Where each name was last assigned. */
  readonly lines: Map<string, number>;
}

// Where a value stands, once it is known how it is quoted.
interface Value {
  readonly quote: Quote;
  /** Offset after `=`. */
  readonly start: number;
  /** Offset after the value itself; blanks may stand before it. */
  readonly tokenEnd: number;
  /** Offset after the text that dotenv has to see. */
  readonly end: number;
}

// The grammar of dotenv 18, cut in two so that each half is linear. \s crosses line ends, as it does there.
const HEAD = /((?:export\s+)?)([\w.-]+)(?:\s*=|:\s)/y;
// A quote ends at the first one without a backslash before it, if only blanks or a comment follow in its line;
// else at the last one before that which ends so.
const QUOTED = /\s*('(?:\\'|[^'])*'|"(?:\\"|[^"])*"|`(?:\\`|[^`])*`)[^\S\n]*(?=[#\n]|$)/y;
const SPACE = /\s*/y;
const DIRECTIVE = /^#[^\S\n]*envhook:\s*(\S*)\s*(.*)$/;
const CLOSED = /^(['"`]).*(?<!\\)\1/s;
// `$(`, or nothing but a command in backticks: in other text they are Markdown, or part of a message.
const COMMAND = /(?<!\\)\$\(|^`[^`]+`$/;
const QUOTES: Readonly<Record<string, Quote>> = { "'": 'single', '"': 'double', '`': 'backtick' };
const KNOWN_DIRECTIVES = ['root', 'strict', 'no-contract', 'silent'] as const;
const ERRORS_WHEN_STRICT = new Set(['not-an-assignment', 'text-after-quote', 'duplicate-name']);
const MAX_NAME = 255;
/** How many names a directory may set. */
export const MAX_NAMES = 1000;
// What a person writes repeats no name that often; more would only cost time.
const MAX_ASSIGNMENTS = 4 * MAX_NAMES;

/**
 * Reads the text of one env file the way dotenv does, and keeps what dotenv drops: how each value was quoted,
 * where it stood, what was assigned before, and what was skipped. The values themselves come from dotenv.
 *
 * Rules: dotenv 18 `parse(text, { fast: true })`; which oddities are errors and which warnings, BAD_INPUT B to D.
 *
 * @param text as `decode` returns it (no NUL, U+2028, U+2029 or leading byte order mark)
 * @param options `strict`: junk lines, repeated names and text after a quote are errors. So does the directive
 *   `# envhook: strict` anywhere in the text
 * @returns assignments in order, repeated names included; any problem of severity `error` means that the file
 *   must not be used. Never throws. Does not judge what a name may do: `PATH` and `a.b` are names like others.
 */
export function parse(text: string, options: { readonly strict?: boolean } = {}): ParsedFile {
  const { assignments, directives, problems } = scanText(text.replace(/\r\n?/g, '\n'));
  const strict = options.strict === true || directives.some(({ word }) => word === 'strict');
  return { assignments, directives, problems: strict ? problems.map(harden) : problems };
}

/**
 * Where the assignments stand, for whoever edits a file.
 *
 * @param text as `parse` takes it, but with LF for every line end
 * @returns as many as `parse` returns, in the same order
 */
export function spansOf(text: string): Span[] {
  return scanText(text).spans;
}

function scanText(text: string): Scan {
  const lists = { assignments: [], directives: [], problems: [], spans: [] };
  const scan: Scan = { ...lists, text, locate: locator(text), lines: new Map() };
  let at = skipSpace(text, 0);
  while (at < text.length) {
    at = isTooLong(scan, at) ? text.length : skipSpace(text, readStatement(scan, at));
  }
  return scan;
}

function isTooLong(scan: Scan, at: number): boolean {
  if (scan.lines.size <= MAX_NAMES && scan.assignments.length < MAX_ASSIGNMENTS) return false;
  const what = scan.lines.size > MAX_NAMES ? `${MAX_NAMES} names` : `${MAX_ASSIGNMENTS} assignments`;
  fail(scan, 'too-big', at, `more than ${what}`);
  return true;
}

// Reads what starts at `at`, which is no space, and returns the end of its last line.
function readStatement(scan: Scan, at: number): number {
  if (scan.text[at] === '#') return readComment(scan, at);
  const head = matchAt(HEAD, scan.text, at);
  return head === null ? skipJunk(scan, at) : readAssignment(scan, head);
}

function readComment(scan: Scan, at: number): number {
  const end = lineEnd(scan.text, at);
  const [, word, args = ''] = DIRECTIVE.exec(scan.text.slice(at, end)) ?? [];
  if (word === undefined) return end;
  if (isKnownDirective(word)) scan.directives.push({ word, args: args.trimEnd(), ...scan.locate(at) });
  else warn(scan, 'unknown-directive', at, `unknown directive; ${suggestion(word)}`);
  return end;
}

function skipJunk(scan: Scan, at: number): number {
  const end = lineEnd(scan.text, at);
  const equals = scan.text.slice(at, end).indexOf('=');
  const isHidden = equals !== -1 && reportHidden(scan, at, at + equals);
  if (!isHidden) {
    warn(scan, 'not-an-assignment', at, 'not an assignment, skipped');
  }
  return end;
}

function readAssignment(scan: Scan, head: RegExpExecArray): number {
  const [whole, exported = '', name = ''] = head;
  const nameStart = head.index + exported.length;
  const value = findValue(scan, name, head.index + whole.length);
  const assignment = {
    name,
    value: cook(scan.text.slice(nameStart + name.length, value.end)),
    quote: value.quote,
    ...scan.locate(nameStart),
  };
  reportHidden(scan, head.index, value.start);
  checkName(scan, assignment, nameStart);
  checkValue(scan, assignment, nameStart);
  scan.assignments.push(assignment);
  const end = lineEnd(scan.text, value.end);
  scan.spans.push({ name, quote: value.quote, start: head.index, end, ...valueRange(scan.text, value) });
  return end;
}

function valueRange(text: string, { start, tokenEnd }: Value): Pick<Span, 'valueStart' | 'valueEnd'> {
  const token = text.slice(start, tokenEnd);
  if (token.trim() === '') return { valueStart: start, valueEnd: start };
  const valueStart = start + token.length - token.trimStart().length;
  return { valueStart, valueEnd: start + token.trimEnd().length };
}

function findValue(scan: Scan, name: string, start: number): Value {
  const quoted = matchAt(QUOTED, scan.text, start);
  if (quoted === null) return findBareValue(scan, name, start);
  const end = start + quoted[0].length;
  return { quote: quoteOf(quoted[1]?.[0]), start, tokenEnd: end, end };
}

// A value that ends with its line. dotenv takes the outer quotes off `'it's'` here, too.
function findBareValue(scan: Scan, name: string, start: number): Value {
  const end = lineEnd(scan.text, start);
  const line = scan.text.slice(start, end);
  const hash = line.indexOf('#');
  if (hash !== -1 && isCut(line, hash, scan.text.charAt(start - 1))) {
    warn(scan, 'cut-by-hash', start + hash, `${name}: # ends the value here, quote it to keep it`);
  }
  const bare = (hash === -1 ? line : line.slice(0, hash)).trim();
  const tokenEnd = hash === -1 ? end : start + hash;
  const quote = quoteOf(bare[0]);
  if (quote === 'none' || (bare.length > 1 && bare.endsWith(bare.charAt(0)))) {
    return { quote, start, tokenEnd, end };
  }
  const opening = start + line.length - line.trimStart().length;
  if (CLOSED.test(bare)) {
    warn(scan, 'text-after-quote', opening, `${name}: text after the closing quote, so the quotes stay`);
  } else fail(scan, 'unterminated-quote', opening, `${name}: quote not closed`);
  return { quote: 'none', start, tokenEnd, end };
}

// Whether `#` takes something of the value away. `KEY= # why` and `KEY=# fill this in` are empty and mean it; one word,
// as in `COLOR=#ff0000`, is a value.
function isCut(line: string, hash: number, before: string): boolean {
  if (hash === 0) return before === '=' && /^#\S+\s*$/.test(line);
  return /\S/.test(line.charAt(hash - 1));
}

// dotenv on one value. The name is replaced: an object of dotenv's cannot hold `__proto__`.
function cook(afterName: string): string {
  const { V = '' } = dotenvParse(`V${afterName}`, { fast: true });
  return V;
}

function checkName(scan: Scan, { name, line }: Assignment, offset: number): void {
  if (name.length > MAX_NAME) {
    fail(scan, 'name-too-long', offset, `name longer than ${MAX_NAME} characters`);
    return;
  }
  const before = scan.lines.get(name);
  scan.lines.set(name, line);
  if (before === undefined) return;
  const message = `${name} is set in line ${before} and again in line ${line}; the last one counts`;
  warn(scan, 'duplicate-name', offset, message);
}

function checkValue(scan: Scan, { name, value, quote }: Assignment, offset: number): void {
  if (hasControl(value)) {
    warn(scan, 'control-characters', offset, `${name}: contains control characters`);
  }
  if (quote === 'single') return;
  if (COMMAND.test(value)) {
    warn(scan, 'command', offset, `${name}: a command in a value is never run, it stays text`);
  } else if (quote === 'backtick' && /^[^'"\n]+$/.test(value)) {
    warn(scan, 'command', offset, `${name}: backticks are quotes here, a command in them is never run`);
  }
  let isOdd = false;
  interpolate(value, quote, () => {
    isOdd = true;
  });
  if (isOdd) {
    const message = `${name}: a \${ in it begins no reference that is known here, so it stays text`;
    warn(scan, 'unknown-reference', offset, message);
  }
}

// Looks for characters that nobody sees in what a reader takes for the name. A byte order mark *before* a name is
// left alone: files that were joined have them, and dotenv skips them as space.
function reportHidden(scan: Scan, from: number, to: number): boolean {
  const index = hiddenIn(scan.text.slice(from, to));
  if (index === -1) return false;
  fail(scan, 'hidden-character', from + index, 'invisible character in or beside a name');
  return true;
}

// Both tell plain text first: to make an expression with Unicode's classes takes longer than to read a file.
// Variation selectors are part of ordinary emoji.
function hiddenIn(text: string): number {
  if (/^[\0-\x7f]*$/.test(text)) return -1;
  return text.search(/(?!\p{Variation_Selector})[\p{Cf}\p{Default_Ignorable_Code_Point}]/u);
}

function hasControl(text: string): boolean {
  if (/^[\t\n\r -~]*$/.test(text)) return false;
  return /(?![\t\n\r])[\p{Cc}\p{Bidi_Control}]/u.test(text);
}

function fail({ problems, locate }: Scan, code: string, offset: number, message: string): void {
  problems.push({ severity: 'error', ...locate(offset), message, code });
}

function warn({ problems, locate }: Scan, code: string, offset: number, message: string): void {
  problems.push({ severity: 'warning', ...locate(offset), message, code });
}

function harden(problem: Problem): Problem {
  return ERRORS_WHEN_STRICT.has(problem.code) ? { ...problem, severity: 'error' } : problem;
}

function isKnownDirective(word: string): boolean {
  return KNOWN_DIRECTIVES.some((known) => known === word);
}

// The word itself is not repeated: it is any text of the file.
function suggestion(word: string): string {
  const close = KNOWN_DIRECTIVES.map((known) => ({ known, distance: editDistance(word.slice(0, 20), known) }))
    .filter(({ distance }) => distance <= 3)
    .sort((a, b) => a.distance - b.distance)[0];
  return close === undefined ? `known are ${KNOWN_DIRECTIVES.join(', ')}` : `did you mean ${close.known}?`;
}

// Levenshtein: the least number of characters to insert, drop or replace.
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 0; i < a.length; i += 1) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j += 1) {
      const replaced = (row[j] ?? 0) + (a[i] === b[j] ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

function quoteOf(character: string | undefined): Quote {
  return (character !== undefined && QUOTES[character]) || 'none';
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end === -1 ? text.length : end;
}

function skipSpace(text: string, at: number): number {
  return at + (matchAt(SPACE, text, at)?.[0].length ?? 0);
}

function matchAt(sticky: RegExp, text: string, at: number): RegExpExecArray | null {
  sticky.lastIndex = at;
  return sticky.exec(text);
}
