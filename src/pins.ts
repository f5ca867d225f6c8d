import { createHmac } from 'node:crypto';
import { compile } from './compile.js';
import { evaluate, type Lookup, type Values } from './evaluate.js';
import type { Examination } from './examine.js';
import type { Entry, ProgramEntry, Step } from './resolve.js';
import type { Places } from './settings.js';
import { digestKey } from './trust.js';

/*
 * Consent to a name covers the value that it gets. Where the files alone do not settle that value, since it refers to
 * what a shell or an outer directory sets, the approval pins it: a keyed digest of what it was when it was consented to.
 */

/**
 * The digests of the values that an approval of these files pins, by name and profile: of the names that need consent
 * and depend on the environment. Of an addition to a list only what is added counts.
 *
 * @param lookup the environment as it is before the directory is loaded.
 */
export function pinsOf(places: Places, examination: Examination, lookup: Lookup): Record<string, string> {
  const { files, realDirectory, profile, compilation } = examination;
  if (compilation.askedFor.length === 0) return {};
  // One reading of the files for all who ask: the paths that lead to a directory differ, and exec has names of its own.
  const { entries } = compile(files, realDirectory, { forExec: true });
  const names = unsettledNames({ compilation: { entries, askedFor: compilation.askedFor } });
  if (names.size === 0) return {};
  const values = evaluate(entries, lookup);
  if ('failure' in values) return {};
  const key = digestKey(places);
  return Object.fromEntries(
    [...names].map((name) => {
      const content = ['pin', name, ...partsOf(values, name)].join('\0');
      const digest = createHmac('sha256', key).update(content).digest().subarray(0, 16);
      return [pinName(name, profile), digest.toString('base64url')];
    }),
  );
}

/** The names whose value is not the one that was consented to. */
export function unpinnedNames(places: Places, examination: Examination, lookup: Lookup): Set<string> {
  const names = unsettledNames(examination);
  if (names.size === 0) return names;
  const { approval, profile } = examination;
  const now = pinsOf(places, examination, lookup);
  const isPinned = (name: string) => {
    const pin = pinName(name, profile);
    return now[pin] !== undefined && now[pin] === approval?.pins?.[pin];
  };
  return new Set([...names].filter((name) => !isPinned(name)));
}

/**
 * The entries of a directory with what a shell has to compare: after each value that is pinned the text that it must
 * have come to, or, where that text is not known here, that it is left out.
 *
 * @param lookup as for `pinsOf`; undefined where nothing is known of the environment.
 */
export function pinnedEntries(places: Places, examination: Examination, lookup: Lookup | undefined): Entry[] {
  const { entries } = examination.compilation;
  const names = unsettledNames(examination);
  if (names.size === 0) return entries;
  const values = lookup && evaluate(entries, lookup);
  const unknown = lookup === undefined ? names : unpinnedNames(places, examination, lookup);
  return entries.map((entry) => {
    if (entry.mode === 'text' || entry.mode === 'hidden' || !names.has(entry.name)) return entry;
    if (values === undefined || 'failure' in values || unknown.has(entry.name)) return withStep(entry, NEVER);
    const [text, suffix] = partsOf(values, entry.name);
    return suffix === undefined
      ? withStep(entry, equals(text))
      : aroundSelf(entry, equals(text), equals(suffix));
  });
}

/** Whether there is a value among them of which the text that was consented to is not known. */
export function isUnsure(entries: readonly Entry[]): boolean {
  return entries.some((entry) => entry.mode !== 'text' && entry.steps.at(-1)?.kind === '!');
}

const NEVER: Step = { kind: '!', operand: '', skip: 0 };

function equals(operand = ''): Step {
  return { kind: '=', operand, skip: 0 };
}

function withStep(entry: ProgramEntry, step: Step): ProgramEntry {
  return { ...entry, steps: [...entry.steps, step] };
}

// The list itself is the shell's: what stands before it and after it is compared.
function aroundSelf(entry: ProgramEntry, before: Step, after: Step): ProgramEntry {
  const self = entry.steps.findIndex(({ kind }) => kind === 's');
  return { ...entry, steps: [...entry.steps.slice(0, self), before, ...entry.steps.slice(self), after] };
}

function partsOf({ values, added }: Values, name: string): string[] {
  const addition = added.get(name);
  return addition === undefined ? [values.get(name) ?? ''] : [addition.prefix, addition.suffix];
}

// Each profile has files, and so values, of its own.
function pinName(name: string, profile: string | undefined): string {
  return profile === undefined ? name : `${name}@${profile}`;
}

// The names that need consent and whose value the files alone do not settle.
function unsettledNames({
  compilation,
}: {
  compilation: Pick<Examination['compilation'], 'entries' | 'askedFor'>;
}): Set<string> {
  const asked = new Set(compilation.askedFor.map(({ name }) => name));
  const unsettled: boolean[] = [];
  const names = new Set<string>();
  for (const entry of compilation.entries) {
    const steps = entry.mode === 'text' ? [] : entry.steps;
    const refers = steps.some(
      ({ kind, operand }) =>
        kind !== 't' && kind !== 's' && !(operand.startsWith('@') && !unsettled[Number(operand.slice(1))]),
    );
    // Who refers to a list gets all of it.
    unsettled.push(refers || steps.some(({ kind }) => kind === 's'));
    if (refers && entry.mode !== 'hidden' && asked.has(entry.name)) names.add(entry.name);
  }
  return names;
}
