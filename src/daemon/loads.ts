import { type FSWatcher, watch } from 'node:fs';
import { join } from 'node:path';
import { decodeSession } from '../session.js';
import type { Places } from '../settings.js';
import { readPrivate } from '../store.js';
import type { Happening } from './happenings.js';

/**
 * Hears of shells that load a directory, from the session state that they write then. A shell that comes back to a
 * state that it had before writes nothing, and is not heard.
 */
export class LoadListener {
  readonly #directory: string;
  readonly #tell: (happening: Happening) => void;
  readonly #told = new Set<string>();
  #watch: FSWatcher | undefined;

  constructor(places: Places, tell: (happening: Happening) => void) {
    this.#directory = join(places.run, 'sessions');
    this.#tell = tell;
  }

  /** Only while somebody wants to know. */
  listen(isWanted: boolean): void {
    if (!isWanted) {
      this.#watch?.close();
      this.#watch = undefined;
      this.#told.clear();
    } else if (this.#watch === undefined) {
      try {
        this.#watch = watch(this.#directory, (_event, name) => this.#look(name));
        this.#watch.on('error', () => {});
      } catch {
        // no more watches: loads are not told
      }
    }
  }

  // A state is written in steps; it counts when it is whole.
  #look(id: string | null): void {
    if (id === null || !/^\d+-[\d-]+$/.test(id) || this.#told.has(id)) return;
    const bytes = readPrivate(join(this.#directory, id));
    const layer = bytes && decodeSession(bytes)?.at(-1);
    if (layer === undefined) return;
    this.#told.add(id);
    const names = layer.undo.map(({ name }) => name).sort();
    const text = `process ${id.slice(0, id.indexOf('-'))}`;
    this.#tell({ event: 'load', directory: layer.directory, names, text });
  }
}
