import { interpolate, MAX_DEPTH, type Operator, type Piece } from './interpolate.js';
import { type Assignment, MAX_NAMES } from './parse.js';
import type { Problem } from './problem.js';

/** One file of a directory's set, as `parse` read it. */
export interface SourceFile {
  readonly file: string;
  readonly assignments: readonly Assignment[];
}

export interface ResolveOptions {
  /** The directory of the files: what `$PWD` in them is. */
  readonly directory: string;
  /** Names that may be looked up but are never assigned; they end up `hidden` or not at all. */
  readonly leaveOut?: (name: string) => boolean;
}

/**
 * One instruction of a value that only the shell can finish. Steps run in order, each may append to the value:
 *
 * | kind      | appends | then |
 * | --------- | --- | --- |
 * | `t`       | the operand, which is text | |
 * | `$`       | the variable; `$NAME` as text if it is unset | |
 * | `{`       | the variable; nothing if it is unset | |
 * | `s`       | the variable being assigned, as it was before the load; nothing if it was unset | |
 * | `-` `:-`  | the variable if it is set (and, with the colon, not empty) | then `skip` steps are jumped over |
 * | `+` `:+`  | nothing; if the variable is not set (or empty) | `skip` steps are jumped over |
 * | `?` `:?`  | as `-` `:-`, otherwise fails; the one `t` that follows is the message | |
 * | `=` `!`   | nothing | the variable is left out: unless what was appended since `s` is the operand; in any case |
 *
 * The operand of all but `t`, `s`, `=` and `!` is a NAME of the shell, an identifier, or `@i`: the value of entry `i`,
 * unset if that was left out. `=` and `!` are not the files' but put in by pins.ts.
 */
export interface Step {
  readonly kind: 't' | '$' | '{' | 's' | '=' | '!' | Operator;
  readonly operand: string;
  readonly skip: number;
}

interface EntryBase {
  readonly name: string;
  readonly file: string;
  readonly line: number;
}

/** What is to be assigned, wholly known: the text may be empty. */
export interface TextEntry extends EntryBase {
  readonly mode: 'text';
  readonly text: string;
}

/**
 * What is to be assigned, once the shell has been asked.
 * `addition`: the steps hold exactly one `s`, and what stands around it is list items set off by colons.
 * `hidden`: evaluated because a later entry refers to it, never assigned.
 */
export interface ProgramEntry extends EntryBase {
  readonly mode: 'dynamic' | 'addition' | 'hidden';
  readonly steps: readonly Step[];
}

export type Entry = TextEntry | ProgramEntry;

export interface Resolution {
  /** In the order of evaluation: `@i` only points backwards. Empty if there is an error. */
  readonly entries: Entry[];
  readonly problems: Problem[];
}

export const MAX_VALUE_BYTES = 32 * 1024;
const MAX_STEPS = 1000;
// Also keeps every name=value far below the 128 KiB that one string of an environment may have.
const MAX_TOTAL_BYTES = 1024 * 1024;
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;

type OperatorPiece = Extract<Piece, { kind: 'op' }>;
type ReferencePiece = Extract<Piece, { kind: 'bare' | 'brace' }>;

// An assignment on its way to becoming an entry.
interface Draft extends Assignment {
  readonly file: string;
  readonly index: number;
  readonly steps: MutableStep[];
  /** Steps before this index take no more text: they belong to an operator's word, or stand before one. */
  sealed: number;
  /** How many operators that only the shell can decide are open. */
  depth: number;
  /** Whether it contains the steps of an earlier addition to the same list. */
  extends: boolean;
  /** Whether it is an addition itself. */
  adds: boolean;
  /** Why it cannot work whatever the shell holds; an error unless a later assignment takes its place. */
  failure?: string;
  /** Drafts that this one would have to wait for if it did not read the shell instead. */
  readonly waitsFor: number[];
}

// A text and what is asked of it. Kept as it grows: asking the text itself would copy it, over and over, which is
// quadratic for a list that every line of a file adds to.
interface Text {
  readonly text: string;
  readonly bytes: number;
  readonly startsItem: boolean;
  readonly endsItem: boolean;
}

