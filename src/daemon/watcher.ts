import { basename } from 'node:path';
import type { FSWatcher } from 'chokidar';
import { systemCode } from '../errors.js';

/**
 * Hears of changes in directories, one level deep, as far as the system tells: nothing may depend on it. It watches
 * directories rather than files, since files are replaced.
 */
export class Watcher {
  readonly #onChange: (directory: string) => void;
  readonly #onProblem: (code: string) => void;
  /** Watched path to the directories that want to know. */
  readonly #wanted = new Map<string, Set<string>>();
  /** Paths that the system is about to be asked to watch. */
  readonly #pending = new Set<string>();
  #chokidar: Promise<FSWatcher> | undefined;
  #adding: Promise<void> | undefined;
  #isClosed = false;

  /**
   * @param onChange something happened to an env file of this directory, or to the directory.
   * @param onProblem a path cannot be watched: the code of the system's error, e.g. ENOSPC when there are too many.
   */
  constructor(onChange: (directory: string) => void, onProblem: (code: string) => void) {
    this.#onChange = onChange;
    this.#onProblem = onProblem;
  }

  /** How many paths are watched. */
  get size(): number {
    return this.#wanted.size;
  }

  /** Watches a path, soon, for a directory, which is that path itself, or has a link that leads into it. */
  add(path: string, directory = path): void {
    const known = this.#wanted.get(path);
    if (known === undefined) this.#addSoon(path);
    this.#wanted.set(path, (known ?? new Set()).add(directory));
  }

  /** Stops watching a path for a directory. */
  async remove(path: string, directory = path): Promise<void> {
    const known = this.#wanted.get(path);
    known?.delete(directory);
    if (known?.size !== 0) return;
    this.#wanted.delete(path);
    this.#pending.delete(path);
    (await this.#start()).unwatch(path);
  }

  /** Watches what is at the path now: another directory than before. */
  async renew(path: string): Promise<void> {
    if (!this.#wanted.has(path)) return;
    (await this.#start()).unwatch(path);
    this.#addSoon(path);
  }

  /**
   * Whether the system tells of changes at a path that is to be watched; true for one that is not. Takes time for all
   * that are watched.
   */
  async isArmed(path: string): Promise<boolean> {
    const chokidar = await this.#start();
    return !this.#wanted.has(path) || path in chokidar.getWatched();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await (await this.#chokidar)?.close();
  }

  #addSoon(path: string): void {
    this.#pending.add(path);
    this.#adding ??= this.#addAll();
  }

  // chokidar reads a directory that it is to watch: all at once would take a lot of memory, for good.
  async #addAll(): Promise<void> {
    const chokidar = await this.#start();
    for (const path of this.#pending) {
      if (this.#isClosed) return;
      this.#pending.delete(path);
      chokidar.add(path);
      if (this.#pending.size % BATCH === 0) await new Promise((resolve) => setTimeout(resolve, BATCH_MS));
    }
    this.#adding = undefined;
  }

  // Only when there is something to watch: it takes memory.
  #start(): Promise<FSWatcher> {
    this.#chokidar ??= import('chokidar').then(({ watch }) => this.#listen(watch([], this.#options())));
    return this.#chokidar;
  }

  // chokidar's own events come late and drop what follows soon, so the raw ones count and files are not its business.
  #options() {
    const ignored = (path: string) => !this.#wanted.has(path);
    return { depth: 0, ignoreInitial: true, atomic: false, ignorePermissionErrors: true, ignored };
  }

  #listen(chokidar: FSWatcher): FSWatcher {
    chokidar.on('raw', (_event: string, name: string | null, details: unknown) => {
      const path = watchedPath(details);
      for (const directory of this.#wanted.get(path) ?? []) {
        if (directory !== path || concerns(name, path)) this.#onChange(directory);
      }
    });
    return chokidar.on('error', (error) => this.#onProblem(systemCode(error) ?? 'unknown'));
  }
}

const BATCH = 20;
const BATCH_MS = 4;

function watchedPath(details: unknown): string {
  const path =
    typeof details === 'object' && details !== null && 'watchedPath' in details && details.watchedPath;
  return typeof path === 'string' ? path : '';
}

// The directory's own name comes with its removal.
function concerns(name: string | null, directory: string): boolean {
  return name === null || name.startsWith('.env') || name === basename(directory);
}
