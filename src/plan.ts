import type { Entry, Step } from './resolve.js';
import { escapeText } from './show.js';

/**
 * A plan: what one env directory means, as data that a shell can read with builtins. It says: "as long as the
 * approval record's first line is `head` and the inputs have these bytes, the verdict is `kind`".
 *
 * On disk: NUL-terminated fields, UTF-8, in the order of `encodePlan`. The hooks in shell/ read the same order;
 * a change of it is a new PLAN_VERSION.
 */
export interface Plan {
  /** `load`: set the entries. `block`: set nothing and say `message` (empty: silently). */
  kind: 'load' | 'block';
  /** Absolute path of the directory as the shell sees it. */
  directory: string;
  /** The same directory without symbolic links; the shell checks that both are one. */
  realDirectory: string;
  /** Path of the approval record, and its first line; empty: there is no record. */
  record: string;
  head: string;
  flags: PlanFlag[];
  /** Seconds since 1970 at which it ends to fit. */
  expires?: number;
  /** For a person: the files in force, and the directory; escaped, `~` for the home directory. */
  label: string;
  shownDirectory: string;
  message: string;
  inputs: PlanInput[];
  entries: Entry[];
}

/**
 * `root` ends the climb here; `silent`: no line on load; `always`: an edit is Node's to judge, not refused at once;
 * `session=SHELL`: only that shell and its children load it, others say `message`; `roots`: the directory or one of its
 * files is root's, out of everybody else's reach, otherwise all of it is the user's; `foreign`: it is neither's, which
 * ends the climb; `unsure`: of a value that is compared Node did not know what it has to be: the entry has a step `!`.
 */
export type PlanFlag = 'root' | 'silent' | 'always' | `session=${string}` | 'roots' | 'foreign' | 'unsure';

/** A file of the directory, by name; `undefined` bytes: it was not there. */
export interface PlanInput {
  name: string;
  bytes: Uint8Array | undefined;
}

const PLAN_NAME = '.envhook-plan';
const MAGIC = 'envhook-plan';
const PLAN_VERSION = '2';
const END = 'envhook-end';

/**
 * The bytes of a plan file.
 *
 * @param plan no field may hold a NUL: paths cannot, and a file with one is refused before it gets here.
 */
export function encodePlan(plan: Plan): Buffer {
  const rest = [
    String(plan.entries.length),
    sortedOrder(plan.entries),
    ...plan.entries.flatMap(entryFields),
    END,
  ];
  return Buffer.concat([encodeHead(plan), encode(rest)]);
}

/** The bytes of a plan file as far as its entries: what it holds for. */
export function encodeHead(plan: Plan): Buffer {
  return encode([
    MAGIC,
    PLAN_VERSION,
    plan.kind,
    plan.directory,
    plan.realDirectory,
    plan.record,
    plan.head,
    plan.flags.length > 0 ? ` ${plan.flags.join(' ')} ` : '',
    plan.expires === undefined ? '' : String(plan.expires),
    // Hooks print these as they are.
    escapeText(plan.label),
    escapeText(plan.shownDirectory),
    escapeText(plan.message),
    String(plan.inputs.length),
    ...plan.inputs.flatMap(inputFields),
  ]);
}

function encode(fields: (string | Uint8Array)[]): Buffer {
  return Buffer.concat(fields.flatMap((field) => [Buffer.from(field), Buffer.of(0)]));
}

// name, `=` or `-` (absent), bytes
function inputFields(input: PlanInput): (string | Uint8Array)[] {
  return [input.name, input.bytes === undefined ? '-' : '=', input.bytes ?? ''];
}

// The indexes of what is set, by name: the order of the line that the shell prints.
function sortedOrder(entries: Entry[]): string {
  return entries
    .map((entry, index) => ({ entry, index }))
    .filter(({ entry }) => entry.mode !== 'hidden')
    .sort((a, b) => (a.entry.name < b.entry.name ? -1 : 1))
    .map(({ index }) => index)
    .join(' ');
}

// `text`, name, value; or mode, name, count of steps and three fields a step: kind, operand, skip
function entryFields(entry: Entry, _index: number, entries: Entry[]): string[] {
  if (entry.mode === 'text') return ['text', entry.name, entry.text];
  const steps = entry.steps.flatMap((step, index) => {
    const asking = entry.steps[index - 1];
    const text = asking?.kind.endsWith('?') ? complaint(asking, step.operand, entries) : step.operand;
    return [step.kind, text, String(step.skip)];
  });
  return [entry.mode, entry.name, String(entry.steps.length), ...steps];
}

// What the hook says after "NAME needs ": the shell knows neither whose value @i is nor how to escape.
function complaint(asking: Step, words: string, entries: Entry[]): string {
  const { kind, operand } = asking;
  const needed = operand.startsWith('@') ? entries[Number(operand.slice(1))]?.name : operand;
  return `${needed}, which is not set${kind === ':?' ? ' or empty' : ''}: ${escapeText(words)}`;
}

/**
 * Where a directory's plan is: in the directory's path, mirrored, so that a shell can name it without a process.
 *
 * @param run the run directory.
 */
export function planPath(run: string, directory: string): string {
  return `${run}/plans${directory.replace(/\/$/, '')}/${PLAN_NAME}`;
}

/**
 * Whether a directory can have a plan: in one that is called as plans are, its own would be in another one's way; also in
 * capitals, where the disk ignores case.
 */
export function canHavePlan(directory: string): boolean {
  return !`${directory}/`.toLowerCase().includes(`/${PLAN_NAME}/`);
}