interface MutableStep {
  kind: Step['kind'];
  operand: string;
  skip: number;
  /** Instead of the operand, for `t`. */
  text?: Text;
}

interface Context {
  readonly directory: string;
  readonly drafts: Draft[];
  /** The draft that a name means at this point of the files. */
  readonly latest: Map<string, Draft>;
  /** The first draft of each name of the whole set, those still to come included. */
  readonly first: ReadonlyMap<string, Draft>;
  /** The last one, which is what the name ends up as. */
  readonly last: ReadonlyMap<string, Draft>;
  readonly problems: Problem[];
}

// What a look-up finds: text known now, the value of an earlier draft, the shell's business, or surely nothing.
type Found =
  | { readonly kind: 'text'; readonly text: Text }
  | { readonly kind: 'draft'; readonly draft: Draft }
  | { readonly kind: 'shell' }
  | { readonly kind: 'unset' };

/**
 * Compiles the assignments of one directory: looks up every reference that the files themselves can answer and
 * turns the rest into short programs for the shell. `evaluate` says what these mean.
 *
 * Rules: DESIGN "The dialect" and "Exit codes" (limits). A name means its last assignment so far in these files,
 * then `$PWD` the directory, then whatever the shell has (outer directories are in it by then). What was looked
 * up is never scanned again.
 *
 * @param files the set in its order, later files over earlier ones; free of parse errors
 * @returns entries, unique by name but for hidden ones. Errors: `required` (a `:?` that fails for certain),
 *   `cycle`, `too-deep`, `too-big`. Warnings: `later-assignment`, `later-override`, `unset`. Never throws, never shows a
 *   value
 */
export function resolve(files: readonly SourceFile[], options: ResolveOptions): Resolution {
  const planned = files.flatMap(({ file, assignments }) =>
    assignments.map((assignment) => ({ assignment, file })),
  );
  const drafts = planned.map(({ assignment, file }, index) => newDraft(assignment, file, index));
  const first = new Map(drafts.toReversed().map((draft) => [draft.name, draft]));
  const last = new Map(drafts.map((draft) => [draft.name, draft]));
  const context: Context = {
    directory: options.directory,
    drafts,
    latest: new Map(),
    first,
    last,
    problems: [],
  };
  for (const draft of drafts) {
    compile(context, draft);
    context.latest.set(draft.name, draft);
  }
  reportCycle(context);
  const entries = toEntries(context, options.leaveOut ?? (() => false));
  checkTotals(context, entries);
  const failed = context.problems.some(({ severity }) => severity === 'error');
  return { entries: failed ? [] : entries, problems: context.problems };
}

function newDraft({ name, value, quote, line, column }: Assignment, file: string, index: number): Draft {
  const progress = { steps: [], sealed: 0, depth: 0, extends: false, adds: false, waitsFor: [] };
  return { name, value, quote, line, column, file, index, ...progress };
}

function compile(context: Context, draft: Draft): void {
  const pieces = interpolate(draft.value, draft.quote);
  if (pieces === undefined) fail(context, draft, 'too-deep', `references nest more than ${MAX_DEPTH} deep`);
  const { steps } = draft;
  // Checked before and after: words of operators come on top, and nothing needs to be built that is refused.
  const isLong = pieces !== undefined && pieces.length > MAX_STEPS;
  for (const piece of isLong ? [] : (pieces ?? [])) emit(context, draft, piece);
  const isBig = steps.some(({ text }) => text !== undefined && text.bytes > MAX_VALUE_BYTES);
  if (isBig) fail(context, draft, 'too-big', `value longer than ${MAX_VALUE_BYTES / 1024} KiB`);
  const hasMany = isLong || steps.length > MAX_STEPS;
  if (hasMany) fail(context, draft, 'too-big', `more than ${MAX_STEPS} references`);
  markAddition(draft);
  for (const name of referencesIn(pieces ?? [])) reportOrder(context, draft, name);
}

// Names that a value refers to, words of operators included.
function referencesIn(pieces: readonly Piece[]): Set<string> {
  return new Set(
    pieces.flatMap((piece) =>
      piece.kind === 'text' ? [] : [piece.name, ...(piece.kind === 'op' ? referencesIn(piece.word) : [])],
    ),
  );
}

