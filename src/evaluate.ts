import { type Entry, MAX_VALUE_BYTES, type Step } from './resolve.js';

/** What stands around the old value of a list that the directory only adds to. */
export interface Addition {
  readonly prefix: string;
  readonly suffix: string;
}

/** A reference that found nothing, worth a warning. */
export interface Unset {
  /** The variable being assigned. */
  readonly name: string;
  /** The variable that nothing sets. */
  readonly reference: string;
  /** `$NAME` stays in the value; `${NAME}` leaves nothing. */
  readonly kept: boolean;
  readonly file: string;
  readonly line: number;
}

export interface Failure {
  /** `required`: a `:?` found nothing; `too-big`: the value outgrew the limit. */
  readonly code: 'required' | 'too-big';
  /** The variable being assigned. */
  readonly name: string;
  /** Names the variables, never a value; the author's own words of `:?` are at its end. */
  readonly message: string;
  readonly file: string;
  readonly line: number;
}

export interface Values {
  /** What to assign, in order. */
  readonly values: Map<string, string>;
  /** For the additions among them: prefix, then the old value, then suffix is the value. */
  readonly added: Map<string, Addition>;
  readonly unset: Unset[];
  /** Names that are not assigned, since their value is not the one that was consented to. */
  readonly withheld: string[];
}

export type Evaluation = Values | { readonly failure: Failure };

/** What a variable of the environment is, or undefined where it is not set. */
export type Lookup = (name: string) => string | undefined;

// What running one program needs and leaves behind.
interface Run {
  readonly entry: Entry;
  readonly entries: readonly Entry[];
  readonly read: Lookup;
  readonly unset: Unset[];
  value: string;
  isWithheld: boolean;
  /** Length of the value before the `s` step, and after it. */
  self?: { readonly start: number; readonly end: number };
}

/**
 * Works out the values of a directory's entries. This is what the steps mean: the three shell hooks do the same.
 *
 * @param entries as `resolve` returns them
 * @param lookup the environment as it was *before* anything of this directory was assigned, outer directories
 *   included; asked for identifiers only
 * @returns all values, or the first failure (all or nothing, DESIGN "Promises" 2). Throws only what `lookup` throws
 */
export function evaluate(entries: readonly Entry[], lookup: Lookup): Evaluation {
  const results: (string | undefined)[] = [];
  const read: Lookup = (operand) =>
    operand.startsWith('@') ? results[Number(operand.slice(1))] : lookup(operand);
  const done: Values = { values: new Map(), added: new Map(), unset: [], withheld: [] };
  for (const entry of entries) {
    const value = entry.mode === 'text' ? entry.text : '';
    const run: Run = { entry, entries, read, unset: done.unset, value, isWithheld: false };
    const failure = (entry.mode === 'text' ? undefined : runSteps(run, entry.steps)) ?? checkSize(run);
    if (failure !== undefined) return { failure };
    results.push(run.isWithheld ? undefined : run.value);
    if (run.isWithheld) done.withheld.push(entry.name);
    else if (entry.mode !== 'hidden') record(done, run);
  }
  return done;
}

function runSteps(run: Run, steps: readonly Step[]): Failure | undefined {
  let jump = 0;
  for (const [index, step] of steps.entries()) {
    if (index < jump) continue;
    if (run.value.length > MAX_VALUE_BYTES) break;
    if (step.kind === 't') run.value += step.operand;
    else if (step.kind === 's') appendSelf(run);
    else if (step.kind === '=' || step.kind === '!') {
      run.isWithheld = step.kind === '!' || run.value.slice(run.self?.end ?? 0) !== step.operand;
      if (run.isWithheld) return undefined;
    } else if (step.kind === '$' || step.kind === '{') appendReference(run, step);
    else {
      const found = run.read(step.operand);
      const holds = found !== undefined && !(step.kind.startsWith(':') && found === '');
      if (holds && !step.kind.endsWith('+')) run.value += found;
      if (holds !== step.kind.endsWith('+')) jump = index + 1 + step.skip;
      if (!holds && step.kind.endsWith('?'))
        return required(run, step, found, steps[index + 1]?.operand ?? '');
    }
  }
  return undefined;
}

function appendSelf(run: Run): void {
  const old = run.read(run.entry.name) ?? '';
  run.self = { start: run.value.length, end: run.value.length + old.length };
  run.value += old;
}

function appendReference(run: Run, { kind, operand }: Step): void {
  const found = run.read(operand);
  const kept = kind === '$';
  run.value += found ?? (kept ? `$${operand}` : '');
  const { name, file, line } = run.entry;
  // A variable of the same files that is left out is told of by itself.
  if (found === undefined && !operand.startsWith('@'))
    run.unset.push({ name, reference: operand, kept, file, line });
}

function required(run: Run, { operand }: Step, found: string | undefined, words: string): Failure {
  const needed = operand.startsWith('@') ? run.entries[Number(operand.slice(1))]?.name : operand;
  const why = found === undefined ? 'not set' : 'empty';
  return failureOf(run.entry, 'required', `${run.entry.name}: needs ${needed}, which is ${why}: ${words}`);
}

function checkSize({ entry, value }: Run): Failure | undefined {
  if (Buffer.byteLength(value) <= MAX_VALUE_BYTES) return undefined;
  return failureOf(entry, 'too-big', `${entry.name}: value longer than ${MAX_VALUE_BYTES / 1024} KiB`);
}

function failureOf({ name, file, line }: Entry, code: Failure['code'], message: string): Failure {
  return { code, name, message, file, line };
}

function record({ values, added }: Values, { entry, value, self }: Run): void {
  values.set(entry.name, value);
  if (self !== undefined)
    added.set(entry.name, { prefix: value.slice(0, self.start), suffix: value.slice(self.end) });
}
