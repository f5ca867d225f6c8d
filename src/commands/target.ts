import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import type { Context } from '../context.js';
import { EnvhookError, EXIT } from '../errors.js';
import { envDirectoriesAbove, isEnvDirectory, isTellable, tryRealpath } from '../find.js';
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
  const real = tryRealpath(directory);
  if (real === undefined) {
    throw new EnvhookError(
      `there is no directory ${shown(context, directory)}`,
      'check the path',
      EXIT.usage,
    );
  }
  if (!isTellable(directory) || !isTellable(real)) {
    throw new EnvhookError(
      `${shown(context, directory)} has a name that not every shell can tell`,
      'rename the directory: no line breaks, UTF-8 only, and not .envhook-plan',
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
  checkNotAbove(context, named, directory);
  return directory;
}

/**
 * Makes sure that a directory above the present one is named by its full path. What counts is where it really is: a link
 * that leads up looks like something below.
 *
 * @param named as it was typed.
 * @throws EnvhookError 64
 */
export function checkNotAbove(context: Context, named: string, directory: string): void {
  const real = tryRealpath(directory) ?? directory;
  const here = [context.directory, tryRealpath(context.directory) ?? context.directory];
  const isAbove = (path: string) =>
    here.some((it) => it !== path && `${it}/`.startsWith(`${path}/`.replace('//', '/')));
  if (!isAbove(directory) && !isAbove(real)) return;
  if (isAbsolute(named) && isAbove(directory)) return;
  throw new EnvhookError(
    `${shown(context, real)} is above the present directory`,
    `give its full path: ${typedPath(real, context.places.home)}`,
    EXIT.usage,
  );
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
