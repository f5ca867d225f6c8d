// Drives real interactive shells, for what shows envhook at work: demo.mjs and tour.mjs. Each shell has a home
// directory of its own, with envhook on PATH and nothing of the user's environment, and leaves nothing behind.
// It uses Node's own modules only.

import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmdirSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const PATIENCE_MS = 30_000;
// Printed by the shell after a line: nothing else prints it.
const MARK = '\x1e';

/** One shell each: how it is started, and the two lines that it writes in its own way. */
export const shells = {
  bash: {
    command: ['bash', '--norc', '--noprofile', '--noediting', '-i'],
    hook: 'eval "$(envhook hook bash)"',
    set: 'export PORT=3000',
  },
  zsh: {
    command: ['zsh', '-f', '-i', '+o', 'promptsp', '+o', 'promptcr'],
    hook: 'eval "$(envhook hook zsh)"',
    set: 'export PORT=3000',
  },
  fish: {
    // Without a terminal fish has no prompts: the loop stands in for them.
    command: [
      'fish',
      '--no-config',
      '-i',
      '-c',
      'while read -z line; eval $line </dev/null; emit fish_prompt; end',
    ],
    hook: 'status is-interactive; and envhook hook fish | source',
    set: 'set -gx PORT 3000',
  },
};

/**
 * Starts a shell in a new home directory, and takes both away afterwards.
 *
 * @param {keyof typeof shells} name
 * @param {(home: string) => void} prepare puts into the home directory what the shell is to find there.
 * @param {(type: (line: string) => Promise<string[]>) => Promise<T>} use types lines, and gets what each prints.
 * @returns {Promise<T>}
 * @template T
 */
export async function withShell(name, prepare, use) {
  const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'envhook-demo-')));
  let shell;
  try {
    const home = join(scratch, 'home');
    mkdirSync(home);
    mkdirSync(join(scratch, 'bin'));
    symlinkSync(join(root, 'bin/envhook'), join(scratch, 'bin/envhook'));
    prepare(home);
    shell = new Shell(name, home, [join(scratch, 'bin'), dirname(process.execPath), process.env.PATH]);
    await shell.type(name === 'fish' ? 'true' : 'PS1= PS2=');
    return await use((line) => shell.type(line));
  } finally {
    shell?.stop();
    removeTraces(scratch);
  }
}

/** The path of a program, or undefined. */
export function findProgram(name) {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((directory) => join(directory, name))
    .find((path) => existsSync(path));
}

/** A running interactive shell. Nothing of the user's environment but PATH is in it. */
class Shell {
  #text = '';
  #ended = false;
  #wake = () => {};
  #child;
  #end;

  constructor(name, home, path) {
    const variables = {
      HOME: home,
      PATH: path.join(delimiter),
      LC_ALL: 'C.UTF-8',
      TERM: 'dumb',
      ENVHOOK_DAEMON: 'off',
    };
    // One pipe for both outputs, so that they come in the order in which a terminal would show them.
    this.#child = spawn('/bin/sh', ['-c', 'exec "$@" 2>&1', 'sh', ...shells[name].command], {
      cwd: home,
      env: { ...variables, PWD: home },
      // Apart from this terminal, which an interactive shell would claim.
      detached: true,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    this.#end = name === 'fish' ? '\0' : '\n';
    this.#child.stdout.setEncoding('utf8').on('data', (text) => {
      this.#text += text;
      this.#wake();
    });
    this.#child.stdin.on('error', () => {}); // it ended: type() says so
    this.#child.on('error', () => {});
    this.#child.on('close', () => {
      this.#ended = true;
      this.#wake();
    });
  }

  /** Types a line and waits for the prompt after it. Returns the lines printed until then. */
  async type(line) {
    // The mark is the next line: it is printed after the hook has run at the prompt between the two.
    this.#child.stdin.write(`${line}${this.#end}printf '\\036'${this.#end}`);
    const late = Date.now() + PATIENCE_MS;
    while (!this.#text.includes(MARK)) {
      if (this.#ended) throw new Error(`the shell ended at: ${line}\n${this.#text}`);
      if (Date.now() >= late) throw new Error(`the shell hangs at: ${line}\n${this.#text}`);
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, late - Date.now());
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    const [before, ...after] = this.#text.split(MARK);
    this.#text = after.join(MARK);
    return before === '' ? [] : before.replace(/\n$/, '').split('\n');
  }

  stop() {
    if (this.#ended) return;
    try {
      process.kill(-this.#child.pid, 'SIGKILL');
    } catch {
      // it ended in this moment
    }
  }
}

/** Removes what the shells left: the scratch directory, and plans outside it where the system has a place for them. */
function removeTraces(scratch) {
  rmSync(scratch, { recursive: true, force: true });
  const run = `/run/user/${process.geteuid()}/envhook`;
  if (!existsSync(run)) return;
  rmSync(join(run, 'plans', scratch), { recursive: true, force: true });
  for (let at = dirname(scratch); at !== '/'; at = dirname(at)) removeIfEmpty(join(run, 'plans', at));
  for (const id of namesIn(join(run, 'sessions'))) {
    const file = join(run, 'sessions', id);
    if (readFileSync(file, 'latin1').includes(scratch)) rmSync(file, { force: true });
  }
  for (const directory of ['plans', 'sessions', '']) removeIfEmpty(join(run, directory));
}

function removeIfEmpty(directory) {
  try {
    rmdirSync(directory);
  } catch {
    // it is somebody's
  }
}

function namesIn(directory) {
  return existsSync(directory) ? readdirSync(directory) : [];
}
