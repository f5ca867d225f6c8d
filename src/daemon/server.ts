import { chmodSync, lstatSync, renameSync, utimesSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { tryLstat } from '../reach.js';
import type { Places } from '../settings.js';
import { removeFile } from '../store.js';
import {
  type DaemonEvent,
  Lines,
  parseRequest,
  REQUEST_LIMIT,
  type Request,
  socketPath,
} from './protocol.js';
import { listenAt, tryConnect } from './socket.js';

/** What the daemon does for its clients. */
export interface Host {
  /** The answer to a request other than `events`. */
  answer(request: Exclude<Request, 'events'>): Promise<object>;
  /** Somebody wants to know what happens, or nobody any more. */
  audience(size: number): void;
}

/** The open door. */
export interface Door {
  /** Tells everybody who asked for events. */
  tell(event: DaemonEvent): void;
  /** Whether the socket is still this daemon's: not removed, not taken over. */
  isOurs(): boolean;
  /** Gives the socket the present time, by which hooks see that the daemon lives: see start.ts. */
  beat(): void;
  /** How many clients there are. */
  clients(): number;
  close(): void;
}

/**
 * Opens the daemon's door, if there is no other daemon behind it. A socket that nobody listens at is taken over. Of
 * two that start at once the later takes over from the earlier, which notices: see `isOurs`.
 *
 * @returns undefined if another daemon answers.
 * @throws the error of the system
 */
export async function openDoor(places: Places, host: Host): Promise<Door | undefined> {
  const path = socketPath(places);
  const other = await tryConnect(path);
  if (other !== undefined) {
    other.destroy();
    return undefined;
  }
  const guests = new Guests(host);
  const server = createServer((socket) => guests.welcome(socket));
  const temporary = join(places.run, `.daemon-${process.pid}.sock`);
  removeFile(temporary);
  await listenAt(server, temporary);
  chmodSync(temporary, 0o600);
  const own = lstatSync(temporary).ino;
  renameSync(temporary, path);
  server.on('error', () => {}); // too many open files: the client tries again
  const isOurs = () => tryLstat(path)?.ino === own;
  return {
    tell: (event) => guests.tell(event),
    isOurs,
    beat: () => touch(path),
    clients: () => guests.count,
    close() {
      if (isOurs()) removeFile(path);
      server.close();
      guests.dismiss();
    },
  };
}

function touch(path: string): void {
  try {
    utimesSync(path, new Date(), new Date());
  } catch {
    // it is gone, which is noticed elsewhere
  }
}

const MAX_CLIENTS = 64;
/** A client that neither asks nor reads for so long is sent away. */
const PATIENCE_MS = 10_000;
const BACKLOG_LIMIT = 256 * 1024;

// The clients: none of them can make the daemon wait, or fill it.
class Guests {
  readonly #host: Host;
  readonly #all = new Set<Socket>();
  readonly #audience = new Set<Socket>();

  constructor(host: Host) {
    this.#host = host;
  }

  get count(): number {
    return this.#all.size;
  }

  welcome(socket: Socket): void {
    if (this.#all.size >= MAX_CLIENTS) {
      socket.destroy();
      return;
    }
    this.#all.add(socket);
    const lines = new Lines();
    socket.setEncoding('utf8').setTimeout(PATIENCE_MS, () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#forget(socket));
    socket.on('data', (text: string) => {
      for (const line of lines.push(text)) void this.#serve(socket, line);
      if (lines.pending > REQUEST_LIMIT) this.#refuse(socket, 'the request is too long');
    });
  }

  tell(event: DaemonEvent): void {
    for (const socket of this.#audience) this.#say(socket, event);
  }

  dismiss(): void {
    for (const socket of this.#all) socket.destroySoon();
  }

  async #serve(socket: Socket, line: string): Promise<void> {
    const request = line.length > REQUEST_LIMIT ? undefined : parseRequest(line);
    if (request === undefined) this.#refuse(socket, 'no such request');
    else if (request === 'events') {
      socket.setTimeout(0);
      this.#audience.add(socket);
      this.#host.audience(this.#audience.size);
      this.#say(socket, {});
    } else {
      socket.setTimeout(0); // while it is the daemon who takes its time
      this.#say(socket, await this.#host.answer(request));
      if (!this.#audience.has(socket)) socket.setTimeout(PATIENCE_MS);
    }
  }

  // Reads no more: what would be read would have to be kept.
  #refuse(socket: Socket, error: string): void {
    socket.removeAllListeners('data').pause();
    this.#say(socket, { error });
    socket.destroySoon();
  }

  #say(socket: Socket, message: object): void {
    if (socket.destroyed || !socket.writable) return;
    socket.write(`${JSON.stringify(message)}\n`);
    if (socket.writableLength > BACKLOG_LIMIT) socket.destroy();
  }

  #forget(socket: Socket): void {
    this.#all.delete(socket);
    if (this.#audience.delete(socket)) this.#host.audience(this.#audience.size);
  }
}
