import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, type Stats } from 'node:fs';
import { EnvhookError, EXIT, systemCode } from './errors.js';

/** The largest file that is read, in bytes. */
export const FILE_LIMIT = 64 * 1024;

/** What reading an env file came to. What is hashed, parsed and compared later are these bytes and no others. */
export type Reading =
  | { state: 'read'; bytes: Buffer; owner: number; groupWritable: boolean }
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
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch (error) {
    return unopened(path, systemCode(error));
  }
  try {
    const stats = fstatSync(fd);
    return refusal(stats) ?? readExactly(fd, stats);
  } catch (error) {
    return { state: 'refused', reason: `cannot be read (${systemCode(error)})`, hint: 'try again' };
  } finally {
    closeSync(fd);
  }
}

/** The error for a refused file, for a command that was asked about it. */
export function refusedError(shownPath: string, reading: { reason: string; hint: string }): EnvhookError {
  return new EnvhookError(`${shownPath} ${reading.reason}`, reading.hint, EXIT.unsafeFile);
}

function unopened(path: string, code: string | undefined): Reading {
  const link = code === 'ENOENT' || code === 'ELOOP' ? lstatSync(path, { throwIfNoEntry: false }) : undefined;
  if (link?.isSymbolicLink()) {
    return { state: 'refused', reason: 'is a broken link', hint: 'make the link point to a file' };
  }
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG') return { state: 'absent' };
  if (code === 'ENXIO') return { state: 'refused', reason: 'is a socket', hint: PUT_A_FILE };
  if (code === 'EACCES' || code === 'EPERM') {
    return { state: 'refused', reason: 'cannot be read: permission denied', hint: `chmod u+r ${path}` };
  }
  return { state: 'refused', reason: `cannot be read (${code})`, hint: PUT_A_FILE };
}

function refusal(stats: Stats): Reading | undefined {
  if (stats.isDirectory()) return { state: 'directory' };
  const kind = kindOf(stats);
  if (kind !== undefined) return { state: 'refused', reason: `is ${kind}`, hint: PUT_A_FILE };
  if (stats.uid !== process.geteuid?.() && stats.uid !== 0) {
    return { state: 'refused', reason: `is owned by uid ${stats.uid}`, hint: 'make a copy of your own' };
  }
  if ((stats.mode & 0o002) !== 0) {
    return {
      state: 'refused',
      reason: 'can be written by everybody',
      hint: 'chmod o-w it, then: envhook allow',
    };
  }
  if (stats.size > FILE_LIMIT) {
    return {
      state: 'refused',
      reason: `is larger than ${FILE_LIMIT / 1024} KiB`,
      hint: 'keep variables in it and nothing else',
    };
  }
  return undefined;
}

function kindOf(stats: Stats): string | undefined {
  if (stats.isFile()) return undefined;
  if (stats.isFIFO()) return 'a named pipe';
  if (stats.isSocket()) return 'a socket';
  return 'a device';
}

// One byte more than fits is asked for, so that a file that grew shows itself.
function readExactly(fd: number, stats: Stats): Reading {
  const buffer = Buffer.alloc(FILE_LIMIT + 1);
  let length = 0;
  for (;;) {
    const count = readSync(fd, buffer, length, buffer.length - length, null);
    if (count === 0) break;
    length += count;
    if (length > FILE_LIMIT) break;
  }
  if (length !== stats.size) {
    return {
      state: 'refused',
      reason: 'has another size than the system says',
      hint: 'try again when nothing writes it',
    };
  }
  const bytes = buffer.subarray(0, length);
  return { state: 'read', bytes, owner: stats.uid, groupWritable: (stats.mode & 0o020) !== 0 };
}

const PUT_A_FILE = 'put a regular file there';
