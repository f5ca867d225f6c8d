import type { NamedReason } from './compile.js';
import { evaluate, type Lookup } from './evaluate.js';
import type { Examination } from './examine.js';
import { unpinnedNames } from './pins.js';
import type { Places } from './settings.js';
import { escapeText } from './show.js';
import { changesBetween, digestEntries, digestKey } from './trust.js';

/** How one variable differs from what was allowed last. */
export interface Difference {
  sign: '+' | '~' | '-';
  name: string;
  /** What it would be set to now; undefined for one that is gone, or whose value cannot be worked out. */
  value?: string;
  /** Why it is asked for by name, if it is. */
  reason?: string;
}

/**
 * The variables of a directory against its last approval, by name; all of them are new without one.
 *
 * @param lookup the environment that references in the files are answered from.
 */
export function differencesOf(places: Places, examination: Examination, lookup: Lookup): Difference[] {
  const { approval, compilation } = examination;
  const before = approval?.state === 'allowed' ? approval.variables : {};
  const { added, changed, gone } = changesBetween(
    before,
    digestEntries(digestKey(places), compilation.entries),
  );
  // The files may be as they were and what they refer to another.
  for (const name of unpinnedNames(places, examination, lookup)) {
    if (approval?.consents.includes(name) && !changed.includes(name) && !added.includes(name))
      changed.push(name);
  }
  const evaluation = evaluate(compilation.entries, lookup);
  const values = 'failure' in evaluation ? new Map<string, string>() : evaluation.values;
  const describe = (sign: '+' | '~') => (name: string) => ({
    sign,
    name,
    ...present('value', values.get(name)),
    ...present('reason', reasonFor(name, compilation.askedFor)),
  });
  const all: Difference[] = [
    ...added.map(describe('+')),
    ...changed.map(describe('~')),
    ...gone.map((name) => ({ sign: '-' as const, name })),
  ];
  return all.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * A difference as a line: the value masked, unless it is to be revealed; never more than a terminal line of it.
 */
export function differenceLine(difference: Difference, reveal: boolean): string {
  const { sign, name, value, reason } = difference;
  const shown = value === undefined ? '' : `  ${reveal ? escapeText(cut(value)) : maskValue(value)}`;
  return `${sign} ${name}${shown}${controlRemark(value)}${reason === undefined ? '' : `  (${reason})`}`;
}

/** What may be shown of a value: its length, and from 12 characters on the last two. */
export function maskValue(value: string): string {
  const characters = [...value];
  if (characters.length === 0) return 'empty';
  const length = `${characters.length} character${characters.length === 1 ? '' : 's'}`;
  return characters.length < 12 ? length : `${length}, ...${escapeText(characters.slice(-2).join(''))}`;
}

const REVEALED = 200;

function cut(value: string): string {
  const characters = [...value];
  return characters.length > REVEALED ? `${characters.slice(0, REVEALED).join('')}...` : value;
}

function controlRemark(value: string | undefined): string {
  return value !== undefined && escapeText(value.replaceAll('\n', '')) !== value.replaceAll('\n', '')
    ? '  (contains control characters)'
    : '';
}

function reasonFor(name: string, reasons: readonly NamedReason[]): string | undefined {
  return reasons.find((it) => it.name === name)?.reason;
}

function present<K extends string>(key: K, value: string | undefined): Partial<Record<K, string>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, string>);
}
