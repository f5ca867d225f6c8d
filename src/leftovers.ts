import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Closed, closeStorage } from './close.js';
import { isEnvDirectory } from './find.js';
import { planPath } from './plan.js';
import { isAlive, startTicksOf } from './processes.js';
import type { Places } from './settings.js';
import { readPrivate, removeFile } from './store.js';
import { readApproval } from './trust.js';

/*
 * Plans and session states hold values. Both are removed when nothing can need them any more.
 */

/**
 * What every run of ours does first: closes what was opened to others, and ends session states.
 *
 * @returns what was open.
 */
export function tidy(places: Places): Closed[] {
  const closed = closeStorage(places);
  endSessions(places);
  return closed;
}

/** What is to be said of a place that was open. */
export function closedLine({ text, hint }: Closed): string {
  return hint === undefined ? text : `${text}; ${hint}`;
}

/** The files among the plans: plans, and what writers left. */
export function* planFiles({ run }: Pick<Places, 'run'>, below = join(run, 'plans')): Generator<string> {
  for (const entry of entriesOf(below)) {
    const path = join(below, entry.name);
    if (entry.isDirectory()) yield* planFiles({ run }, path);
    else yield path;
  }
}

/**
 * Whether a plan fits the approval that is there, at a directory that has env files.
 *
 * @param now seconds since 1970.
 */
export function isCurrentPlan(places: Places, path: string, now: number): boolean {
  const { directory, realDirectory, head, expires } = headOfPlan(path);
  if (expires !== '' && Number(expires) <= now) return false;
  if (path !== planPath(places.run, directory)) return false; // no shell looks there
  return isEnvDirectory(directory) && readApproval(places, realDirectory).head === head;
}

/** Removes the plans of a directory that are not for its present record, under whatever path they are. */
export function removeStalePlansOf(places: Places, realDirectory: string): void {
  const { head } = readApproval(places, realDirectory);
  for (const path of planFiles(places)) {
    const plan = headOfPlan(path);
    if (plan.realDirectory === realDirectory && plan.head !== head) removeFile(path);
  }
}

/**
 * Removes the session states that nobody can need any more: whoever made them is gone, and no process has their name in its
 * environment, as a terminal multiplexer may that outlives the shell which started it, or an editor. Where the system
 * does not tell what processes have, all of them stay.
 *
 * @returns how many.
 */
export function endSessions({ run }: Pick<Places, 'run'>): number {
  const directory = join(run, 'sessions');
  const makers = new Map<string, boolean>();
  const left = entriesOf(directory).filter(({ name }) => {
    const [pid = '', time] = SESSION_ID.exec(name)?.slice(1) ?? [];
    if (time === undefined) return false;
    // The first state of a shell that is asked about says it for all of them, unless they are of two.
    const key = `${pid}-${time}`;
    const isThere = makers.get(key) ?? isMakerThere(Number(pid), Number(time));
    makers.set(key, isThere);
    return !isThere;
  });
  if (left.length === 0) return 0;
  const inUse = sessionsInUse();
  const ended = inUse === undefined ? [] : left.filter(({ name }) => !inUse.has(name));
  for (const { name } of ended) removeFile(join(directory, name));
  return ended.length;
}

// Process id and seconds since 1970 of whoever wrote it, and a count.
const SESSION_ID = /^(\d+)-(\d+)-\d+$/;
/** A clock may be set, and both times are rounded. */
const SLACK_SECONDS = 10;
/** A tick of what /proc says of processes, on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

// A process that started after the state was written is another one of the same number.
function isMakerThere(pid: number, time: number): boolean {
  const ticks = startTicksOf(pid);
  if (ticks === undefined) return isAlive(pid);
  const uptime = Number(readOr('/proc/uptime').split(' ')[0]);
  const start = Date.now() / 1000 - uptime + ticks / TICKS_PER_SECOND;
  return start <= time + SLACK_SECONDS;
}

// The sessions that some process would undo if it were a shell; undefined where /proc does not tell.
function sessionsInUse(): Set<string> | undefined {
  if (!existsSync('/proc/self/environ')) return undefined;
  const found = entriesOf('/proc').flatMap(({ name }) =>
    /^\d+$/.test(name)
      ? (/(?:^|\0)ENVHOOK_SESSION=([\d-]+)/.exec(readOr(`/proc/${name}/environ`))?.[1] ?? [])
      : [],
  );
  return new Set(found);
}

// See plan.ts for the order.
function headOfPlan(path: string) {
  const fields = readPrivate(path)?.toString().split('\0', 9) ?? [];
  const [, , , directory = '', realDirectory = '', , head, , expires = ''] = fields;
  return { directory, realDirectory, head, expires };
}

function entriesOf(directory: string) {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return [];
  }
}

function readOr(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
