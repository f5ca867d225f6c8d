import { join } from 'node:path';
import type { Context } from '../context.js';
import { envDirectoriesAbove } from '../find.js';
import { readProjectFile } from '../read.js';
import { showPath } from '../show.js';
import { type Finding, finding } from './finding.js';
import { startFiles } from './shells.js';

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

/** Whether other programs load env files into shells themselves, by the user's own start-up and configuration files. */
export function checkLoaders({ places, env }: Context): Finding[] {
  const config = join(places.home, '.config');
  const files = [
    ...startFiles(places.home, env),
    ...['.zsh_plugins.txt', '.zpreztorc'].map((name) => join(places.home, name)),
    ...['direnv/direnv.toml', 'mise/config.toml'].map((name) => join(config, name)),
  ];
  return [...new Set(files)].flatMap((path) => {
    const reading = readProjectFile(path);
    const text = reading.state === 'read' ? reading.bytes.toString().replace(/^[ \t]*#.*$/gm, '') : '';
    return LOADERS.filter(({ isLoader }) => isLoader(text)).map(({ says, hint }) =>
      finding('readers', 'warning', `${showPath(path, places.home)}: ${says}`, hint),
    );
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
const MISE_FILES = [
  '.config/mise/config.toml',
  '.config/mise.toml',
  'mise/config.toml',
  'mise.toml',
  '.mise.toml',
].concat(['mise.local.toml', '.mise.local.toml']);
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
    isReader: matches(
      /^[ \t]*(dotenv(_if_exists)?\b|(source_env(_if_exists)?|source|\.)[ \t]+(\.\/)?\.env\b)/m,
    ),
    says: 'direnv loads it, too, if its hook is installed: use one of them here',
  },
  {
    names: MISE_FILES,
    isReader: matches(/^[ \t]*((env\.)?_\.file\b|env_file[ \t]*=|\[env\._\])/m),
    says: 'mise loads an env file, too, if its hook is installed: use one of them here',
  },
  {
    names: MISE_FILES,
    isReader: matches(/^[ \t]*(\[env\]|env\.[A-Za-z])/m),
    says: 'mise sets variables, too, if its hook is installed: of one that both set, who looks last wins',
  },
];

interface Loader {
  /** Linear in the text. */
  isLoader: (text: string) => boolean;
  says: string;
  hint: string;
}

const hasDotenvPlugin = inOrder(/\)/, /\bplugins\+?=\(/, 'dotenv');

const LOADERS: Loader[] = [
  {
    isLoader: (text) => hasDotenvPlugin(text) || /\bplugins\/dotenv\b/.test(text),
    says: 'the dotenv plugin of oh-my-zsh runs .env files, too, after a question of its own, and takes nothing back',
    hint: 'take dotenv out of the plugins',
  },
  {
    isLoader: matches(/^[^#\n]*\bautoenv\b/m),
    says: 'autoenv runs .env files as shell code, too, after a question of its own, and takes nothing back',
    hint: 'take it out, or have it look for other files: AUTOENV_ENV_FILENAME=.autoenv',
  },
  {
    isLoader: matches(/^[ \t]*load_dotenv[ \t]*=[ \t]*true\b/m),
    says: 'direnv loads .env files, too, if its hook is installed',
    hint: 'load_dotenv = false',
  },
  {
    isLoader: matches(/^[ \t]*env_file[ \t]*=|\bMISE_ENV_FILE\b/m),
    says: 'mise loads env files, too, if its hook is installed',
    hint: 'take that line out',
  },
];
