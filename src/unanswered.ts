import type { EnvFile } from './compile.js';
import { decode } from './decode.js';
import type { Unset } from './evaluate.js';
import { spansOf } from './parse.js';
import { locator, type Position, type Problem } from './problem.js';

/**
 * Warnings about references in a directory's files that nothing answers: `$U`, which stays text, and `${U}`, which is
 * empty. Each has its place, as far as that can be found.
 *
 * @param files the bytes that were evaluated.
 */
export function unansweredProblems(files: readonly EnvFile[], unset: readonly Unset[]): Problem[] {
  const problems = unset.map((it): Problem => {
    const bytes = files.find(({ name }) => name === it.file)?.bytes ?? Buffer.alloc(0);
    const place = placeOf(bytes, it) ?? { line: it.line, column: 1 };
    return { severity: 'warning', file: it.file, ...place, message: messageOf(it), code: 'unset' };
  });
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}

// What stays in the value is not named: it may be part of a password.
function messageOf({ name, reference, kept }: Unset): string {
  return kept
    ? `${name}: what this $ refers to is not set, so it stays text; \\$ or single quotes say that it is meant so`
    : `${name}: ${reference} is not set, so \${${reference}} is empty`;
}

// Of the reference itself. A value that takes over another one's reference has none.
function placeOf(bytes: Uint8Array, { name, line, reference, kept }: Unset): Position | undefined {
  const decoded = decode(bytes);
  if ('problem' in decoded) return undefined;
  const text = decoded.text.replace(/\r\n?/g, '\n');
  const locate = locator(text);
  const span = spansOf(text).find((it) => it.name === name && locate(it.start).line === line);
  if (span === undefined) return undefined;
  const written = new RegExp(kept ? `(?<!\\\\)\\$${reference}(?!\\w)` : `(?<!\\\\)\\$\\{${reference}\\}`);
  const at = text.slice(span.valueStart, span.valueEnd).search(written);
  return at === -1 ? undefined : locate(span.valueStart + at);
}
