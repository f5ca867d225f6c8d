// Checks every file that has a checker: TypeScript, JavaScript and JSON with Biome, shell files with
// ShellCheck where it is installed (it knows neither zsh nor fish). Run it with `npm run lint`.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const shellFiles = ['bin/envhook', '.ci/run', 'shell/envhook.bash', 'test/launcher.sh'].filter((file) =>
  existsSync(root + file),
);

const biome = run(`${root}node_modules/.bin/biome`, ['check', '--error-on-warnings']);
const shellcheck = run('shellcheck', shellFiles);
if (shellcheck === undefined)
  console.error('lint: shellcheck is not installed: shell files were not checked');
process.exitCode = biome === 0 && (shellcheck ?? 0) === 0 ? 0 : 1;

/** The exit status, or undefined when there is no such program. */
function run(program, args) {
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: 'inherit' });
  if (error?.code === 'ENOENT') return undefined;
  return status ?? 1;
}
