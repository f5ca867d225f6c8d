import { connect, type Server, type Socket } from 'node:net';
import { basename, dirname } from 'node:path';
import { tryLstat } from '../reach.js';

/**
 * Connects to the socket of a living daemon.
 *
 * @returns undefined where there is none: no socket, one that nobody listens at, or one of another user.
 */
export async function tryConnect(path: string): Promise<Socket | undefined> {
  const stats = tryLstat(path);
  if (!stats?.isSocket() || stats.uid !== process.geteuid?.()) return undefined;
  return new Promise((resolve) => {
    const socket = withShortPath(path, (short) => connect(short));
    socket.once('connect', () => resolve(socket));
    socket.once('error', () => resolve(undefined));
  });
}

/** Lets a server listen at a path of any length. @throws the error of the system */
export async function listenAt(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', () => {
      server.off('error', reject);
      resolve();
    });
    withShortPath(path, (short) => server.listen(short));
  });
}

// The address of a socket holds 107 bytes (103 on macOS), so that a longer path is given from its own directory. Both
// calls are made before `action` returns.
function withShortPath<T>(path: string, action: (path: string) => T): T {
  if (Buffer.byteLength(path) <= 103) return action(path);
  const before = presentOr('/');
  process.chdir(dirname(path));
  try {
    return action(basename(path));
  } finally {
    process.chdir(before);
  }
}

function presentOr(other: string): string {
  try {
    return process.cwd();
  } catch {
    return other; // it is gone
  }
}
