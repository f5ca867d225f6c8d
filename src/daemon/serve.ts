import { existsSync, type FSWatcher, watch } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { closedLine, endSessions, tidy } from '../leftovers.js';
import type { DaemonSettings, Places } from '../settings.js';
import { ensureStorage } from '../store.js';
import { eventText } from './event-text.js';
import type { Happening } from './happenings.js';
import { Keeper } from './keeper.js';
import { LoadListener } from './loads.js';
import type { Log } from './log.js';
import type { DaemonEvent, DaemonStatus } from './protocol.js';
import { type Door, type Host, openDoor } from './server.js';

/**
 * Is the daemon, until it is told to stop, has had nothing to do for long enough, or its socket is no longer its own:
 * another daemon took it over, or the storage is gone.
 *
 * @returns false if there was one already.
 * @throws EnvhookError 7
 */
export async function serve(places: Places, settings: DaemonSettings, log: Log): Promise<boolean> {
  beSmall();
  process.umask(0o077);
  for (const closed of tidy(places)) log(closedLine(closed));
  ensureStorage(places);
  const daemon = new Daemon(places, settings, log);
  const door = await openDoor(places, daemon);
  if (door === undefined) return false;
  process.chdir('/');
  await daemon.run(door);
  return true;
}

// It waits most of the time: no room for speed that nobody needs. A Node that does not know the words says so and goes on.
function beSmall(): void {
  setFlagsFromString('--optimize-for-size');
  setFlagsFromString('--semi-space-growth-factor=1');
}

class Daemon implements Host {
  readonly #places: Places;
  readonly #settings: DaemonSettings;
  readonly #log: Log;
  readonly #keeper: Keeper;
  readonly #loads: LoadListener;
  readonly #started = performance.now();
  readonly #ready: Promise<void>;
  #isReady: () => void = () => {};
  #end: (why: string) => void = () => {};
  #door: Door | undefined;
  #events = 0;
  #ticks = 0;
  #lastBusy = performance.now();

  constructor(places: Places, settings: DaemonSettings, log: Log) {
    this.#places = places;
    this.#settings = settings;
    this.#log = log;
    this.#keeper = new Keeper(
      places,
      (happening) => this.#tell(happening),
      () => this.#door?.isOurs() ?? true,
    );
    this.#loads = new LoadListener(places, (happening) => this.#tell(happening));
    this.#ready = new Promise((resolve) => {
      this.#isReady = resolve;
    });
  }

  async run(door: Door): Promise<void> {
    this.#door = door;
    const ended = new Promise<string>((resolve) => {
      this.#end = resolve;
    });
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
      process.once(signal, () => this.#end(signal));
    const storage = this.#watchStorage();
    const clock = setInterval(
      () => this.#tick(),
      Math.min(TICK_MS, 500 * this.#settings.idleSeconds || TICK_MS),
    );
    this.#log('started');
    try {
      const started = this.#keeper.start().then(() => this.#isReady());
      await Promise.race([started, ended]);
      this.#log(`${this.#keeper.status.directories} directories`);
      const why = await ended;
      // Where the storage is about to be removed, nothing is written.
      if (door.isOurs()) this.#log(`ended: ${why}`);
    } finally {
      clearInterval(clock);
      for (const watcher of storage) watcher.close();
      this.#loads.listen(false);
      door.close();
      await this.#keeper.close();
    }
  }

  async answer(request: 'status' | 'ready' | 'look' | 'stop'): Promise<object> {
    this.#lastBusy = performance.now();
    if (request === 'status') return this.#status();
    if (request === 'stop') {
      setImmediate(() => this.#end('stopped'));
      return {};
    }
    await this.#ready;
    if (request === 'look') await this.#keeper.lookAtAll();
    return {};
  }

  audience(size: number): void {
    this.#lastBusy = performance.now();
    this.#loads.listen(size > 0);
  }

  #status(): DaemonStatus {
    return {
      pid: process.pid,
      uptime: Math.round((performance.now() - this.#started) / 1000),
      memory: process.memoryUsage.rss(),
      ...this.#keeper.status,
      events: this.#events,
    };
  }

  #tell(happening: Happening): void {
    this.#lastBusy = performance.now();
    this.#events++;
    const event: DaemonEvent = { ...happening, at: new Date().toISOString() };
    this.#log(eventText(event, this.#places.home));
    this.#door?.tell(event);
  }

  // Where nothing more can be watched, the clock does it.
  #watchStorage(): FSWatcher[] {
    try {
      const { data, run } = this.#places;
      return [data, run].map((path) => watch(path, () => this.#checkDoor()).on('error', () => {}));
    } catch {
      return [];
    }
  }

  #checkDoor(): void {
    if (this.#door?.isOurs() === false) this.#end('another daemon has the socket, or it is gone');
    else if (!existsSync(this.#places.data)) this.#end('the data directory is gone');
  }

  // A client that is there is something to do. The socket's time tells a hook that the daemon lives.
  #tick(): void {
    this.#checkDoor();
    this.#door?.beat();
    if (++this.#ticks % TIDY_TICKS === 0) endSessions(this.#places);
    if ((this.#door?.clients() ?? 0) > 0) this.#lastBusy = performance.now();
    const { idleSeconds } = this.#settings;
    const idle = performance.now() - this.#lastBusy;
    if (idleSeconds > 0 && idle >= 1000 * idleSeconds) this.#end('nothing to do');
  }
}

const TICK_MS = 30_000;
const TIDY_TICKS = 20;