function emit(context: Context, draft: Draft, piece: Piece): void {
  if (piece.kind === 'text') appendText(draft, textOf(piece.text));
  else if (piece.kind === 'op') emitOperator(context, draft, piece);
  else emitReference(context, draft, piece);
}

function emitReference(context: Context, draft: Draft, { kind, name }: ReferencePiece): void {
  const found = lookUp(context, name);
  if (found.kind === 'text') appendText(draft, found.text);
  else if (found.kind === 'draft') appendDraft(draft, found.draft);
  else if (found.kind === 'shell') {
    draft.steps.push(newStep(kind === 'bare' ? '$' : '{', name));
    const later = context.first.get(name);
    if (later !== undefined && name !== draft.name) draft.waitsFor.push(later.index);
  } else {
    if (kind === 'bare') appendText(draft, textOf(`$${name}`));
    const what = kind === 'bare' ? 'stays as it is' : 'is empty';
    warn(context, draft, 'unset', `${name} is not set in these files, so it ${what}`);
  }
}

function emitOperator(context: Context, draft: Draft, piece: OperatorPiece): void {
  const { op, name, word } = piece;
  const found = lookUp(context, name);
  const wantsText = op.startsWith(':');
  const holds = found.kind === 'draft' || (found.kind === 'text' && !(wantsText && found.text.bytes === 0));
  if (found.kind === 'shell') emitUndecided(context, draft, piece, name);
  else if (found.kind === 'draft' && wantsText) emitUndecided(context, draft, piece, pointer(found.draft));
  else if (holds && !op.endsWith('+')) emitReference(context, draft, { kind: 'brace', name });
  else if (op.endsWith('?')) emitFailure(context, draft, piece, found);
  else if (holds === op.endsWith('+')) for (const inner of word) emit(context, draft, inner);
}

// The shell decides: the word follows the step, and `skip` says where it ends.
function emitUndecided(context: Context, draft: Draft, { op, word }: OperatorPiece, operand: string): void {
  const step = newStep(op, operand);
  draft.steps.push(step);
  const start = draft.steps.length;
  draft.sealed = start;
  draft.depth += 1;
  if (op.endsWith('?')) draft.steps.push(textStep(textOf(messageOf(word))));
  else for (const inner of word) emit(context, draft, inner);
  draft.depth -= 1;
  draft.sealed = draft.steps.length;
  step.skip = draft.steps.length - start;
}

// A `:?` that fails whatever the shell holds, unless it stands in a word that the shell may not want.
function emitFailure(context: Context, draft: Draft, piece: OperatorPiece, found: Found): void {
  const { name, word } = piece;
  const source = found.kind === 'text' ? context.latest.get(name) : undefined;
  if (draft.depth > 0 && source !== undefined) emitUndecided(context, draft, piece, pointer(source));
  else {
    const why = source === undefined ? 'is not set' : `is left empty in ${describe(draft, source)}`;
    draft.failure ??= `needs ${name}, which ${why}: ${messageOf(word)}`;
  }
}

function lookUp({ latest, directory }: Context, name: string): Found {
  const draft = latest.get(name);
  if (draft !== undefined && isKnown(draft)) return { kind: 'text', text: knownText(draft) };
  if (draft !== undefined) return { kind: 'draft', draft };
  if (name === 'PWD') return { kind: 'text', text: textOf(directory) };
  return { kind: isShellReference(name) ? 'shell' : 'unset' };
}

// $_ is whatever a shell or its hook has done last.
function isShellReference(name: string): boolean {
  return IDENTIFIER.test(name) && name !== '_';
}

function isKnown({ steps, failure }: Draft): boolean {
  if (failure !== undefined) return false;
  return steps.length === 0 || (steps.length === 1 && steps[0]?.kind === 't');
}

function knownText({ steps: [step] }: Draft): Text {
  return step?.text ?? textOf('');
}

function appendText(draft: Draft, text: Text): void {
  const last = draft.steps.at(-1);
  if (text.bytes === 0) return;
  if (last?.text === undefined || draft.steps.length <= draft.sealed) draft.steps.push(textStep(text));
  // What is too big already need not grow on: doubling values would reach gigabytes.
  else if (last.text.bytes <= MAX_VALUE_BYTES) last.text = join(last.text, text);
}

