import { lstatSync, statSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { EnvhookError, EXIT } from './errors.js';

/** Where things are for one user. Absolute paths without a slash at their end. */
export interface Places {
  home: string;
  /** Approvals, key, audit log. */
  data: string;
  /** Plans and session states: on a RAM-backed file system where there is one. */
  run: string;
}

/**
 * The places of the present user. bin/envhook answers `hook` by the same rules without Node.
 *
 * HOME counts if it is an absolute path to a directory, otherwise the password database; XDG_DATA_HOME counts if
 * it is absolute (XDG Base Directory Specification: a relative one must be ignored). XDG_RUNTIME_DIR does not
 * count: what a program inherits must not be able to move the plans.
 *
 * @throws EnvhookError 7 without a usable home, 3 for root with another user's HOME.
 */
export function placesOf(env: NodeJS.ProcessEnv): Places {
  const home = homeOf(env['HOME']);
  const euid = process.geteuid?.() ?? -1;
  if (euid === 0 && statSync(home).uid !== 0) {
    throw new EnvhookError(
      `the home directory ${home} is another user's`,
      'use sudo -H, or log in as root',
      EXIT.unsafeFile,
    );
  }
  const xdg = env['XDG_DATA_HOME'];
  const data = join(xdg !== undefined && isAbsolute(xdg) ? xdg : join(home, '.local/share'), 'envhook');
  return { home, data, run: runDirectory(euid) ?? join(data, 'run') };
}

/** How much a command says: `quiet` only what is wrong, `debug` which files it read, too. */
export type Verbosity = 'quiet' | 'usual' | 'debug';

/** ENVHOOK_LOG: `off` and `error` are quiet; the hooks read it by themselves, and know `off` and `error` apart. */
export function verbosityOf(env: NodeJS.ProcessEnv): Verbosity {
  const level = env['ENVHOOK_LOG'];
  if (level === 'off' || level === 'error') return 'quiet';
  return level === 'debug' ? 'debug' : 'usual';
}

/** What the user wants of the daemon. */
export interface DaemonSettings {
  /** Whether commands and hooks start it. */
  onDemand: boolean;
  /** After how many seconds with nothing to do it ends; 0: never. */
  idleSeconds: number;
}

/** ENVHOOK_DAEMON=off: nothing starts it; ENVHOOK_DAEMON_IDLE: seconds, an hour if not given, 0 for never. */
export function daemonSettings(env: NodeJS.ProcessEnv): DaemonSettings {
  const idle = env['ENVHOOK_DAEMON_IDLE'] ?? '';
  return {
    onDemand: !/^(off|0|no|false)$/i.test(env['ENVHOOK_DAEMON'] ?? ''),
    idleSeconds: /^(0|[1-9]\d{0,6})$/.test(idle) ? Number(idle) : 3600,
  };
}

/**
 * The user's environment, from that of the process. Whoever starts Node (bin/envhook, a hook) moves what changes how
 * Node starts to `__ENVHOOK_SAVED_NAME`, so that it reaches the commands that envhook runs and not envhook, and says in
 * `__ENVHOOK_SAVED` which names these are. They get their values back; any other name of this kind was inherited from
 * somebody else and is dropped.
 */
export function userEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const saved = (env['__ENVHOOK_SAVED'] ?? '')
    .split(' ')
    .map((name) => [name, env[`__ENVHOOK_SAVED_${name}`]]);
  const entries = Object.entries(env).filter(([name]) => !name.startsWith('__ENVHOOK_'));
  return Object.fromEntries([...entries, ...saved.filter(([, value]) => value !== undefined)]);
}

function homeOf(fromEnvironment: string | undefined): string {
  const candidates = [() => fromEnvironment, () => userInfo().homedir, homedir];
  for (const candidate of candidates) {
    const home = tried(candidate);
    if (home !== undefined && isAbsolute(home) && isDirectory(home)) return home.replace(/(?<=.)\/+$/, '');
  }
  throw new EnvhookError('no usable home directory', 'set HOME to your home directory', EXIT.storage);
}

// userInfo and homedir throw for a user without an entry in the password database.
function tried<T>(candidate: () => T): T | undefined {
  try {
    return candidate();
  } catch {
    return undefined;
  }
}

// What cannot be reached is none for this user: statSync throws for it.
function isDirectory(path: string): boolean {
  return tried(() => statSync(path, { throwIfNoEntry: false }))?.isDirectory() ?? false;
}

// systemd's per-user directory, if it is what its manual says: the user's own, and nobody else's.
function runDirectory(euid: number): string | undefined {
  const path = `/run/user/${euid}`;
  const stats = lstatSync(path, { throwIfNoEntry: false });
  const usable = stats?.isDirectory() && stats.uid === euid && (stats.mode & 0o077) === 0;
  return usable ? join(path, 'envhook') : undefined;
}
