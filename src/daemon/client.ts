import type { Socket } from 'node:net';
import type { Places } from '../settings.js';
import { checkPrivateDirectory } from '../store.js';
import { type DaemonEvent, isEvent, Lines, parseObject, type Request, socketPath } from './protocol.js';
import { tryConnect } from './socket.js';

/** What came of asking the daemon. */
export type Answer =
  | { state: 'answered'; value: Record<string, unknown> }
  /** There is none. */
  | { state: 'none' }
  /** There is one, and it says nothing. */
  | { state: 'silent' };

/**
 * Asks the daemon.
 *
 * @throws EnvhookError 7 when the run directory is not private.
 */
export async function ask(places: Places, request: Request, patienceMs: number): Promise<Answer> {
  const socket = await enter(places);
  if (socket === undefined) return { state: 'none' };
  try {
    const reading = readLines(socket);
    socket.setTimeout(patienceMs, () => socket.destroy());
    socket.write(`${JSON.stringify({ do: request })}\n`);
    const line = await reading.next();
    const value = line.done ? undefined : parseObject(line.value);
    return value === undefined ? { state: 'silent' } : { state: 'answered', value };
  } finally {
    socket.destroy();
  }
}

/**
 * What happens from now on, until the daemon ends.
 *
 * @returns undefined if there is no daemon, otherwise when it listens.
 */
export async function subscribe(places: Places): Promise<AsyncIterable<DaemonEvent> | undefined> {
  const socket = await enter(places);
  if (socket === undefined) return undefined;
  const lines = readLines(socket);
  socket.write(`${JSON.stringify({ do: 'events' })}\n`);
  if ((await lines.next()).done) return undefined;
  return eventsOf(lines);
}

async function enter(places: Places): Promise<Socket | undefined> {
  return checkPrivateDirectory(places.run) ? tryConnect(socketPath(places)) : undefined;
}

async function* eventsOf(lines: AsyncIterable<string>): AsyncGenerator<DaemonEvent> {
  for await (const line of lines) {
    const value = parseObject(line);
    if (value !== undefined && isEvent(value)) yield value;
  }
}

async function* readLines(socket: Socket): AsyncGenerator<string> {
  const lines = new Lines();
  try {
    for await (const text of socket.setEncoding('utf8')) yield* lines.push(String(text));
  } catch {
    // the daemon was killed, or is too slow
  }
}