function textOf(text: string): Text {
  const bytes = Buffer.byteLength(text);
  return { text, bytes, startsItem: text.startsWith(':'), endsItem: text.endsWith(':') };
}

function join(a: Text, b: Text): Text {
  return { text: a.text + b.text, bytes: a.bytes + b.bytes, startsItem: a.startsItem, endsItem: b.endsItem };
}

function textStep(text: Text): MutableStep {
  return { kind: 't', operand: '', skip: 0, text };
}

function newStep(kind: Exclude<Step['kind'], 't' | '=' | '!'>, operand: string): MutableStep {
  return { kind, operand, skip: 0 };
}

// The value of an earlier draft. A list that was added to before is taken apart, so that it stays an addition.
function appendDraft(draft: Draft, source: Draft): void {
  draft.waitsFor.push(source.index);
  const isList = source.name === draft.name && source.adds && source.failure === undefined;
  if (!isList || draft.depth > 0 || draft.extends) {
    draft.steps.push(newStep('{', pointer(source)));
    return;
  }
  draft.extends = true;
  const [head, ...rest] = source.steps;
  if (head?.text !== undefined) appendText(draft, head.text);
  else if (head !== undefined) draft.steps.push({ ...head });
  draft.sealed = Math.max(draft.sealed, draft.steps.length - 1 + source.sealed);
  for (const step of rest) draft.steps.push({ ...step });
}

// A variable that contains itself once, as an item of a list: leaving the directory takes out what was added.
function markAddition(draft: Draft): void {
  const { name, steps } = draft;
  const selves = steps.filter(({ kind, operand }) => kind === 's' || operand === name);
  const self = selves[0];
  draft.adds = self !== undefined && selves.length === 1 && isListItem(topLevel(steps), self);
  for (const step of selves) {
    if (draft.adds) Object.assign(step, { kind: 's', operand: '' });
    // Taken over from an addition into what is none: just a reference.
    else if (step.kind === 's') Object.assign(step, { kind: '{', operand: name });
  }
}

// The steps that are not part of an operator's word.
function topLevel(steps: readonly MutableStep[]): MutableStep[] {
  const top: MutableStep[] = [];
  let next = 0;
  for (const [index, step] of steps.entries()) {
    if (index < next) continue;
    top.push(step);
    next = index + 1 + step.skip;
  }
  return top;
}

function isListItem(top: readonly MutableStep[], self: MutableStep): boolean {
  const at = top.indexOf(self);
  if (at === -1 || top.length === 1 || !['$', '{', 's'].includes(self.kind)) return false;
  const before = top[at - 1];
  const after = top[at + 1];
  return (
    (before === undefined || before.text?.endsItem === true) &&
    (after === undefined || after.text?.startsItem === true)
  );
}

// A name means what came before; whoever sets it later, in a file that goes over this one, may expect another thing.
function reportOrder(context: Context, draft: Draft, name: string): void {
  const before = context.latest.get(name);
  const last = context.last.get(name);
  if (last === undefined || last.index <= draft.index || name === draft.name || name === 'PWD') return;
  if (before !== undefined) {
    // Twice in one file is told anyway.
    if (last.file === draft.file) return;
    const place = describe(draft, before);
    const message = `reads ${name} as ${place} sets it; ${describe(draft, last)} sets it again and comes too late for this`;
    warn(context, draft, 'later-override', message);
  } else if (isShellReference(name)) {
    const later = context.first.get(name) ?? last;
    const message = `reads ${name}, which is set only later, in ${describe(draft, later)}; the shell's value is used`;
    warn(context, draft, 'later-assignment', message);
  }
}

// Look-ups only see what came before, so nothing can hang; but A=$B with B=$A cannot mean what it says.
function reportCycle(context: Context): void {
  const [start, other] = findCycle(context.drafts) ?? [];
  if (start === undefined || other === undefined) return;
  const message = `reads ${other.name}, which needs ${start.name} itself (${describe(start, other)}): a cycle`;
  fail(context, start, 'cycle', message);
}

