import { createHmac, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { EnvhookError, EXIT } from './errors.js';
import { isIdentity } from './processes.js';
import type { Entry, Step } from './resolve.js';
import type { Places } from './settings.js';
import { sha256 } from './sha256.js';
import type { Shape } from './shape.js';
import { escapeText } from './show.js';
import { ensurePrivateDirectory, readPrivate, replaceVersion, writeAtomically } from './store.js';

/**
 * The approval record of one directory: what was allowed there, byte for byte, or that it was denied. On disk it
 * is JSON whose first line holds version and id and ends after them; a new record has a new id, so a shell that
 * compares first lines learns of every allow, deny and use. It holds no value of a variable.
 */
export interface Approval {
  id: string;
  /** The directory's real path: the same file elsewhere needs its own approval. */
  path: string;
  state: 'allowed' | 'denied';
  profile?: string;
  /** File name to SHA-256 (hex) of the bytes allowed, for each profile that was. What is not in here must not be there. */
  files: Record<string, string>;
  /** Variable name to a keyed digest of what it is set to. */
  variables: Record<string, string>;
  /** Asked-for names that were consented to. */
  consents: string[];
  /** Keyed digests of the values of those whose value the files alone do not settle: see pins.ts. */
  pins?: Record<string, string>;
  /** Later edits are accepted by themselves: new values, or new names, too. */
  always?: Always;
  /** What was approved beside the values; an older envhook did not write it down. */
  shape?: Shape;
  /** Seconds since 1970. */
  expires?: number;
  /** The only shell that it is for, and its children, by identity: see processes.ts. */
  session?: string;
  /** ISO 8601 */
  at: string;
}

/** What `allow --always` accepts: new values, or with `names` new names, too. */
export type Always = boolean | 'names';

/** An approval record as it is on disk: where, its first line, and what it says, if this version can read it. */
export interface StoredApproval {
  record: string;
  head: string;
  approval: Approval | undefined;
}

/** Where the record of a directory is. */
export function recordPath(places: Places, realDirectory: string): string {
  return join(places.data, 'approvals', `${sha256(Buffer.from(realDirectory))}.json`);
}

/**
 * The record of a directory; without one, an empty first line. One of an unknown version, of another directory,
 * or damaged, counts as none but for its first line.
 */
export function readApproval(places: Places, realDirectory: string): StoredApproval {
  const record = recordPath(places, realDirectory);
  const text = readPrivate(record)?.toString();
  if (text === undefined) return { record, head: '', approval: undefined };
  const approval = parseApproval(text);
  return { record, head: firstLine(text), approval: approval?.path === realDirectory ? approval : undefined };
}

/** The first line of a record, by its path; empty without one. */
export function headOf(record: string): string {
  return firstLine(readPrivate(record)?.toString() ?? '');
}

/** What a record is to say: with an id if it follows from another one, see `following`; with a new one if not. */
export type NewApproval = Omit<Approval, 'id'> & { id?: string };

/**
 * Replaces the record of a directory by what is made of the one that is there. Nobody's word is lost: when somebody else
 * was faster, it is made again, of his.
 *
 * @param makeNext undefined: it stays as it is.
 * @returns the new record.
 * @throws EnvhookError 7; and what `makeNext` throws
 */
export function changeApproval(
  places: Places,
  realDirectory: string,
  makeNext: (before: StoredApproval) => NewApproval | undefined,
): Approval | undefined {
  ensurePrivateDirectory(places.data);
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const before = readApproval(places, realDirectory);
    const next = makeNext(before);
    if (next === undefined) return undefined;
    const approval = { ...next, id: next.id ?? randomBytes(16).toString('base64url') };
    const { record, head } = before;
    if (replaceVersion(record, formatApproval(approval), head, () => headOf(record))) return approval;
  }
  throw new EnvhookError(`cannot replace ${escapeText(realDirectory)}'s approval`, 'try again', EXIT.storage);
}

/**
 * A record that follows from another one. Whoever draws the same conclusion from the same record gets the same first
 * line, so that shells do not load twice.
 */
export function following(
  places: Places,
  before: Approval,
  changes: Pick<Approval, 'files' | 'variables' | 'at'> & Partial<Approval>,
): NewApproval {
  const seed = `${before.id}\0${JSON.stringify(Object.entries(changes.files).sort())}`;
  const id = createHmac('sha256', digestKey(places)).update(seed).digest().subarray(0, 16);
  return { ...before, ...changes, id: id.toString('base64url') };
}

/** A record's text. */
export function formatApproval({ id, ...content }: Approval): string {
  return `{"envhook":${RECORD_VERSION},"id":${JSON.stringify(id)},\n${JSON.stringify(content, null, 1).slice(2)}\n`;
}

/** What a record's text says, or undefined if it is not one of this version. */
export function parseApproval(text: string): Approval | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isRecord(value) && value['envhook'] === RECORD_VERSION && isApproval(value)
    ? approvalOf(value)
    : undefined;
}

/** SHA-256 of an env file's bytes, as a record holds it. */
export function digestOf(bytes: Uint8Array): string {
  return sha256(bytes);
}

/**
 * Whether the files that are there are exactly those allowed. A record may also hold files of other profiles, which
 * do not count here.
 *
 * @param names the file names that make up the directory's set.
 * @param files the name of every one of them that is there, and its bytes.
 */
export function isAllowed(
  approval: Approval,
  names: readonly string[],
  files: ReadonlyMap<string, Uint8Array>,
): boolean {
  if (approval.state !== 'allowed') return false;
  return names.every((name) => {
    const bytes = files.get(name);
    const allowed = Object.hasOwn(approval.files, name) ? approval.files[name] : undefined;
    return allowed === (bytes === undefined ? undefined : digestOf(bytes));
  });
}

