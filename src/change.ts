import { chmodSync, chownSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { checkContent, pinsFor, problemLine, writePlans } from './approve.js';
import { compile, type EnvFile } from './compile.js';
import type { Context } from './context.js';
import { decode } from './decode.js';
import { EnvhookError, EXIT } from './errors.js';
import type { Examination } from './examine.js';
import { tryRealpath } from './find.js';
import { tryLstat, tryStat } from './reach.js';
import { type Reading, readEnvFile, refusedError } from './read.js';
import { type Shape, shapeOf } from './shape.js';
import { showPath } from './show.js';
import { ensureStorage, writeAtomically } from './store.js';
import { type Approval, changeApproval, digestEntries, digestKey, digestOf, following } from './trust.js';

/** A file of a directory and what is to be in it. `before` is what was read; undefined: it is not there. */
export interface FileChange {
  name: string;
  before: Buffer | undefined;
  after: Buffer;
  /** Where it leads to, as it was found before anything was asked. */
  target: string;
}

/** Where a change of a file would go, and what is odd about that. */
export interface Destination {
  /** Without links. */
  target: string;
  /** For a person: where it is written, if that is not where it seems. */
  remark: string;
  /** What has to be asked about. */
  doubt: string | undefined;
}

/**
 * Reads a file that is to be changed, as text.
 *
 * @throws EnvhookError 3 for what is no file of one's own, 4 for bytes that are no text
 */
export function readForChange(
  { places }: Context,
  { directory, readings }: Examination,
  name: string,
): { text: string; before: Buffer | undefined } {
  const path = join(directory, name);
  const shown = showPath(path, places.home);
  const reading = readings.find((it) => it.name === name)?.reading ?? readEnvFile(path);
  const before = bytesOf(reading, shown);
  if (before === undefined) return { text: '', before };
  const decoded = decode(before);
  if (!('problem' in decoded)) return { text: decoded.text, before };
  const problem = problemLine(directory, { ...decoded.problem, file: name }, places.home);
  throw new EnvhookError(problem, 'mend it first', EXIT.syntax);
}

/** Where a change of one of a directory's files would go. */
export function destinationOf(
  { places: { home } }: Context,
  { directory, realDirectory }: Examination,
  name: string,
): Destination {
  const path = join(directory, name);
  const target = tryRealpath(path) ?? path;
  const isLink = tryLstat(path)?.isSymbolicLink() ?? false;
  const others = (tryStat(target)?.nlink ?? 1) - 1;
  const remark = isLink ? `, a link to ${showPath(target, home)}` : '';
  if (isLink && !target.startsWith(`${realDirectory}/`.replace('//', '/'))) {
    const doubt = `${showPath(path, home)} is a link that leads out of its directory, to ${showPath(target, home)}`;
    return { target, remark, doubt };
  }
  const doubt = `${showPath(path, home)} has another name elsewhere (a hard link), which would keep what is in it now`;
  return { target, remark, doubt: others > 0 ? doubt : undefined };
}

/**
 * Asks whether to write where that is not what it seems.
 *
 * @param isGiven somebody has said so already.
 * @throws EnvhookError 2
 */
export async function confirmDestination(
  { ask }: Context,
  { doubt }: Destination,
  isGiven: boolean,
): Promise<void> {
  if (doubt === undefined || isGiven) return;
  if (ask === undefined) throw new EnvhookError(doubt, 'to write all the same: --follow', EXIT.notAllowed);
  if (await ask(`${doubt}. Write all the same?`)) return;
  throw new EnvhookError('nothing was written', 'to write elsewhere: --file', EXIT.notAllowed);
}

/** The bytes of a text that takes another's place: with the byte order mark if that had one. */
export function bytesFor(text: string, before: Buffer | undefined): Buffer {
  const mark = before?.subarray(0, 3).equals(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK : Buffer.alloc(0);
  return Buffer.concat([mark, Buffer.from(text)]);
}

/**
 * Changes files of one directory. What was allowed before, byte for byte, stays allowed as it will be; nothing else
 * becomes so.
 *
 * @param examination of the directory; its bytes are those that the changes started from.
 * @param getConsent asked before anything is written, with the examination as it would be, if it would be allowed.
 * @throws EnvhookError 3 a file of another user, or one that somebody changed meanwhile; 4 to 6 if an allowed directory could
 *   not be loaded any more; 7 storage; and what `getConsent` throws
 */
export async function changeFiles(
  context: Context,
  examination: Examination,
  changes: readonly FileChange[],
  getConsent: (after: Examination) => Promise<void>,
): Promise<void> {
  const real = changes.filter(({ before, after }) => !before?.equals(after));
  if (real.length === 0) return;
  const after = withChanges(examination, real);
  const wasAllowed = examination.verdict.kind === 'allowed';
  // Consent is to what the values are now, not to what an outer directory makes of them until it is given.
  const pins = pinsFor(context, after);
  if (wasAllowed) {
    checkContent(after, context.places.home);
    await getConsent(after);
  }
  for (const change of real) replaceFile(context, examination.directory, change);
  if (wasAllowed) keepAllowed(context, after, real, pins);
}

function bytesOf(reading: Reading, shown: string): Buffer | undefined {
  if (reading.state === 'read') return reading.bytes;
  if (reading.state === 'absent') return undefined;
  if (reading.state === 'refused') throw refusedError(shown, reading);
  throw refusedError(shown, { reason: 'is a directory', hint: 'use another file: --file .env.local' });
}

// The examination of what the files will be, with nothing read again. Files of other profiles do not belong to it.
function withChanges(examination: Examination, changes: readonly FileChange[]): Examination {
  const { readings, directory } = examination;
  const files: EnvFile[] = readings.flatMap(({ name, reading }) => {
    const bytes = changes.find((change) => change.name === name)?.after;
    if (bytes !== undefined) return [{ name, bytes }];
    return reading.state === 'read' ? [{ name, bytes: reading.bytes }] : [];
  });
  return { ...examination, files, compilation: compile(files, directory) };
}

// What the record allowed before, byte for byte, it allows as it is now; and a new file, if it is one of those in force.
function keepAllowed(
  context: Context,
  after: Examination,
  changes: readonly FileChange[],
  pins: Pick<Approval, 'pins'>,
): void {
  const { places, now } = context;
  const { approval, readings, realDirectory, compilation } = after;
  const inForce = readings.map(({ name }) => name);
  const wasAllowed = (files: Record<string, string>, { name, before }: FileChange) =>
    before === undefined
      ? inForce.includes(name) && !Object.hasOwn(files, name)
      : files[name] === digestOf(before);
  const facts = {
    variables: digestEntries(digestKey(places), compilation.entries),
    ...pins,
    consents: compilation.askedFor.map(({ name }) => name),
    at: new Date(now * 1000).toISOString(),
  };
  changeApproval(places, realDirectory, ({ approval: present }) => {
    if (present?.state !== 'allowed' || present.profile !== approval?.profile) return undefined;
    const kept = changes.filter((change) => wasAllowed(present.files, change));
    if (kept.length === 0) return undefined;
    const files = kept.map(({ name, after: bytes }) => [name, digestOf(bytes)]);
    return following(places, present, {
      ...facts,
      files: { ...present.files, ...Object.fromEntries(files) },
      ...(present.shape === undefined ? {} : { shape: withNew(present.shape, shapeOf(after), changes) }),
    });
  });
  ensureStorage(places);
  writePlans(context, after);
}

// Nobody has to be asked about the names and files that this very command makes.
function withNew(before: Shape, after: Shape, changes: readonly FileChange[]): Shape {
  const made = changes.flatMap((change) => (change.before === undefined ? [[change.name, '']] : []));
  return {
    ...before,
    names: [...new Set([...before.names, ...after.names])].sort(),
    files: { ...before.files, ...Object.fromEntries(made) },
  };
}

function replaceFile(
  { places }: Context,
  directory: string,
  { name, before, after, target }: FileChange,
): void {
  const path = join(directory, name);
  const shown = showPath(path, places.home);
  // A link stays a link.
  const stats = before === undefined ? undefined : statSync(target);
  if (stats !== undefined && stats.uid !== process.geteuid?.()) {
    const message = `${shown} is owned by uid ${stats.uid}`;
    throw new EnvhookError(message, 'make a copy of your own', EXIT.unsafeFile);
  }
  let isStill = false;
  // Its group may get what it had once the file is that group's again.
  const isWanted = () => {
    isStill = hasBytes(readEnvFile(path), before) && (tryRealpath(path) ?? path) === target;
    return isStill;
  };
  writeAtomically(target, after, {
    mode: (stats?.mode ?? 0o600) & 0o707,
    isWanted,
    ...(stats === undefined ? {} : { like: target }),
  });
  if (!isStill) throw new EnvhookError(`${shown} was changed meanwhile`, 'try again', EXIT.unsafeFile);
  if (stats !== undefined) restoreGroup(target, stats);
}

function hasBytes(reading: Reading, before: Buffer | undefined): boolean {
  if (reading.state !== 'read') return reading.state === 'absent' && before === undefined;
  return before?.equals(reading.bytes) ?? false;
}

function restoreGroup(path: string, { gid, mode }: Stats): void {
  try {
    if (statSync(path).gid !== gid) chownSync(path, -1, gid);
    chmodSync(path, mode & 0o777);
  } catch {
    // One may give a file to one's own groups only.
  }
}

const BYTE_ORDER_MARK = Buffer.of(0xef, 0xbb, 0xbf);
