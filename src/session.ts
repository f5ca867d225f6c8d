import { join } from 'node:path';

/**
 * A session state: what a shell has loaded, and how to undo it, so that a child of it can. The hooks in shell/
 * write and read the same fields: magic, version, count of layers; per layer directory, record head, label, count
 * of variables; per variable name, what it was, old value, loaded value, prefix and suffix of an addition; end mark.
 */
export interface SessionLayer {
  directory: string;
  head: string;
  label: string;
  undo: Undo[];
}

/** How one variable gets back. `shell` is a variable that was not exported: nothing that a child has. */
export interface Undo {
  name: string;
  before: 'unset' | 'shell' | 'export';
  old: string;
  loaded: string;
  prefix: string;
  suffix: string;
}

/**
 * The directory that is there while somebody wants to hear of loads: see daemon/loads.ts.
 *
 * @param run the run directory.
 */
export function heardPath(run: string): string {
  return join(run, 'heard');
}

/** The bytes of a session file. */
export function encodeSession(layers: readonly SessionLayer[]): Buffer {
  const fields = [
    MAGIC,
    VERSION,
    String(layers.length),
    ...layers.flatMap(({ directory, head, label, undo }) => [
      directory,
      head,
      label,
      String(undo.length),
      ...undo.flatMap((it) => [it.name, it.before, it.old, it.loaded, it.prefix, it.suffix]),
    ]),
    END,
  ];
  return Buffer.from(fields.map((field) => `${field}\0`).join(''));
}

/** What a session file says, outer layer first; undefined if it is not whole, or of another version. */
export function decodeSession(bytes: Uint8Array): SessionLayer[] | undefined {
  const fields = Buffer.from(bytes).toString().split('\0');
  if (fields.shift() !== MAGIC || fields.shift() !== VERSION || fields.pop() !== '' || fields.pop() !== END)
    return undefined;
  const layers: SessionLayer[] = [];
  for (let count = Number(fields.shift()); count > 0; count--) {
    const layer = takeLayer(fields);
    if (layer === undefined) return undefined;
    layers.push(layer);
  }
  return fields.length === 0 ? layers : undefined;
}

/**
 * The environment as it was before a session's layers, as far as they are proved: a variable that has not the
 * loaded value was changed by somebody and stays, less what was added to a list.
 */
export function undoSession(
  env: ReadonlyMap<string, string>,
  layers: readonly SessionLayer[],
): Map<string, string> {
  const base = new Map(env);
  for (const { undo } of [...layers].reverse()) for (const entry of undo) undoVariable(base, entry);
  return base;
}

const MAGIC = 'envhook-session';
const VERSION = '1';
const END = 'envhook-end';

function takeLayer(fields: string[]): SessionLayer | undefined {
  const [directory = '', head = '', label = '', count = ''] = fields.splice(0, 4);
  if (!/^(0|[1-9]\d{0,4})$/.test(count) || fields.length < 6 * Number(count)) return undefined;
  const undo: Undo[] = [];
  for (let left = Number(count); left > 0; left--) {
    const [name = '', before = '', old = '', loaded = '', prefix = '', suffix = ''] = fields.splice(0, 6);
    if (before !== 'unset' && before !== 'shell' && before !== 'export') return undefined;
    undo.push({ name, before, old, loaded, prefix, suffix });
  }
  return { directory, head, label, undo };
}

function undoVariable(env: Map<string, string>, { name, before, old, loaded, prefix, suffix }: Undo): void {
  const value = env.get(name);
  if (value === undefined) return;
  if (value === loaded) {
    if (before === 'export') env.set(name, old);
    else env.delete(name);
  } else if (prefix !== '' || suffix !== '') {
    env.set(name, withoutItems(value, prefix.replace(/:$/, ''), suffix.replace(/^:/, '')));
  }
}

// A list without the first occurrence of the items before it, and the last of those after it.
function withoutItems(list: string, before: string, after: string): string {
  let text = `:${list}:`;
  const first = before === '' ? -1 : text.indexOf(`:${before}:`);
  if (first >= 0) text = `${text.slice(0, first)}:${text.slice(first + before.length + 2)}`;
  const last = after === '' ? -1 : text.lastIndexOf(`:${after}:`);
  if (last >= 0) text = `${text.slice(0, last)}:${text.slice(last + after.length + 2)}`;
  return text.slice(1, -1);
}
