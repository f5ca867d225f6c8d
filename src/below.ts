import { dirname, join } from 'node:path';
import glob from 'fast-glob';
import { isEnvDirectory } from './find.js';

/**
 * Every env directory in and below a directory, sorted, outer before inner. Links are not followed, and what belongs
 * to tools (`node_modules`, `.git`, Python's environments) is passed over.
 *
 * @param top absolute.
 */
export async function envDirectoriesBelow(top: string): Promise<string[]> {
  const files = await glob('**/{.env,.env.local}', {
    cwd: top,
    dot: true,
    followSymbolicLinks: false,
    suppressErrors: true,
    ignore: ['**/node_modules/**', '**/.git/**', '**/{.venv,venv,site-packages}/**'],
  });
  const directories = new Set(files.map((file) => dirname(join(top, file))));
  return [...directories].filter(isEnvDirectory).sort();
}
