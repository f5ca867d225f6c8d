import { ASKED_FOR, type Effect, type NameRow, NEVER, NOT_IN_A_SHELL } from './name-table.js';

/** What a shell can hold as a variable's name; everything else only `exec` can pass on. */
export function isShellName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
}

/**
 * Why a name is never set, or undefined if it may be. What a shell owns is lost to shells only: for a program it is a
 * name like any other.
 */
export function neverSetReason(name: string, where: 'shell' | 'program' = 'shell'): string | undefined {
  const { treatment, row } = entryOf(name);
  return treatment === 'never' || (treatment === 'not in a shell' && where === 'shell')
    ? row?.reason
    : undefined;
}

/**
 * What a name does and why it is set only after consent, or undefined if no consent is needed. An aid for the reader of a
 * file, not a wall: a program may trust any variable.
 */
export function askedFor(name: string): { effect: Effect; reason: string } | undefined {
  const { treatment, row } = entryOf(name);
  if (row === undefined || treatment === 'never' || treatment === 'not in a shell') return undefined;
  return treatment === 'free' ? undefined : { effect: treatment, reason: row.reason };
}

type Treatment = 'never' | 'not in a shell' | 'free' | Effect;

interface Entry {
  treatment: Treatment;
  row?: NameRow;
}

// Words of the table by how they are looked up. Maps, not regular expressions: to make these takes a run longer than all
// the names that it looks up.
interface Index {
  names: Map<string, Entry>;
  starts: Map<string, Entry>;
  ends: Map<string, Entry>;
}

const FREE: Entry = { treatment: 'free' };

// As names are spelled, and as they are for a reader that heeds neither case nor hyphens.
const spelled = emptyIndex();
const folded = emptyIndex();
add('never', NEVER);
add('not in a shell', NOT_IN_A_SHELL);
for (const [effect, rows] of Object.entries(ASKED_FOR)) add(effect as Effect, rows);

function emptyIndex(): Index {
  return { names: new Map(), starts: new Map(), ends: new Map() };
}

function add(treatment: Treatment, rows: readonly NameRow[]): void {
  for (const row of rows) {
    const index = row.folded ? folded : spelled;
    const entry = { treatment, row };
    for (const word of row.names.trim().split(/\s+/)) {
      if (word.startsWith('!')) addWord(index, word.slice(1), FREE);
      else addWord(index, word, entry);
    }
  }
}

function addWord({ names, starts, ends }: Index, word: string, entry: Entry): void {
  if (word.endsWith('*')) starts.set(word.slice(0, -1), entry);
  else if (word.startsWith('*')) ends.set(word.slice(1), entry);
  else names.set(word, entry);
}

// A whole name goes over how one begins, the longest part first, and that over how one ends.
function entryOf(name: string): Entry {
  const plain = name.toLowerCase().replaceAll('-', '_');
  return (
    spelled.names.get(name) ??
    folded.names.get(plain) ??
    byStart(spelled, name) ??
    byStart(folded, plain) ??
    byEnd(spelled, name) ??
    byEnd(folded, plain) ??
    FREE
  );
}

function byStart({ starts }: Index, name: string): Entry | undefined {
  for (let length = name.length; length > 0; length -= 1) {
    const entry = starts.get(name.slice(0, length));
    if (entry !== undefined) return entry;
  }
  return undefined;
}

function byEnd({ ends }: Index, name: string): Entry | undefined {
  for (const [end, entry] of ends) if (name.endsWith(end)) return entry;
  return undefined;
}
