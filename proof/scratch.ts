import { accessSync, constants, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { type Context, contextOf } from '../src/context.js';
import { isAlive } from '../src/processes.js';
import { World } from '../test/shells.js';

/**
 * A directory for one trial and what is to be done at its end. It stands in for tap's test in the harness of
 * test/shells.ts, which uses these two methods of it.
 */
export class Scratch {
  readonly #endings: (() => unknown)[] = [];

  /** For the harness. */
  get test(): Test {
    return this as unknown as Test;
  }

  /** @param shell as for `World`. */
  world(shell?: string): World {
    return new World(this.test, shell);
  }

  /** Makes a directory that is gone at the end, with these empty directories in it. */
  testdir(content: Record<string, unknown> = {}): string {
    const base = mkdtempSync(join(memoryOrDisk(), `${PREFIX}${process.pid}-`));
    for (const name of Object.keys(content)) mkdirSync(join(base, name));
    this.teardown(() => rmSync(base, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }));
    return base;
  }

  teardown(ending: () => unknown): void {
    this.#endings.push(ending);
  }

  /** Undoes everything, the last first. */
  async end(): Promise<void> {
    for (const ending of this.#endings.splice(0).reverse()) await ending();
  }
}

/** Runs a trial in a scratch of its own. */
export async function withScratch<T>(body: (scratch: Scratch) => Promise<T>): Promise<T> {
  const scratch = new Scratch();
  running.add(scratch);
  try {
    return await body(scratch);
  } finally {
    running.delete(scratch);
    await scratch.end();
  }
}

/** What a command meets that is run in a directory of a world, in this process. */
export function contextIn(world: World, relative: string): Context {
  const context = contextOf({ HOME: world.home }, undefined, false);
  return { ...context, env: {}, directory: world.path(relative) };
}

/** Undoes what is running, for an end by a signal. */
export async function endAll(): Promise<void> {
  for (const scratch of running) await scratch.end().catch(() => {});
}

/** Removes what runs that were killed have left. */
export function removeLeftovers(): void {
  for (const name of readdirSync(memoryOrDisk())) {
    const pid = name.startsWith(PREFIX) ? Number(name.slice(PREFIX.length).split('-')[0]) : 0;
    if (pid > 0 && !isAlive(pid)) rmSync(join(memoryOrDisk(), name), { recursive: true, force: true });
  }
}

const PREFIX = 'envhook-proof-';
const running = new Set<Scratch>();

// Thousands of files that are synced: a disk would be what is measured.
function memoryOrDisk(): string {
  try {
    accessSync('/dev/shm', constants.W_OK | constants.X_OK);
    return '/dev/shm';
  } catch {
    return tmpdir();
  }
}
