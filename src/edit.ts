import { interpolate } from './interpolate.js';
import { parse, type Quote, type Span, spansOf } from './parse.js';

/**
 * The text with a variable set to exactly this value, and everything else as it was: comments, order, line ends, the
 * other assignments, and the way the value was quoted where that can hold the new one. What a file assigns twice is
 * changed where it counts, the last time; what it does not assign is added at its end.
 *
 * Every way of writing the value is proved by reading the new text again before it is taken; the first that a reader
 * which expands nothing reads alike goes before the others. Pure.
 *
 * @param text as `decode` returns it
 * @param name what the dialect takes for a name; not checked here
 * @returns undefined if the dialect has no way to write the value
 */
export function setInText(text: string, name: string, value: string): string | undefined {
  const span = lastSpan(text, name);
  let other: string | undefined;
  for (const token of tokensFor(value, span?.quote)) {
    const changed = withToken(text, name, token, span);
    if (!holds(text, changed, name, value, span)) continue;
    if (isReadAlike(changed, name, value)) return changed;
    other ??= changed;
  }
  return other;
}

/** Whether a reader that expands nothing, such as dotenv, reads the value, too, without a backslash before a `$`. */
export function isReadAlike(text: string, name: string, value: string): boolean {
  return parse(text).assignments.findLast(isNamed(name))?.value === value;
}

/**
 * The text without any assignment of a variable, or undefined if it has none.
 *
 * @param text as `decode` returns it
 */
export function unsetInText(text: string, name: string): string | undefined {
  const source = normalize(text);
  const spans = spansOf(source).filter((span) => span.name === name);
  if (spans.length === 0) return undefined;
  const offsetOf = originalOffsets(text);
  const kept: string[] = [];
  let done = 0;
  for (const { start, end } of spans) {
    const lineStart = source.lastIndexOf('\n', start - 1) + 1;
    const from = source.slice(lineStart, start).trim() === '' ? lineStart : start;
    kept.push(text.slice(done, offsetOf(from)));
    done = offsetOf(Math.min(end + 1, source.length));
  }
  return kept.join('') + text.slice(done);
}

/**
 * Ways to write a value so that dotenv reads it back, the best first. Not all of them hold for every value: whoever
 * takes one reads it back first.
 *
 * @param preferred how it was written before
 * @param expands whether the reader replaces `$NAME`, and takes `\$` for a dollar sign
 */
export function tokensFor(value: string, preferred?: Quote, expands = true): string[] {
  const escaped = expands ? value.replace(REFERENCE, (dollar) => `\\${dollar}`) : value;
  const bare = { quote: 'none', mark: '', inner: value };
  const likeness = ({ quote }: { quote: string }) => Number(quote === preferred);
  const ways = [
    { quote: 'single', mark: "'", inner: value },
    { quote: 'double', mark: '"', inner: escaped.replaceAll('\r', '\\r') },
    { quote: 'backtick', mark: '`', inner: escaped },
  ].sort((a, b) => likeness(b) - likeness(a));
  const order = SAFE.test(value) ? [bare, ...ways].sort((a, b) => likeness(b) - likeness(a)) : ways;
  const clean = order.filter(({ mark, inner }) => mark === '' || isClean(inner, mark));
  // The same to every reader first; then what only we take back, `\$`; then what dotenv reads but others may not:
  // 'it's', and C:\ without quotes.
  const all = [
    ...clean.filter(({ inner }) => inner === value),
    ...clean,
    ...(ODD.test(value) ? [bare] : []),
    ...ways,
  ];
  return [...new Set(all.map(({ mark, inner }) => mark + inner + mark))];
}

/** How a file ends its lines: the way its first line ends. */
export function lineEndOf(text: string): string {
  return /\r\n|\n|\r/.exec(text)?.[0] ?? '\n';
}

// Means the same to every reader of env files there is.
const SAFE = /^[\w./:@%+,=~^-]*$/;
const ODD = /^[^\s'"`#$](?:[^'"`#$\n\r]*[^\s'"`#$])?$/;
const REFERENCE = /\$(?=[A-Za-z_{])|(?<=\\)\$/g;

function isClean(inner: string, mark: string): boolean {
  return !inner.includes(mark) && !inner.endsWith('\\');
}

function lastSpan(text: string, name: string): Span | undefined {
  return spansOf(normalize(text)).findLast((span) => span.name === name);
}

function withToken(text: string, name: string, token: string, span: Span | undefined): string {
  const eol = lineEndOf(text);
  const written = token.replaceAll('\n', eol);
  if (span !== undefined) {
    const offsetOf = originalOffsets(text);
    return text.slice(0, offsetOf(span.valueStart)) + written + text.slice(offsetOf(span.valueEnd));
  }
  const head = text === '' || /[\n\r]$/.test(text) ? text : text + eol;
  return `${head}${exportsLast(text) ? 'export ' : ''}${name}=${written}${eol}`;
}

// A file for `source` has export before every name.
function exportsLast(text: string): boolean {
  const source = normalize(text);
  const last = spansOf(source).at(-1);
  return last !== undefined && /^export\s/.test(source.slice(last.start));
}

// Whether the new text sets the name to the value, and all else as before.
function holds(before: string, after: string, name: string, value: string, span: Span | undefined): boolean {
  const [old, now] = [parse(before), parse(after)];
  const index = span === undefined ? old.assignments.length : old.assignments.findLastIndex(isNamed(name));
  const edited = now.assignments[index];
  if (edited?.name !== name || literal(edited.value, edited.quote) !== value) return false;
  if (countErrors(now) > countErrors(old)) return false;
  const others = now.assignments.toSpliced(index, 1);
  const kept = span === undefined ? old.assignments : old.assignments.toSpliced(index, 1);
  return (
    others.length === kept.length &&
    others.every((it, at) => {
      const was = kept[at];
      return was?.name === it.name && was.value === it.value && was.quote === it.quote;
    })
  );
}

function isNamed(name: string): (it: { name: string }) => boolean {
  return (it) => it.name === name;
}

function countErrors({ problems }: ReturnType<typeof parse>): number {
  return problems.filter(({ severity }) => severity === 'error').length;
}

// The value if nothing in it is a reference.
function literal(value: string, quote: Quote): string | undefined {
  const pieces = interpolate(value, quote) ?? [];
  const texts = pieces.flatMap((piece) => (piece.kind === 'text' ? [piece.text] : []));
  return texts.length === pieces.length ? texts.join('') : undefined;
}

function normalize(text: string): string {
  return text.replace(/\r\n?/g, '\n');
}

// The offsets in a text that belong to those in its normalized form.
function originalOffsets(text: string): (normalized: number) => number {
  if (!text.includes('\r\n')) return (normalized) => normalized;
  const offsets: number[] = [];
  for (let offset = 0; offset < text.length; offset += text.startsWith('\r\n', offset) ? 2 : 1)
    offsets.push(offset);
  return (normalized) => offsets[normalized] ?? text.length;
}
