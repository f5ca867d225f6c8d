import { join } from 'node:path';
import type { Context } from '../context.js';
import { envDirectoriesAbove } from '../find.js';
import { readProjectFile } from '../read.js';
import { showPath } from '../show.js';
import { type Finding, finding } from './finding.js';

/** A file by which another program reads env files itself. */
interface Reader {
  names: string[];
  /** Linear in the text, which may be anything. */
  isReader: (text: string) => boolean;
  says: string;
}

/**
 * Whether other programs read the env files of the present place, too, and who wins. What is no regular file, or too
 * large, is named and passed over.
 */
export function checkReaders({ directory, places }: Context): Finding[] {
  return envDirectoriesAbove(directory, places.home).flatMap((at) => {
    const note = (name: string, text: string) =>
      finding('readers', 'note', `${showPath(join(at, name), places.home)}${text}`);
    const texts = new Map<string, string>();
    const odd: Finding[] = [];
    for (const name of new Set(READERS.flatMap(({ names }) => names))) {
      const reading = readProjectFile(join(at, name));
      if (reading.state === 'read') texts.set(name, reading.bytes.toString());
      if (reading.state === 'refused') odd.push(note(name, ` ${reading.reason}, so it was not looked at`));
    }
    const found = READERS.flatMap(({ names, isReader, says }) =>
      names.filter((name) => isReader(texts.get(name) ?? '')).map((name) => note(name, `: ${says}`)),
    );
    return [...found, ...odd];
  });
}

// Whether both stand in one piece of the text, one after the other: a pattern with `.*` between them would look for
// the second anew from every first.
function inOrder(separator: RegExp, first: RegExp, second: string): (text: string) => boolean {
  return (text) =>
    text.split(separator).some((piece) => {
      const end = piece.lastIndexOf(second);
      return end !== -1 && first.test(piece.slice(0, end));
    });
}

function matches(pattern: RegExp): (text: string) => boolean {
  return (text) => pattern.test(text);
}

const SHELL_WINS = 'a variable that the shell has wins there, so what envhook loaded does';
const COMPOSE_FILES = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml'];
const JUSTFILES = ['justfile', 'Justfile', '.justfile'];
const usesUv = inOrder(/["\n]/, /\buv\s+run\b/, '--env-file');

// Blanks at the start of a line are [ \t]*: \s* would cross line ends, and do so again from each of them.
const READERS: Reader[] = [
  {
    names: ['package.json'],
    isReader: inOrder(/"/, /\bnode\b/, '--env-file'),
    says: `node --env-file reads it again; ${SHELL_WINS}`,
  },
  {
    names: ['package.json', 'pyproject.toml', 'Makefile', ...JUSTFILES],
    isReader: (text) => usesUv(text) || /\bUV_ENV_FILE\b/.test(text),
    says: `uv run --env-file reads it again; ${SHELL_WINS}`,
  },
  {
    names: COMPOSE_FILES,
    isReader: matches(/^[ \t]*env_file[ \t]*:/m),
    says: 'compose hands env_file to the containers itself, whatever is loaded here',
  },
  {
    names: COMPOSE_FILES,
    isReader: matches(/\$\{?[A-Za-z_]/),
    says: `compose reads .env for the variables in it; ${SHELL_WINS}`,
  },
  {
    names: JUSTFILES,
    isReader: matches(/^[ \t]*set[ \t]+dotenv-(load|path|filename|required)\b/m),
    says: `just reads it again; ${SHELL_WINS}`,
  },
  {
    names: ['Taskfile.yml', 'Taskfile.yaml', 'taskfile.yml', 'taskfile.yaml'],
    isReader: matches(/^[ \t]*dotenv[ \t]*:/m),
    says: `task reads it again; ${SHELL_WINS}`,
  },
  {
    names: ['.envrc'],
    isReader: matches(/^[ \t]*dotenv(_if_exists)?\b/m),
    says: 'direnv loads it, too, if its hook is installed: use one of them here',
  },
];
