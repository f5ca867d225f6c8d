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
  #chokidar: Promise<FSWatcher> | undefined;

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

  /**
   * Watches a path for a directory, which is that path itself, or has a link that leads into it. Resolves when the
   * system was asked to.
   */
  async add(path: string, directory = path): Promise<void> {
    const known = this.#wanted.get(path);
    if (known !== undefined) {
      known.add(directory);
      return;
    }
    this.#wanted.set(path, new Set([directory]));
    (await this.#start()).add(path);
  }

  /** Stops watching a path for a directory. */
  async remove(path: string, directory = path): Promise<void> {
    const known = this.#wanted.get(path);
    known?.delete(directory);
    if (known?.size !== 0) return;
    this.#wanted.delete(path);
    (await this.#start()).unwatch(path);
  }

  /** Watches what is at the path now: another directory than before. */
  async renew(path: string): Promise<void> {
    if (this.#wanted.has(path)) (await this.#start()).unwatch(path).add(path);
  }

  async close(): Promise<void> {
    await (await this.#chokidar)?.close();
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

function watchedPath(details: unknown): string {
  const path =
    typeof details === 'object' && details !== null && 'watchedPath' in details && details.watchedPath;
  return typeof path === 'string' ? path : '';
}

// The directory's own name comes with its removal.
function concerns(name: string | null, directory: string): boolean {
  return name === null || name.startsWith('.env') || name === basename(directory);
}
