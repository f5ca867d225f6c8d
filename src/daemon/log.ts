import { appendFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Places } from '../settings.js';
import { escapeText } from '../show.js';

/** Takes a line: a person's words, no value of a variable. */
export type Log = (text: string) => void;

/** Where the daemon's log is. */
export function logPath(places: Places): string {
  return join(places.data, 'daemon.log');
}

/** A log in the data directory. When it is full, one old one is kept. What cannot be written is lost. */
export function fileLog(places: Places): Log {
  const path = logPath(places);
  return (text) => {
    try {
      const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
      if (size > LIMIT) renameSync(path, `${path}.old`);
      appendFileSync(path, `${new Date().toISOString()} ${process.pid} ${escapeText(text)}\n`, {
        mode: 0o600,
      });
    } catch {
      // a full disk must not end the daemon
    }
  };
}

/** A log on standard error, for whoever supervises. */
export const errorLog: Log = (text) => {
  process.stderr.write(`${escapeText(text)}\n`);
};

const LIMIT = 256 * 1024;
