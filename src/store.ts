import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  type Stats,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { EnvhookError, EXIT, systemCode } from './errors.js';
import { typedPath } from './show.js';

/**
 * Makes the directory if it is not there, and makes sure that it is nobody else's: a directory, not a link, the
 * effective user's, without group or other bits.
 *
 * @throws EnvhookError 7
 */
export function ensurePrivateDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw storageError(`cannot make the directory ${path}`, error);
  }
  checkPrivateDirectory(path);
}

/**
 * Whether the directory is there and private.
 *
 * @throws EnvhookError 7 when it is there and somebody else's, a link, or open to others.
 */
export function checkPrivateDirectory(path: string): boolean {
  const stats = lstatOf(path);
  if (stats === undefined) return false;
  const owned = stats.isDirectory() && stats.uid === process.geteuid?.();
  if (owned && (stats.mode & 0o077) === 0) return true;
  throw new EnvhookError(
    `${path} is not a private directory of yours`,
    owned ? `chmod 700 ${typedPath(path)}` : 'move it away, or set XDG_DATA_HOME to another directory',
    EXIT.storage,
  );
}

function lstatOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw storageError(`cannot look at ${path}`, error);
  }
}

/**
 * The bytes of a file of ours, or undefined when there is none that can be believed: it must be a regular file,
 * not a link, the effective user's, without group or other bits.
 */
export function readPrivate(path: string): Buffer | undefined {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    const stats = fstatSync(fd);
    const ours = stats.isFile() && stats.uid === process.geteuid?.() && (stats.mode & 0o077) === 0;
    return ours ? readFileSync(fd) : undefined;
  } finally {
    closeSync(fd);
  }
}

export interface WriteOptions {
  /** 0600 if not given. */
  mode?: number;
  /** Asked in the last moment: whether to go on. */
  isWanted?(): boolean;
  /** For what the loss of power may take: faster, and after it the file may be there without its bytes. */
  fleeting?: boolean;
}

/**
 * Replaces a file of ours in one step: whoever reads it finds the old bytes or the new ones. Its directories are made,
 * as far as they are missing, with 0700. A failure leaves no temporary file.
 *
 * @throws EnvhookError 7
 */
export function writeAtomically(path: string, bytes: Uint8Array | string, options: WriteOptions = {}): void {
  // Unique as it is, since O_EXCL sees to it: random bytes would need crypto, which takes long to load.
  const temporary = join(dirname(path), `.${process.pid}-${process.hrtime.bigint().toString(16)}.tmp`);
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeNew(temporary, Buffer.from(bytes), options);
    if (options.isWanted?.() ?? true) renameSync(temporary, path);
    else removeFile(temporary);
  } catch (error) {
    removeFile(temporary);
    throw storageError(`cannot write ${path}`, error);
  }
}

function writeNew(path: string, bytes: Uint8Array, { mode = 0o600, fleeting = false }: WriteOptions): void {
  const fd = openSync(path, 'wx', mode);
  try {
    writeAll(fd, bytes);
    if (!fleeting) fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  if (mode !== 0o600) chmodSync(path, mode);
}

/** Removes a file of ours; one that is not there is fine, one that cannot be removed stays. */
export function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // nothing depends on its absence
  }
}

// A write may be short, on a full disk for one.
function writeAll(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
}

function storageError(what: string, error: unknown): EnvhookError {
  const code = systemCode(error);
  if (code === undefined) throw error;
  return new EnvhookError(`${what}: ${REASONS[code] ?? code}`, HINTS[code] ?? 'envhook doctor', EXIT.storage);
}

const REASONS: Partial<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'your disk quota is used up',
  EROFS: 'the file system is read-only',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOTDIR: 'part of the path is no directory',
  EEXIST: 'something else is there',
  EMFILE: 'too many open files',
  ENFILE: 'too many open files',
  ENAMETOOLONG: 'the path is too long',
  ELOOP: 'links lead in a circle',
};

const HINTS: Partial<Record<string, string>> = {
  ENOSPC: 'make room and try again',
  EDQUOT: 'make room and try again',
};
