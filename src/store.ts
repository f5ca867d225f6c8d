import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  renameSync,
  type Stats,
  statSync,
  symlinkSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { EnvhookError, EXIT, systemCode } from './errors.js';
import type { Places } from './settings.js';
import { sha256 } from './sha256.js';
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

/** Makes the directories of ours, or finds them private. @throws EnvhookError 7 */
export function ensureStorage(places: Places): void {
  for (const path of [places.data, places.run, join(places.run, 'sessions')]) ensurePrivateDirectory(path);
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
 * not a link, the effective user's, and no larger than any of ours. One that others could read is closed to them; one
 * that they could write is removed.
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
    if (!stats.isFile() || stats.uid !== process.geteuid?.() || stats.size > MAX_BYTES) return undefined;
    if ((stats.mode & 0o077) !== 0 && !closeToOthers(fd, path, stats)) return undefined;
    return readFileSync(fd);
  } finally {
    closeSync(fd);
  }
}

// A plan with all that its limits leave room for has some megabytes, and so has the state of many such layers.
const MAX_BYTES = 64 * 1024 * 1024;

function closeToOthers(fd: number, path: string, { mode }: Stats): boolean {
  if ((mode & 0o022) === 0) fchmodSync(fd, 0o600);
  else removeFile(path);
  return (mode & 0o022) === 0;
}

export interface WriteOptions {
  /** 0600 if not given. */
  mode?: number;
  /** Asked in the last moment: whether to go on. */
  isWanted?(): boolean;
  /**
   * A file whose access list and extended attributes the new one gets, and its group, owner and mode as far as the user
   * may give them. Node knows of none of these: cp(1) does.
   */
  like?: string;
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
  const temporary = temporaryBeside(path);
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeNew(temporary, Buffer.from(bytes), options);
    // A plan that was withdrawn before it was there is no failure.
    const rename = options.fleeting ? renameIfThere : renameSync;
    if (options.isWanted?.() ?? true) rename(temporary, path);
    else removeFile(temporary);
  } catch (error) {
    removeFile(temporary);
    throw storageError(`cannot write ${path}`, error);
  }
}

/**
 * Replaces a file of ours if it still is in the version that the new one was made from. Of all who start from one
 * version exactly one gets through, whoever is paused or killed at whatever moment, and nobody waits.
 *
 * There is no lock that could be left behind. Who wants to replace a version claims it first: a link named after that
 * version, which only one can make, says which new file is to follow. Then anybody may finish, since a file can be
 * renamed only once.
 *
 * @param version what the caller started from, of `present`'s kind. None may ever come back.
 * @param present the version that is there now.
 * @returns whether the file is, or was for a time, the new one.
 * @throws EnvhookError 7
 */
export function replaceVersion(path: string, bytes: string, version: string, present: () => string): boolean {
  const temporary = temporaryBeside(path);
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeNew(temporary, Buffer.from(bytes), {});
    const claim = claimOn(path, version);
    claimFor(basename(temporary), claim);
    finish(claim, path, () => present() === version);
    return !removeFile(temporary) && present() !== version;
  } catch (error) {
    removeFile(temporary);
    throw storageError(`cannot write ${path}`, error);
  }
}

/** Whether a path is that of a claim: see `replaceVersion`. */
export function isClaim(path: string): boolean {
  return CLAIM.test(path);
}

/**
 * Whether a file is a claim that means nothing any more, since whoever made it was killed: of a version that is gone, or
 * for a file that is.
 *
 * @param present the version of a file that is there now.
 */
export function isOldClaim(path: string, present: (of: string) => string): boolean {
  const of = CLAIM.exec(path)?.[1];
  return of !== undefined && (path !== claimOn(of, present(of)) || !existsSync(path));
}

const CLAIM = /^(.*)\.[0-9a-f]{32}\.next$/s;

function claimOn(path: string, version: string): string {
  return `${path}.${sha256(Buffer.from(version)).slice(0, 32)}.next`;
}

function claimFor(name: string, claim: string): void {
  try {
    symlinkSync(name, claim);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
  }
}

// Does what a claim says, whoever made it. As long as it is there and the version, too, nothing but the file that it names
// can take the version's place; once the version is gone, the claim means nothing.
function finish(claim: string, path: string, isPresent: () => boolean): void {
  const name = claimed(claim);
  if (name === undefined) return;
  if (isPresent()) {
    if (claimed(claim) !== name) return;
    renameIfThere(join(dirname(path), basename(name)), path);
  }
  removeFile(claim);
}

function claimed(claim: string): string | undefined {
  try {
    return readlinkSync(claim);
  } catch {
    return undefined;
  }
}

// Somebody else may have done it in this moment.
function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}

// Unique as it is, since O_EXCL sees to it: random bytes would need crypto, which takes long to load.
function temporaryBeside(path: string): string {
  return join(dirname(path), `.${process.pid}-${process.hrtime.bigint().toString(16)}.tmp`);
}

/** The process id of whoever was writing a temporary file; undefined for the path of anything else. */
export function writerOf(path: string): number | undefined {
  const writer = /\/\.(\d+)-[0-9a-f]+\.tmp$/.exec(path)?.[1];
  return writer === undefined ? undefined : Number(writer);
}

function writeNew(path: string, bytes: Uint8Array, options: WriteOptions): void {
  const { mode = 0o600, fleeting = false, like } = options;
  const fd = openSync(path, 'wx', mode);
  try {
    const isLike = like !== undefined && takeAttributes(fd, path, like);
    if (mode !== 0o600 && !isLike) chmodSync(path, mode);
    writeAll(fd, bytes);
    if (!fleeting) fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

// `cp -a` is the one command that copies all of them on Linux and macOS. It copies the bytes, too, which are taken out
// again. Returns false where they are not the same: what a group may do must not become another group's.
function takeAttributes(fd: number, path: string, like: string): boolean {
  const { spawnSync } = process.getBuiltinModule('node:child_process');
  const options = { env: { PATH: SYSTEM_PATH }, stdio: 'ignore', timeout: 5000 } as const;
  const { status } = spawnSync('cp', ['-a', like, path], options);
  ftruncateSync(fd);
  const [now, wanted] = [fstatSync(fd), statSync(like)];
  return status === 0 && now.gid === wanted.gid && now.uid === wanted.uid;
}

const SYSTEM_PATH = '/bin:/usr/bin:/run/current-system/sw/bin';

/** Removes a file of ours, and says whether it did; one that cannot be removed stays: nothing depends on its absence. */
export function removeFile(path: string): boolean {
  try {
    unlinkSync(path);
    return true;
  } catch {
    return false;
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
