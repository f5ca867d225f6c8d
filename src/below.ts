import { dirname, join } from 'node:path';
import glob from 'fast-glob';
import { isEnvDirectory } from './find.js';

/**
 * Every env directory in and below a directory, sorted, outer before inner. Links are not followed, and what belongs
 * to tools (`node_modules`, `.git`, Python's environments) is passed over.
 *
 * @param top absolute.
 */
export function envDirectoriesBelow(top: string): string[] {
  const files = glob.sync('**/{.env,.env.local}', {
    cwd: top,
    dot: true,
    followSymbolicLinks: false,
    suppressErrors: true,
    ignore: ['**/node_modules/**', '**/.git/**', '**/{.venv,venv,site-packages}/**'],
  });
  const directories = new Set(files.map((file) => dirname(join(top, file))));
  return [...directories].filter(isEnvDirectory).sort();
}
