import { showPath } from '../show.js';
import type { DaemonEvent } from './protocol.js';

/** An event as a line for a person, without its time. */
export function eventText({ event, directory, names, text }: DaemonEvent, home: string): string {
  const where = directory === '' ? '' : ` ${showPath(directory, home)}`;
  const which = names.length > 0 ? ` (${names.join(' ')})` : '';
  return `${event}${where}${which}${text === '' ? '' : `: ${text}`}`;
}
