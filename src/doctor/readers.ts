import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from '../context.js';
import { envDirectoriesAbove } from '../find.js';
import { showPath } from '../show.js';
import { type Finding, finding } from './finding.js';

/** A file by which another program reads env files itself. */
interface Reader {
  names: string[];
  pattern: RegExp;
  says: string;
}

/** Whether other programs read the env files of the present place, too, and who wins. */
export function checkReaders({ directory, places }: Context): Finding[] {
  return envDirectoriesAbove(directory, places.home).flatMap((at) =>
    READERS.flatMap(({ names, pattern, says }) =>
      names
        .filter((name) => pattern.test(readOr(join(at, name))))
        .map((name) => finding('readers', 'note', `${showPath(join(at, name), places.home)}: ${says}`)),
    ),
  );
}

const SHELL_WINS = 'a variable that the shell has wins there, so what envhook loaded does';

const READERS: Reader[] = [
  {
    names: ['package.json'],
    pattern: /\bnode\b[^"]*--env-file/,
    says: `node --env-file reads it again; ${SHELL_WINS}`,
  },
  {
    names: ['package.json', 'pyproject.toml', 'Makefile', 'justfile', 'Justfile', '.justfile'],
    pattern: /\buv\s+run\b[^"\n]*--env-file|\bUV_ENV_FILE\b/,
    says: `uv run --env-file reads it again; ${SHELL_WINS}`,
  },
  {
    names: ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml'],
    pattern: /^\s*env_file\s*:/m,
    says: 'compose hands env_file to the containers itself, whatever is loaded here',
  },
  {
    names: ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml'],
    pattern: /\$\{?[A-Za-z_]/,
    says: `compose reads .env for the variables in it; ${SHELL_WINS}`,
  },
  {
    names: ['justfile', 'Justfile', '.justfile'],
    pattern: /^\s*set\s+dotenv-(load|path|filename|required)\b/m,
    says: `just reads it again; ${SHELL_WINS}`,
  },
  {
    names: ['Taskfile.yml', 'Taskfile.yaml', 'taskfile.yml', 'taskfile.yaml'],
    pattern: /^\s*dotenv\s*:/m,
    says: `task reads it again; ${SHELL_WINS}`,
  },
  {
    names: ['.envrc'],
    pattern: /^\s*dotenv(_if_exists)?\b/m,
    says: 'direnv loads it, too, if its hook is installed: use one of them here',
  },
];

const LIMIT = 1024 * 1024;

function readOr(path: string): string {
  try {
    const text = readFileSync(path, 'utf8');
    return text.length > LIMIT ? '' : text;
  } catch {
    return '';
  }
}
