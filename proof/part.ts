import type { Costs } from './costs.js';

/** How much is tried, and with which numbers. */
export interface Options {
  seed: number;
  short: boolean;
  /** Which part of the full numbers: 1 for all. */
  share: number;
  /** The one older shell to try, as NAME-VERSION; all that are here if undefined. */
  only: string | undefined;
}

/** How many trials to make of something: `full` of them, or `short` in a short run. */
export function countOf({ short, share }: Options, full: number, few: number): number {
  return short ? few : Math.ceil(full * share);
}

/** What came of one thing that was tried: a row of the table. */
export interface Row {
  part: string;
  what: string;
  /** Which shell it was tried in; `-` for none. */
  shell: string;
  tried: number;
  failed: number;
  seconds: number;
  /** Why it could not be tried. */
  skipped?: string;
  /** The first few failures, or what else is to be looked at, each a line. */
  failures: string[];
  /** Figures that belong to it. */
  remark?: string;
  /** What a version of a shell costs. */
  costs?: Costs;
}

/** A part of the proof. Rows are given to `report` as they are finished. */
export interface Part {
  name: string;
  run(options: Options, report: (row: Row) => void): Promise<void>;
}

const SHOWN = 20;

/** Counts what is tried, and how long it takes. */
export class Tally {
  readonly #row: Row;
  readonly #start = Date.now();

  constructor(part: string, what: string, shell = '-') {
    this.#row = { part, what, shell, tried: 0, failed: 0, seconds: 0, failures: [] };
  }

  /** Counts one trial. `failure` says what was wrong, undefined or empty for nothing. */
  add(failure: string | undefined): void {
    this.#row.tried++;
    if (failure) this.#fail(failure);
  }

  /** Counts one trial that must hold. */
  ok(holds: boolean, failure: () => string): void {
    this.add(holds ? undefined : failure());
  }

  /** Counts one trial in which two things must be the same as JSON. */
  same(got: unknown, wanted: unknown, title: string): void {
    const [a, b] = [JSON.stringify(got), JSON.stringify(wanted)];
    this.ok(a === b, () => `${title}: ${a}, not ${b}`);
  }

  /** Counts one trial that fails by throwing. */
  async holds(title: string, body: () => unknown): Promise<void> {
    try {
      await body();
      this.add(undefined);
    } catch (error) {
      this.add(`${title}: ${error instanceof Error ? error.message : error}`);
    }
  }

  /** Shows something that is no failure. */
  note(text: string): void {
    if (this.#row.failures.length < SHOWN) this.#row.failures.push(text);
  }

  #fail(failure: string): void {
    this.#row.failed++;
    if (this.#row.failures.length < SHOWN) this.#row.failures.push(failure.slice(0, 1500));
  }

  row(remark?: string): Row {
    const seconds = Math.round((Date.now() - this.#start) / 100) / 10;
    return { ...this.#row, seconds, ...(remark === undefined ? {} : { remark }) };
  }
}

/** A row for what cannot be tried here. */
export function skippedRow(part: string, what: string, shell: string, reason: string): Row {
  return { part, what, shell, tried: 0, failed: 0, seconds: 0, skipped: reason, failures: [] };
}

/** Throws unless two things are the same as JSON. */
export function mustBe(got: unknown, wanted: unknown, title: string): void {
  const [a, b] = [JSON.stringify(got), JSON.stringify(wanted)];
  if (a !== b) throw new Error(`${title}: ${a}, not ${b}`);
}

/** Throws unless a text matches. */
export function mustMatch(text: string, pattern: RegExp, title: string): void {
  if (!pattern.test(text)) throw new Error(`${title}: ${JSON.stringify(text)} does not match ${pattern}`);
}

/** Works through items, some at a time, in order. */
export async function inParallel<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const left = [...items];
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
