import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import type { Context } from '../context.js';
import { EnvhookError, EXIT } from '../errors.js';
import { envDirectoriesAbove, isEnvDirectory, tryRealpath } from '../find.js';
import { readEnvFile, refusedError } from '../read.js';
import { showPath, typedPath } from '../show.js';

/**
 * The env directory that a command is about: the one named (or the one of the file named), or the present one.
 * One above the present one must be named by its full path, so that nobody allows more than is in front of them.
 *
 * @param kind `any`: a directory without env files will do.
 * @throws EnvhookError 64 for a directory that is not there or above, or has no env file; 3 for an env file that is none.
 */
export function targetDirectory(
  context: Context,
  named: string | undefined,
  kind: 'env' | 'any' = 'env',
): string {
  const directory = named === undefined ? context.directory : namedDirectory(context, named);
  if (tryRealpath(directory) === undefined) {
    throw new EnvhookError(
      `there is no directory ${shown(context, directory)}`,
      'check the path',
      EXIT.usage,
    );
  }
  if (/[\n\r]/.test(directory) || directory.includes('\uFFFD')) {
    throw new EnvhookError(
      `${shown(context, directory)} has a name that not every shell can tell`,
      'rename the directory: no line breaks, UTF-8 only',
      EXIT.unsafeFile,
    );
  }
  if (kind === 'env' && !isEnvDirectory(directory)) throw noEnvFile(context, directory);
  return directory;
}

/**
 * The env directory that a command which only shows something is about: the present one, or the nearest above.
 *
 * @throws EnvhookError as `targetDirectory`
 */
export function nearestDirectory(context: Context): string {
  const [nearest] = envDirectoriesAbove(context.directory, context.places.home);
  return nearest ?? targetDirectory(context, undefined);
}

function namedDirectory(context: Context, named: string): string {
  const path = resolve(context.directory, named);
  const directory = basename(path).startsWith('.env') && !isEnvDirectory(path) ? dirname(path) : path;
  if (!isAbsolute(named) && context.directory.startsWith(`${directory}/`.replace('//', '/'))) {
    throw new EnvhookError(
      `${shown(context, directory)} is above the present directory`,
      `give its full path: ${typedPath(directory, context.places.home)}`,
      EXIT.usage,
    );
  }
  return directory;
}

function noEnvFile(context: Context, directory: string): EnvhookError {
  for (const name of ['.env', '.env.local']) {
    const path = join(directory, name);
    const reading = readEnvFile(path);
    if (reading.state === 'refused') return refusedError(shown(context, path), reading);
    if (reading.state === 'directory') {
      return refusedError(shown(context, path), {
        reason: 'is a directory',
        hint: 'put the variables into a file called .env.local',
      });
    }
  }
  const [above] = envDirectoriesAbove(directory, context.places.home);
  return new EnvhookError(
    `no .env file in ${shown(context, directory)}`,
    above === undefined
      ? 'make one, then: envhook allow'
      : `for the one above: envhook allow ${typedPath(above, context.places.home)}`,
    EXIT.usage,
  );
}

function shown(context: Context, path: string): string {
  return showPath(path, context.places.home);
}