// Depth first, with its own stack: a chain may be as long as the file. Returns two neighbours on a cycle.
function findCycle(drafts: readonly Draft[]): [Draft, Draft] | undefined {
  const done = new Set<Draft>();
  const entered = new Set<Draft>();
  const stack: { draft: Draft; next: number }[] = [];
  for (const root of drafts) {
    if (!done.has(root)) stack.push({ draft: root, next: 0 });
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      entered.add(top.draft);
      const target = drafts[top.draft.waitsFor[top.next] ?? -1];
      top.next += 1;
      if (target === undefined) {
        done.add(top.draft);
        stack.pop();
      } else if (!entered.has(target)) stack.push({ draft: target, next: 0 });
      else if (!done.has(target)) return [top.draft, target];
    }
  }
  return undefined;
}

// Keeps what is assigned and what that refers to, and renumbers the references.
function toEntries(context: Context, leaveOut: (name: string) => boolean): Entry[] {
  const { drafts, latest } = context;
  const assigned = (draft: Draft) => latest.get(draft.name) === draft && !leaveOut(draft.name);
  const wanted = new Set<number>();
  for (const draft of drafts.toReversed()) {
    if (!assigned(draft) && !wanted.has(draft.index)) continue;
    wanted.add(draft.index);
    for (const { operand } of draft.steps.filter(isPointer)) wanted.add(Number(operand.slice(1)));
  }
  const kept = drafts.filter(({ index }) => wanted.has(index));
  for (const draft of kept) if (draft.failure !== undefined) fail(context, draft, 'required', draft.failure);
  const places = new Map(kept.map((draft, index) => [pointer(draft), pointer({ index })]));
  return kept.map((draft) => toEntry(draft, assigned(draft), places));
}

function toEntry(draft: Draft, assigned: boolean, places: ReadonlyMap<string, string>): Entry {
  const { name, file, line } = draft;
  if (assigned && isKnown(draft)) return { name, mode: 'text', text: knownText(draft).text, file, line };
  const steps = draft.steps.map(({ kind, operand, skip, text }) => {
    return { kind, operand: text?.text ?? places.get(operand) ?? operand, skip };
  });
  const mode = !assigned ? 'hidden' : draft.adds ? 'addition' : 'dynamic';
  return { name, mode, steps, file, line };
}

function pointer({ index }: { readonly index: number }): string {
  return `@${index}`;
}

function isPointer({ operand }: MutableStep): boolean {
  return operand.startsWith('@');
}

function checkTotals(context: Context, entries: readonly Entry[]): void {
  const last = context.drafts.at(-1);
  if (last === undefined) return;
  const texts = entries.flatMap((entry) => [entry.name, ...textsOf(entry)]);
  // Lengths first: they cost nothing, and never exceed the bytes.
  const length = texts.reduce((sum, text) => sum + text.length, 0);
  const isBig = length > MAX_TOTAL_BYTES || Buffer.byteLength(texts.join('')) > MAX_TOTAL_BYTES;
  if (isBig) fail(context, last, 'too-big', 'all values together are longer than 1 MiB');
  const isLong = entries.length > MAX_NAMES;
  if (isLong) fail(context, last, 'too-big', `more than ${MAX_NAMES} names`);
}

function textsOf(entry: Entry): string[] {
  return entry.mode === 'text' ? [entry.text] : entry.steps.map(({ operand }) => operand);
}

function messageOf(word: readonly Piece[]): string {
  return word.map((piece) => (piece.kind === 'text' ? piece.text : '')).join('');
}

function describe(from: Draft, { file, line }: Draft): string {
  return file === from.file ? `line ${line}` : `${file}:${line}`;
}

function fail(
  { problems }: Context,
  { name, file, line, column }: Draft,
  code: string,
  message: string,
): void {
  problems.push({ severity: 'error', file, line, column, message: `${name}: ${message}`, code });
}

function warn(
  { problems }: Context,
  { name, file, line, column }: Draft,
  code: string,
  message: string,
): void {
  problems.push({ severity: 'warning', file, line, column, message: `${name}: ${message}`, code });
}
