import { join } from 'node:path';
import type { Places } from '../settings.js';

/*
 * What is said at the daemon's door: JSON, an object a line. A client asks `{"do":"..."}` and gets one object back; to
 * `events` an empty one, and then an object for each event.
 */

/**
 * `status`: what there is. `ready`: answered when the plans of all allowed directories are there. `look`: looks at
 * every directory, and answers then. `events`: whatever happens from now on. `stop`: ends the daemon.
 */
export type Request = 'status' | 'ready' | 'look' | 'events' | 'stop';

/** The answer to `status`. */
export interface DaemonStatus {
  pid: number;
  /** Seconds. */
  uptime: number;
  /** Resident, in bytes. */
  memory: number;
  directories: number;
  /** Directories and link targets that the system tells changes of. */
  watched: number;
  events: number;
  /** Whether changes are told by the system; otherwise the daemon just looks from time to time. */
  watching: boolean;
  /** A line for a person. */
  lastProblem: string | null;
}

/** Something that happened. No values. */
export interface DaemonEvent {
  /**
   * `allow`, `deny`, `forget`: a record changed. `edit`: files changed. `block`: a directory is not loaded any more, or
   * for another reason. `load`: a shell loaded it. `problem`: the daemon itself has one.
   */
  event: 'allow' | 'deny' | 'forget' | 'edit' | 'block' | 'load' | 'problem';
  /** ISO 8601 */
  at: string;
  /** Absolute; empty for a problem. */
  directory: string;
  /** `+NEW ~CHANGED -GONE`; of a load, the names. */
  names: string[];
  /** A line for a person, where there is more to say. */
  text: string;
}

/** The longest request, in characters. */
export const REQUEST_LIMIT = 1024;

/** The socket: both the lock of the one daemon and its door. */
export function socketPath(places: Places): string {
  return join(places.run, 'daemon.sock');
}

/** What a line asks for, or undefined. */
export function parseRequest(line: string): Request | undefined {
  const value = parseObject(line);
  return REQUESTS.find((known) => known === value?.['do']);
}

/** The object of a line, or undefined. */
export function parseObject(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Whether an object is an event that this version knows. */
export function isEvent(value: Record<string, unknown>): value is Record<string, unknown> & DaemonEvent {
  const texts = ['event', 'at', 'directory', 'text'];
  return texts.every((field) => typeof value[field] === 'string') && Array.isArray(value['names']);
}

/** Whether an object is a status that this version knows. */
export function isStatus(value: Record<string, unknown>): value is Record<string, unknown> & DaemonStatus {
  const numbers = ['pid', 'uptime', 'memory', 'directories', 'watched', 'events'];
  return numbers.every((field) => typeof value[field] === 'number');
}

/** Puts a stream of text together into lines. */
export class Lines {
  #rest = '';

  /** How many characters wait for the end of their line. */
  get pending(): number {
    return this.#rest.length;
  }

  /** The lines that end in this piece. */
  push(text: string): string[] {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    return lines;
  }
}

const REQUESTS: readonly Request[] = ['status', 'ready', 'look', 'events', 'stop'];

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