/** What a record says of files after the present set was allowed: the other profiles' files stay allowed. */
export function filesAllowed(
  approval: Approval | undefined,
  names: readonly string[],
  files: readonly { name: string; bytes: Uint8Array }[],
): Record<string, string> {
  const others = Object.entries(approval?.files ?? {}).filter(([name]) => !names.includes(name));
  return Object.fromEntries([...others, ...files.map(({ name, bytes }) => [name, digestOf(bytes)])]);
}

/** Which variables are new, changed and gone between an approval and what is there now, sorted. */
export interface Changes {
  added: string[];
  changed: string[];
  gone: string[];
}

/** Compares keyed digests; see `digestEntries`. */
export function changesBetween(before: Record<string, string>, now: Record<string, string>): Changes {
  const names = Object.keys(now).sort();
  return {
    added: names.filter((name) => !Object.hasOwn(before, name)),
    changed: names.filter((name) => Object.hasOwn(before, name) && before[name] !== now[name]),
    gone: Object.keys(before)
      .filter((name) => !Object.hasOwn(now, name))
      .sort(),
  };
}

/** `+NEW ~CHANGED -GONE`, by name, or nothing when the variables are the same. */
export function formatChanges(changes: Changes): string {
  const signed: [string, string[]][] = [
    ['+', changes.added],
    ['~', changes.changed],
    ['-', changes.gone],
  ];
  const marks = signed.flatMap(([sign, names]) => names.map((name) => ({ sign, name })));
  marks.sort((a, b) => (a.name < b.name ? -1 : 1));
  return marks.map(({ sign, name }) => sign + name).join(' ');
}

/**
 * A keyed digest (HMAC-SHA-256, 128 bits of it) per variable, so that a record tells what changed and gives no
 * value away, not even one that could be guessed and hashed. It covers what the variable is made from: with another
 * ROOT, a PATH of `$ROOT/bin:$PATH` is another PATH.
 */
export function digestEntries(key: Uint8Array, entries: readonly Entry[]): Record<string, string> {
  const all: string[] = [];
  const digests: Record<string, string> = Object.create(null);
  for (const entry of entries) {
    const content =
      entry.mode === 'text' ? entry.text : JSON.stringify(entry.steps.map((step) => withDigest(step, all)));
    const hmac = createHmac('sha256', key).update(`${entry.mode}\0${entry.name}\0${content}`);
    const digest = hmac.digest().subarray(0, 16).toString('base64url');
    all.push(digest);
    if (entry.mode !== 'hidden') digests[entry.name] = digest;
  }
  return digests;
}

// References to entries point backwards, by number.
function withDigest(step: Step, digests: readonly string[]): Step {
  const isReference = step.kind !== 't' && step.operand.startsWith('@');
  return isReference ? { ...step, operand: `@${digests[Number(step.operand.slice(1))]}` } : step;
}

/**
 * The key of this user's digests, made on first use.
 *
 * @throws EnvhookError 7
 */
export function digestKey(places: Places): Uint8Array {
  const path = join(places.data, 'key');
  const key = readPrivate(path);
  if (key?.length === KEY_BYTES) return key;
  ensurePrivateDirectory(places.data);
  writeAtomically(path, randomBytes(KEY_BYTES));
  return readPrivate(path) ?? Buffer.alloc(KEY_BYTES);
}

const RECORD_VERSION = 1;
const KEY_BYTES = 32;
/** Each time somebody else got through. */
const MAX_TRIES = 1000;

function firstLine(text: string): string {
  return text.slice(0, text.indexOf('\n') + 1 || text.length).trimEnd();
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isStringMap(value: unknown): value is Record<string, string> {
  return isRecord(value) && Object.values(value).every((item) => typeof item === 'string');
}

function isOptional(value: unknown, type: 'string' | 'number' | 'boolean'): boolean {
  return value === undefined || typeof value === type;
}

function isApproval(value: Record<string, unknown>): value is Record<string, unknown> & Approval {
  return (
    ['id', 'path', 'at'].every((field) => typeof value[field] === 'string') &&
    (value['state'] === 'allowed' || value['state'] === 'denied') &&
    isStringMap(value['files']) &&
    isStringMap(value['variables']) &&
    isStrings(value['consents']) &&
    (value['pins'] === undefined || isStringMap(value['pins'])) &&
    isOptional(value['profile'], 'string') &&
    (isOptional(value['always'], 'boolean') || value['always'] === 'names') &&
    (value['shape'] === undefined || isShape(value['shape'])) &&
    isOptional(value['expires'], 'number') &&
    (value['session'] === undefined || isIdentity(value['session']))
  );
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isShape(value: unknown): value is Shape {
  return (
    isRecord(value) &&
    isStringMap(value['place']) &&
    typeof value['place']['inode'] === 'string' &&
    isStringMap(value['files']) &&
    isStrings(value['names']) &&
    isStrings(value['directives'])
  );
}

// The known fields and no others, in a fixed order.
function approvalOf(value: Approval): Approval {
  const { id, path, state, profile, files, variables, consents, pins, always, expires, session, shape, at } =
    value;
  return {
    id,
    path,
    state,
    files,
    variables,
    consents,
    at,
    ...(pins === undefined ? {} : { pins }),
    ...(profile === undefined ? {} : { profile }),
    ...(always === undefined ? {} : { always }),
    ...(expires === undefined ? {} : { expires }),
    ...(session === undefined ? {} : { session }),
    ...(shape === undefined ? {} : { shape }),
  };
}
