// Shows envhook at work: a project with secrets, entered, allowed, edited and left, in every shell that is
// installed. Each shell is a real interactive one in a home directory of its own, which is gone afterwards.
// What is printed is what a person would see; what is not as expected is said, and the exit code is 1.
// Run it with `npm run demo`, or `npm run demo -- bash` for one shell. It uses Node's own modules only.

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
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const PATIENCE_MS = 30_000;
// Printed by the shell after a step: nothing else prints it.
const MARK = '\x1e';

const PRIVATE_KEY = ['-----BEGIN PRIVATE KEY-----', 'MC4CAQAwBQYDK2VwBCIEIE7d', '-----END PRIVATE KEY-----'];
const DATABASE_URL = 'postgres://shop:kx7Qz9@localhost:5432/shop';
const API_KEY = `it's the "test" key, 42`;
const env = `# What the shop needs on a developer's machine.
DATABASE_URL=${DATABASE_URL}
API_KEY=\`${API_KEY}\`
PRIVATE_KEY="${PRIVATE_KEY.join('\n')}"
PORT=8080
`;

/** One shell each: how it is started, and the two lines that it writes in its own way. */
const shells = {
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
    hook: 'envhook hook fish | source',
    set: 'set -gx PORT 3000',
  },
};

const notSet = (name) => [`printenv ${name} || echo not set`, 'not set'];
const loaded = (signs) => `envhook: loaded ~/shop/.env (${signs})`;

/**
 * What is typed, and what must come of it: the lines themselves, or their last one and no value among them.
 * @type {[line: string, expected: string | string[] | { first: string, last: string }][]}
 */
const story = [
  ['cd shop', 'envhook: ~/shop/.env is not allowed; look: envhook diff, accept: envhook allow'],
  notSet('DATABASE_URL'),
  [
    'envhook allow',
    {
      first: 'envhook: allowed ~/shop/.env (API_KEY DATABASE_URL PORT PRIVATE_KEY)',
      last: loaded('+API_KEY +DATABASE_URL ~PORT +PRIVATE_KEY'),
    },
  ],
  ['printenv DATABASE_URL', DATABASE_URL],
  ['printenv API_KEY', API_KEY],
  ['printenv PRIVATE_KEY', PRIVATE_KEY],
  ['printenv PORT', '8080'],
  ['cd src', []],
  ['printenv DATABASE_URL', DATABASE_URL],
  ['cd ..', []],
  [
    'echo NEW_FLAG=on >> .env',
    'envhook: ~/shop/.env changed since you allowed it; look: envhook diff, accept: envhook allow',
  ],
  notSet('DATABASE_URL'),
  ['printenv PORT', '3000'],
  [
    'envhook allow',
    {
      first: 'envhook: allowed ~/shop/.env (API_KEY DATABASE_URL NEW_FLAG PORT PRIVATE_KEY)',
      last: loaded('+API_KEY +DATABASE_URL +NEW_FLAG ~PORT +PRIVATE_KEY'),
    },
  ],
  ['printenv NEW_FLAG', 'on'],
  ['cd ..', 'envhook: unloaded ~/shop/.env'],
  notSet('API_KEY'),
  ['printenv PORT', '3000'],
];

async function main() {
  const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(shells);
  const unknown = wanted.find((name) => !Object.hasOwn(shells, name));
  if (unknown !== undefined) throw new Error(`unknown shell ${unknown}: ${Object.keys(shells).join(', ')}`);
  const installed = wanted.filter((name) => findProgram(name) !== undefined);
  let steps = 0;
  let wrong = 0;
  for (const name of installed) {
    const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'envhook-demo-')));
    try {
      const counts = await play(name, scratch);
      steps += counts.steps;
      wrong += counts.wrong;
    } catch (error) {
      wrong++;
      console.log(`!! ${error.message}`);
    } finally {
      removeTraces(scratch);
    }
  }
  for (const name of wanted) {
    if (!installed.includes(name)) console.log(`skipped: ${name} is not installed`);
  }
  if (installed.length === 0 || wrong > 0) process.exitCode = 1;
  const result = wrong === 0 ? `${steps} steps as said` : `${wrong} of ${steps} steps not as said`;
  console.log(`${installed.join(', ') || 'no shell'}: ${result}`);
}

/** Plays the story in one shell and prints it. */
async function play(name, scratch) {
  const home = join(scratch, 'home');
  mkdirSync(join(home, 'shop/src'), { recursive: true });
  mkdirSync(join(scratch, 'bin'));
  writeFileSync(join(home, 'shop/.env'), env);
  symlinkSync(join(root, 'bin/envhook'), join(scratch, 'bin/envhook'));

  console.log(`${name}\n${'-'.repeat(name.length)}`);
  const shell = new Shell(name, home, [join(scratch, 'bin'), dirname(process.execPath), process.env.PATH]);
  let wrong = 0;
  const lines = [[shells[name].set, []], [shells[name].hook, []], ...story];
  try {
    await shell.type(name === 'fish' ? 'true' : 'PS1= PS2=');
    for (const [line, expected] of lines) {
      const output = await shell.type(line);
      console.log(`$ ${line}${output.map((it) => `\n${it}`).join('')}`);
      if (isAsSaid(output, expected)) continue;
      wrong++;
      console.log(`!! expected: ${JSON.stringify(expected)}`);
    }
  } finally {
    shell.stop();
  }
  console.log('');
  return { steps: lines.length, wrong };
}

function isAsSaid(output, expected) {
  if (typeof expected === 'string' || Array.isArray(expected)) {
    return JSON.stringify(output) === JSON.stringify([expected].flat());
  }
  const shown = output.join('\n');
  const values = [DATABASE_URL, API_KEY, ...PRIVATE_KEY];
  return (
    output[0] === expected.first &&
    output.at(-1) === expected.last &&
    !values.some((value) => shown.includes(value))
  );
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
  for (const depth of namesIn(join(run, 'plans'))) {
    rmSync(join(run, 'plans', depth, scratch), { recursive: true, force: true });
  }
  for (const id of namesIn(join(run, 'sessions'))) {
    const file = join(run, 'sessions', id);
    if (readFileSync(file, 'latin1').includes(scratch)) rmSync(file, { force: true });
  }
  for (const directory of [
    ...namesIn(join(run, 'plans')).map((it) => `plans/${it}`),
    'plans',
    'sessions',
    '',
  ]) {
    removeIfEmpty(join(run, directory));
  }
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

function findProgram(name) {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((directory) => join(directory, name))
    .find((path) => existsSync(path));
}

await main();
