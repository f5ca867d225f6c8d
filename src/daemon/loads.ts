import { type FSWatcher, rmSync, unlinkSync, watch } from 'node:fs';
import { join } from 'node:path';
import { decodeSession, heardPath, type SessionLayer } from '../session.js';
import type { Places } from '../settings.js';
import { ensurePrivateDirectory, readPrivate } from '../store.js';
import type { Happening } from './happenings.js';

/**
 * Hears of shells that load a directory: while the directory `heard` is there, whoever changes what is
 * loaded makes an empty file in it, named as its session state, or `PID-` where nothing is loaded any more.
 */
export class LoadListener {
  readonly #places: Places;
  readonly #directory: string;
  readonly #tell: (happening: Happening) => void;
  /** What each process has loaded, as far as it was heard. */
  readonly #loaded = new Map<string, SessionLayer[]>();
  #watch: FSWatcher | undefined;

  constructor(places: Places, tell: (happening: Happening) => void) {
    this.#places = places;
    this.#directory = heardPath(places.run);
    this.#tell = tell;
  }

  /** Only while somebody wants to know. */
  listen(isWanted: boolean): void {
    if (isWanted === (this.#watch !== undefined)) return;
    this.#watch?.close();
    this.#watch = undefined;
    this.#loaded.clear();
    try {
      // One that was left by a daemon that was killed, too.
      rmSync(this.#directory, { recursive: true, force: true });
      if (!isWanted) return;
      ensurePrivateDirectory(this.#directory);
      this.#watch = watch(this.#directory, (_event, name) => this.#look(name));
      this.#watch.on('error', () => {});
    } catch {
      // no more watches: loads are not told
    }
  }

  #look(id: string | null): void {
    const [, process] = /^(\d+)-[\d-]*$/.exec(id ?? '') ?? [];
    if (id === null || process === undefined || !this.#take(id)) return;
    const before = this.#loaded.get(process) ?? [];
    const now = this.#layersOf(id);
    this.#loaded.set(process, now);
    for (const layer of now) {
      if (before.some(({ directory, head }) => directory === layer.directory && head === layer.head))
        continue;
      const names = layer.undo.map(({ name }) => name).sort();
      this.#tell({ event: 'load', directory: layer.directory, names, text: `process ${process}` });
    }
  }

  // Whether the file was there: taking it away is an event, too.
  #take(id: string): boolean {
    try {
      unlinkSync(join(this.#directory, id));
      return true;
    } catch {
      return false;
    }
  }

  #layersOf(id: string): SessionLayer[] {
    const bytes = id.endsWith('-') ? undefined : readPrivate(join(this.#places.run, 'sessions', id));
    return (bytes && decodeSession(bytes)) ?? [];
  }
}
