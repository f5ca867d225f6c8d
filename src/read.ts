import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { EnvhookError, EXIT, systemCode } from './errors.js';
import { tryRealpath } from './find.js';
import { isSameFile, tryLstat } from './reach.js';
import { typedPath } from './show.js';

/** The largest file that is read, in bytes. */
export const FILE_LIMIT = 64 * 1024;

/**
 * What reading an env file came to. What is hashed, parsed and compared later are these bytes and no others.
 *
 * `source`: where they really were. Empty for a file that has this one name; the path that a link leads to; a device and
 * inode for a file that has other names, too.
 */
export type Reading =
  | { state: 'read'; bytes: Buffer; owner: number; groupWritable: boolean; source: string }
  | { state: 'absent' }
  | { state: 'directory' }
  | { state: 'refused'; reason: string; hint: string };

/**
 * Reads an env file: one open, one bounded read, one buffer. Nothing that is not a regular file is waited for
 * (O_NONBLOCK; a FIFO would hang) or read; a link counts by what it leads to.
 *
 * Refused are: what is no regular file, a file of a user other than the present one and root, a file that
 * everybody may write, one larger than FILE_LIMIT, and one whose size is not what was read (it is being written,
 * or it is one of /proc's).
 */
export function readEnvFile(path: string): Reading {
  return read(path, FILE_LIMIT, (stats) => notTrusted(path, stats));
}

/**
 * Reads a file that is looked at and never loaded, as carefully as an env file: whose it is does not matter, that it is
 * a regular file of no more than a megabyte does.
 */
export function readProjectFile(path: string): Reading {
  return read(path, PROJECT_FILE_LIMIT, () => undefined);
}

type Refused = Extract<Reading, { state: 'refused' }>;

const PROJECT_FILE_LIMIT = 1024 * 1024;

function read(path: string, limit: number, refusal: (stats: Stats) => Refused | undefined): Reading {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch (error) {
    return unopened(path, systemCode(error));
  }
  try {
    const stats = fstatSync(fd);
    return (
      notRegular(stats) ?? refusal(stats) ?? tooLarge(stats, limit) ?? readExactly(path, fd, stats, limit)
    );
  } catch (error) {
    return { state: 'refused', reason: `cannot be read (${systemCode(error)})`, hint: 'try again' };
  } finally {
    closeSync(fd);
  }
}

/** Whether two looks at a file found the same bytes, or both none to read. */
export function isSameReading(one: Reading, other: Reading): boolean {
  if (one.state !== 'read' || other.state !== 'read') return one.state === other.state;
  return one.bytes.equals(other.bytes);
}

/** The error for a refused file, for a command that was asked about it. */
export function refusedError(shownPath: string, reading: { reason: string; hint: string }): EnvhookError {
  return new EnvhookError(`${shownPath} ${reading.reason}`, reading.hint, EXIT.unsafeFile);
}

function unopened(path: string, code: string | undefined): Reading {
  const link = code === 'ENOENT' || code === 'ELOOP' ? tryLstat(path) : undefined;
  if (link?.isSymbolicLink()) {
    return { state: 'refused', reason: 'is a broken link', hint: 'make the link point to a file' };
  }
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG') return { state: 'absent' };
  if (code === 'ENXIO') return { state: 'refused', reason: 'is a socket', hint: PUT_A_FILE };
  if (code === 'EACCES' || code === 'EPERM') {
    return {
      state: 'refused',
      reason: 'cannot be read: permission denied',
      hint: `chmod u+r ${typedPath(path)}`,
    };
  }
  return { state: 'refused', reason: `cannot be read (${code})`, hint: PUT_A_FILE };
}

function notRegular(stats: Stats): Reading | undefined {
  if (stats.isDirectory()) return { state: 'directory' };
  const kind = kindOf(stats);
  return kind === undefined ? undefined : { state: 'refused', reason: `is ${kind}`, hint: PUT_A_FILE };
}

function notTrusted(path: string, stats: Stats): Refused | undefined {
  if (stats.uid !== process.geteuid?.() && stats.uid !== 0) {
    return { state: 'refused', reason: `is owned by uid ${stats.uid}`, hint: 'make a copy of your own' };
  }
  if ((stats.mode & 0o002) !== 0) {
    return {
      state: 'refused',
      reason: 'can be written by everybody',
      hint: `chmod o-w ${typedPath(path)}, then: envhook allow`,
    };
  }
  return undefined;
}

function tooLarge(stats: Stats, limit: number): Refused | undefined {
  if (stats.size <= limit) return undefined;
  const reason = `is larger than ${limit / 1024} KiB`;
  return { state: 'refused', reason, hint: 'keep variables in it and nothing else' };
}

function kindOf(stats: Stats): string | undefined {
  if (stats.isFile()) return undefined;
  if (stats.isFIFO()) return 'a named pipe';
  if (stats.isSocket()) return 'a socket';
  return 'a device';
}

// One byte more than fits is asked for, so that a file that grew shows itself.
function readExactly(path: string, fd: number, stats: Stats, limit: number): Reading {
  // Not zeroed: what was not read is cut off.
  const buffer = Buffer.allocUnsafe(Math.min(stats.size, limit) + 1);
  let length = 0;
  for (;;) {
    const count = readSync(fd, buffer, length, buffer.length - length, null);
    length += count;
    if (count === 0 || length === buffer.length) break;
  }
  if (length !== stats.size) {
    return {
      state: 'refused',
      reason: 'has another size than the system says',
      hint: 'try again when nothing writes it',
    };
  }
  const bytes = buffer.subarray(0, length);
  const groupWritable = (stats.mode & 0o020) !== 0;
  return { state: 'read', bytes, owner: stats.uid, groupWritable, source: sourceOf(path, stats) };
}

// Of the file that was opened: whatever stands at the path by now may be another one.
function sourceOf(path: string, opened: Stats): string {
  const entry = tryLstat(path);
  if (entry?.isSymbolicLink()) {
    const target = tryRealpath(path);
    return target !== undefined && isSameFile(tryLstat(target), opened) ? target : EXCHANGED;
  }
  if (!isSameFile(entry, opened)) return EXCHANGED;
  return opened.nlink > 1 ? `${opened.dev}:${opened.ino}` : '';
}

// No path, and so none that was approved.
const EXCHANGED = '?';

const PUT_A_FILE = 'put a regular file there';
