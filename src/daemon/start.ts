import { closeSync, existsSync, openSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { tryLstat } from '../reach.js';
import { daemonSettings, type Places } from '../settings.js';
import { socketPath } from './protocol.js';

/*
 * Starting the daemon. Also part of what the hook runs and waits for, so this imports nothing more, and asks the socket
 * only for its time.
 */

/**
 * Starts the daemon, if the user lets it and it does not seem to run, and waits for nothing. That two of them run is
 * prevented elsewhere (server.ts); this just does not start a process in vain.
 */
export function startOnDemand(places: Places, env: NodeJS.ProcessEnv): void {
  if (!daemonSettings(env).onDemand || isRecent(socketPath(places), BEAT_LIMIT_MS)) return;
  const attempt = join(places.run, 'daemon.start');
  if (isRecent(attempt, ATTEMPT_MS) || !existsSync(daemonProgram())) return;
  try {
    closeSync(openSync(attempt, 'a', 0o600));
    utimesSync(attempt, new Date(), new Date());
    startDetached(places, env);
  } catch {
    // nothing depends on it
  }
}

/**
 * Starts the daemon in a session of its own, with nothing of this process: no terminal, no directory, no open file, and
 * of its environment, which may hold secrets, what the daemon needs. A daemon that finds another one ends.
 *
 * @returns false where there is no program for it: in the tests, say.
 */
export function startDetached(places: Places, env: NodeJS.ProcessEnv): boolean {
  const program = daemonProgram();
  if (!existsSync(program)) return false;
  const idle = env['ENVHOOK_DAEMON_IDLE'];
  // Loaded here, since it takes longer than all the rest of what the hook runs.
  const { spawn } = process.getBuiltinModule('node:child_process');
  const child = spawn(process.execPath, [program, places.data, places.run, places.home], {
    detached: true,
    stdio: 'ignore',
    cwd: '/',
    env: { HOME: places.home, ...(idle === undefined ? {} : { ENVHOOK_DAEMON_IDLE: idle }) },
  });
  child.on('error', () => {});
  child.unref();
  return true;
}

/** The daemon gives its socket the time every 30 seconds. */
const BEAT_LIMIT_MS = 120_000;
const ATTEMPT_MS = 10_000;

// Beside the program that runs.
function daemonProgram(): string {
  return join(dirname(process.argv[1] ?? ''), 'daemon.cjs');
}

function isRecent(path: string, limit: number): boolean {
  const stats = tryLstat(path);
  return stats !== undefined && Math.abs(Date.now() - stats.mtimeMs) < limit;
}
